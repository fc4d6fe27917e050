/** What a delegation says before any certificate is looked at. protocol.md 5.1, 5.7. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import type { Security } from "../facts/dns.ts";

/** DNS gave no answer that may be used: bogus, or nobody can tell. Null when it gave one. */
export function dnsFailure({ security, service, cause }: Delegation): Cause | null {
  if (security === "bogus") return cause ?? "dns.bogus";
  return security === "indeterminate" || service === "unknown" ? cause ?? "dns.servfail" : null;
}

/** Why the delegation names no server: DNS failed, or it answered that there is none. Null when it names some. */
export function namesNobody(delegation: Delegation): Cause | null {
  const failure = dnsFailure(delegation);
  if (failure !== null) return failure;
  if (delegation.service === "refused") return "dns.no-service";
  if (delegation.service === "absent") return delegation.exists ? "proof.absent" : "dns.nxdomain";
  return null;
}

/**
 * The targets whose own record set has the wanted state.
 *
 * `delegation.security` speaks for `_xmpp-server`; a direct TLS target comes from `_xmpps-server`, which may be
 * an alias into another zone, so its own answer is asked.
 */
export function targetsBy(delegation: Delegation, wanted: Security): readonly Target[] {
  const direct = delegation.lookups.some(({ name, type, security }) =>
    type === "SRV" && name.startsWith("_xmpps-server.") && security === wanted
  );
  return delegation.targets.filter(({ tls }) => tls === "starttls" || direct);
}

/** 3.4: TLSA counts only below a secure SRV, or below the domain itself where the absence of SRV is proven. */
export function publishesTlsa({ security, service, exists }: Delegation): boolean {
  return security === "secure" && (service === "offered" || (service === "absent" && exists));
}

/** What DNSSEC says of the record set that names this target. */
export function securityOf({ security, lookups }: Delegation, { tls }: Target): Security {
  if (tls === "starttls") return security;
  const own = lookups.find(({ name, type }) => type === "SRV" && name.startsWith("_xmpps-server."));
  return own?.security ?? "indeterminate";
}
