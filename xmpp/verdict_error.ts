/** What a denied request is told. XEP-0220 2.5; protocol.md 2.6.2. */
import type { Cause } from "../facts/cause.ts";
import type { StanzaCondition } from "./stanza_error.ts";

/** The row of protocol.md 2.6.2. */
export interface Denial {
  readonly type: "auth" | "cancel" | "modify" | "wait";
  readonly condition: StanzaCondition;
}

/** What a cause of ours tells the peer that asked for a pair. */
export function denialFor(cause: Cause): Denial {
  return DENIALS[cause] ?? { type: "modify", condition: "not-acceptable" };
}

const NOT_PROVEN: Denial = { type: "auth", condition: "not-authorized" };
const DNS_FAILS: Denial = { type: "wait", condition: "remote-server-timeout" };
const NO_SENDER: Denial = { type: "cancel", condition: "remote-server-not-found" };
const NOT_ALLOWED: Denial = { type: "cancel", condition: "not-allowed" };
const LIMITED: Denial = { type: "wait", condition: "resource-constraint" };

const DENIALS: { readonly [cause in Cause]?: Denial } = {
  "route.not-hosted": { type: "cancel", condition: "item-not-found" },
  "route.own-domain": NOT_ALLOWED,
  "policy.blocked": NOT_ALLOWED,
  "policy.not-allowed": NOT_ALLOWED,
  "policy.revoked": NOT_ALLOWED,
  "tls.required": { type: "cancel", condition: "policy-violation" },
  // Unsigned, bogus, wrong host, no client certificate.
  "dns.insecure": NOT_PROVEN,
  "dns.bogus": NOT_PROVEN,
  "dns.budget": NOT_PROVEN,
  "dns.loop": NOT_PROVEN,
  "dns.too-large": NOT_PROVEN,
  "dns.witness": NOT_PROVEN,
  "policy.dns": NOT_PROVEN,
  "not-yet.classic": NOT_PROVEN,
  "proof.absent": NOT_PROVEN,
  "proof.delegation": NOT_PROVEN,
  "proof.none": NOT_PROVEN,
  "proof.expired": NOT_PROVEN,
  "stream.unproven-name": NOT_PROVEN,
  "tls.no-certificate": NOT_PROVEN,
  "tls.untrusted": NOT_PROVEN,
  "tls.self-signed": NOT_PROVEN,
  "tls.expired": NOT_PROVEN,
  "tls.not-yet-valid": NOT_PROVEN,
  "tls.ca-leaf": NOT_PROVEN,
  "tls.usage": NOT_PROVEN,
  "tls.bad-certificate": NOT_PROVEN,
  "tls.names": NOT_PROVEN,
  "dns.servfail": DNS_FAILS,
  "dns.timeout": DNS_FAILS,
  "dns.unreachable": DNS_FAILS,
  "dns.busy": DNS_FAILS,
  "dns.internal": DNS_FAILS,
  "dns.witness-unavailable": DNS_FAILS,
  "proof.timeout": DNS_FAILS,
  "dns.nxdomain": NO_SENDER,
  "dns.no-service": NO_SENDER,
  "dns.invalid-name": NO_SENDER,
  "limit.pairs": LIMITED,
  "limit.requests": LIMITED,
  "limit.proofs": LIMITED,
  "limit.denials": LIMITED,
  "server.shutdown": LIMITED,
};
