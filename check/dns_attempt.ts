/** As far as DNS: what an attempt would ask first, and nothing is dialled. console.md 3.5 `--stage dns`. */
import type { Asking, Evidence } from "../actors/evidence.ts";
import { aborted } from "../actors/aborted.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { Cause } from "../facts/cause.ts";
import { type DomainPair, toAscii } from "../xmpp/domain.ts";
import type { AttemptOptions, Ended } from "./attempt.ts";

/** A domain's list of servers is no list to ask through. */
const MOST_HOSTS = 8;

/** Asks as a route does, and tells it as a route does. Never rejects but for a bug. */
export async function askDns(
  server: { readonly evidence: Evidence },
  pair: DomainPair,
  { timeoutMs, signal }: Pick<AttemptOptions, "timeoutMs" | "signal">,
): Promise<Ended> {
  const asking: Asking = {
    about: { pair },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  };
  const over = aborted(asking.signal!);
  try {
    const cause = await Promise.race([
      ask(server.evidence, pair, asking),
      over.promise.then(() => "late" as const),
    ]);
    if (cause === "late") return { good: false, late: true, cause: "dns.timeout" };
    return { good: cause === null, late: false, cause };
  } catch (error) {
    if (!asking.signal!.aborted) throw error;
    return { good: false, late: true, cause: "dns.timeout" };
  } finally {
    over.clear();
  }
}

/** Why none of its servers could be dialled, or null. */
async function ask(evidence: Evidence, { remote }: DomainPair, asking: Asking): Promise<Cause | null> {
  const delegation = await evidence.delegation(remote, asking);
  const refused = refusalOf(delegation);
  if (refused !== null) return refused;
  const hosts = new Set(delegation.targets.map(({ host }) => host));
  if (hosts.size === 0) hosts.add(toAscii(remote));
  const found = await Promise.all(
    [...hosts].slice(0, MOST_HOSTS).map((host) => evidence.addresses(host, asking)),
  );
  if (found.some(({ addresses }) => addresses.length > 0)) return null;
  return found.find(({ cause }) => cause !== null)?.cause ?? "dns.no-address";
}

function refusalOf({ service, exists, cause }: Delegation): Cause | null {
  if (service === "unknown" || service === "refused") return cause ?? "dns.internal";
  return exists ? null : "dns.nxdomain";
}
