/** Who may act for a domain, by its two SRV names. RFC 6120 3.2; XEP-0368; protocol.md 5.1, 5.7. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Lookup, Security } from "../facts/dns.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { Ask, LookupOptions } from "./resolver.ts";
import { isRefusal, mergeTargets, targetsOf } from "./targets.ts";

export interface DelegationSettings {
  /** Replaces SRV; never secure (protocol.md 5.1, step 1). */
  readonly static: ReadonlyMap<Domain, { readonly host: string; readonly port: number }>;
}

/** What one SRV name says. */
type Word =
  | { readonly says: "records"; readonly targets: readonly Target[] }
  | { readonly says: "refused" }
  | { readonly says: "none" }
  | { readonly says: "failed" };

const DAY_MS = 24 * 3600 * 1000;
const ORDER: readonly Security[] = ["bogus", "indeterminate", "insecure", "secure"];

/** The delegation of `domain`. DNS failures are part of it (`unknown`); it only throws the signal's reason. */
export async function findDelegation(
  domain: Domain,
  { static: fixed }: DelegationSettings,
  ask: Ask,
  options: LookupOptions = {},
): Promise<Delegation> {
  const configured = fixed.get(domain);
  if (configured !== undefined) return configuredDelegation(domain, configured);
  const name = toAscii(domain);
  const [starttls, direct] = await Promise.all([
    ask(`_xmpp-server._tcp.${name}`, "SRV", options),
    ask(`_xmpps-server._tcp.${name}`, "SRV", options),
  ]);
  const delegation = judge(domain, starttls, direct);
  if (delegation.service !== "absent") return delegation;
  // Without SRV the domain's own addresses count (5.4), and only they tell whether it exists at all.
  const itself = await ask(name, "A", options);
  return { ...delegation, exists: itself.status !== "no-name", lookups: [...delegation.lookups, itself] };
}

/** The table of protocol.md 5.1, row by row; what it does not list is not known. */
function judge(domain: Domain, starttls: Lookup, direct: Lookup): Delegation {
  const [first, second] = [read(starttls, "starttls"), read(direct, "direct")];
  const both = [starttls, direct];
  if (first.says === "failed") return unknown(domain, starttls, both);
  if (first.says === "records") {
    const used = second.says === "failed" ? [starttls] : both;
    const others = second.says === "records" ? second.targets : [];
    return known(domain, "offered", used, both, mergeTargets(first.targets, others));
  }
  if (second.says === "failed") return unknown(domain, direct, both);
  if (second.says === "records") return known(domain, "offered", both, both, mergeTargets(second.targets));
  const refused = first.says === "refused" || second.says === "refused";
  return known(domain, refused ? "refused" : "absent", both, both, []);
}

function read(lookup: Lookup, tls: Target["tls"]): Word {
  const { status, security, records } = lookup;
  if (status === "failed" || security === "bogus" || security === "indeterminate") return { says: "failed" };
  if (status !== "found") return { says: "none" };
  const targets = targetsOf(records, tls);
  // Records of which none can be used offer nothing either: RFC 6120 3.2.1 knows no fallback once SRV exists.
  return isRefusal(records) || targets.length === 0 ? { says: "refused" } : { says: "records", targets };
}

function known(
  domain: Domain,
  service: Delegation["service"],
  used: readonly Lookup[],
  lookups: readonly Lookup[],
  targets: readonly Target[],
): Delegation {
  // The STARTTLS answer speaks for the domain; where it names nobody, both answers carry the conclusion.
  const [first] = lookups;
  const security = first?.status === "found" && service === "offered" ? first.security : weakest(used);
  const failed = lookups.find((lookup) => !used.includes(lookup));
  return {
    domain,
    service,
    exists: true,
    security,
    targets,
    ttlMs: Math.min(...used.map(({ ttlMs }) => ttlMs)),
    signedUntil: security === "secure" ? earliest(used) : null,
    cause: service === "refused" ? "dns.no-service" : null,
    why: failed === undefined ? null : `${failed.name}: ${failed.why ?? failed.cause}`,
    lookups,
  };
}

function unknown(domain: Domain, failed: Lookup, lookups: readonly Lookup[]): Delegation {
  const { security, ttlMs, why } = failed;
  const cause: Cause = failed.cause ?? "dns.internal";
  const nothing = { targets: [], signedUntil: null, exists: true };
  return { domain, service: "unknown", security, ttlMs, cause, why, lookups, ...nothing };
}

function configuredDelegation(domain: Domain, { host, port }: { host: string; port: number }): Delegation {
  return {
    domain,
    service: "offered",
    exists: true,
    security: "insecure",
    targets: [{ host, port, priority: 0, weight: 0, tls: "starttls" }],
    ttlMs: DAY_MS,
    signedUntil: null,
    cause: null,
    why: "configured in `dns.static`",
    lookups: [],
  };
}

export function weakest(lookups: readonly { readonly security: Security }[]): Security {
  return ORDER[Math.min(...lookups.map(({ security }) => ORDER.indexOf(security)))] ?? "indeterminate";
}

/** The hard bound of proofs: every signature that the delegation rests on (protocol.md 3.9). */
export function earliest(lookups: readonly { readonly signedUntil: number | null }[]): number | null {
  const ends = lookups.flatMap(({ signedUntil }) => signedUntil ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}
