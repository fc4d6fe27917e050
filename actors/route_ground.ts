/** What a pair's way begins with: whether the domain has servers at all, and an open connection that reaches one. protocol.md 5.1, 5.7, I-3, 2.9. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { ConnectionRow } from "../routing/connection_row.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";

/** How many machines are looked up for an open connection to one of them. */
const MOST_MACHINES = 4;

/** What ends the way before any connection is tried; null when nothing does. */
export async function whyUnusable(
  { evidence }: ServerContext,
  pair: DomainPair,
  { service, cause, exists, domain }: Delegation,
): Promise<{ readonly cause: Cause; readonly permanent: boolean } | null> {
  if (service === "unknown") return { cause: cause ?? "dns.servfail", permanent: false };
  if (service === "refused") return { cause: "dns.no-service", permanent: true };
  if (service === "offered") return null;
  if (!exists) return { cause: "dns.nxdomain", permanent: true };
  const { addresses, cause: failed } = await evidence.addresses(domain, { about: { pair } });
  return addresses.length > 0 ? null : { cause: failed ?? "dns.no-address", permanent: failed === null };
}

/**
 * An open connection on which the pair may be requested; null when there is none.
 *
 * @param except Those that said no to this pair.
 */
export async function reusable(
  { connections, evidence, host, shells }: ServerContext,
  pair: DomainPair,
  delegation: Delegation,
  machines: readonly Target[],
  except: ReadonlySet<ConnectionRow>,
): Promise<ConnectionRow | null> {
  const row = connections.findReusable(delegation, host.clock.now(), except);
  if (row !== null || delegation.security === "secure") return row;
  const candidates = connections.findByCertificate(delegation.domain, except);
  if (candidates.length === 0) return null;
  // RFC 7712 4.4.2: without a signature it must be the very same machine too.
  const found = await Promise.all(
    machines.slice(0, MOST_MACHINES).map(async ({ host, port }) => {
      const { addresses } = await evidence.addresses(host, { about: { pair } });
      return addresses.map((ip) => `${ip} ${port}`);
    }),
  );
  const known = new Set(found.flat());
  const isThere = ({ id }: ConnectionRow) => {
    const peer = shells.get(id)?.connection?.peer;
    return peer !== undefined && known.has(`${peer.ip} ${peer.port}`);
  };
  return candidates.find(isThere) ?? null;
}
