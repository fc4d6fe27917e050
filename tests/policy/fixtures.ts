/** Evidence as the tables of these tests need it: one small world, changed per row. */
import type { CertificateFacts, Identifier, PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation, Target } from "../../facts/delegation.ts";
import type { Lookup, Security } from "../../facts/dns.ts";
import { type Domain, parseDomain } from "../../xmpp/domain.ts";
import type { PairPolicy } from "../../policy/admission.ts";
import type { Timing } from "../../policy/proof.ts";

export const NOW = Date.UTC(2026, 0, 1);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const SENDER: Domain = parseDomain("sender.example");
export const TARGET: Domain = parseDomain("target.example");

/** Jitter 0.5 is none. */
export const TIMING: Timing = { recheckMinMs: 300_000, recheckMaxMs: DAY, jitter: 0.5 };
export const AUTHENTICATED: PairPolicy = { proof: "authenticated", allowInsecureDelegation: false };
export const STRICT: PairPolicy = { proof: "strict", allowInsecureDelegation: false };
export const TRUSTING: PairPolicy = { proof: "authenticated", allowInsecureDelegation: true };

export const dns = (name: string): Identifier => ({ kind: "dns", name });
export const srv = (name: string): Identifier => ({ kind: "srv", name });
export const xmpp = (name: string): Identifier => ({ kind: "xmpp", name });

export function facts(
  identifiers: readonly Identifier[],
  change: Partial<CertificateFacts> = {},
): CertificateFacts {
  return {
    identifiers,
    subject: "CN=xmpp1.originating.example",
    issuer: "CN=Test Authority",
    notBefore: NOW - DAY,
    notAfter: NOW + 90 * DAY,
    sha256: "ce47",
    spkiSha256: "5b1c",
    ...change,
  };
}

/** A certificate that passed PKIX. */
export function accepted(...names: (string | Identifier)[]): PeerCertificate {
  return {
    state: "accepted",
    facts: facts(names.map((name) => typeof name === "string" ? dns(name) : name)),
  };
}

export const NO_CERTIFICATE: PeerCertificate = { state: "absent" };

export const SELF_SIGNED: PeerCertificate = {
  state: "refused",
  cause: "tls.self-signed",
  facts: facts([dns("xmpp1.originating.example"), dns("sender.example")]),
};

export function target(host: string, tls: Target["tls"] = "starttls"): Target {
  return { host, port: tls === "direct" ? 5270 : 5269, priority: 10, weight: 0, tls };
}

/** A delegation of `sender.example` to these hosts. */
export function delegated(
  security: Security,
  hosts: readonly (string | Target)[],
  change: Partial<Delegation> = {},
): Delegation {
  return {
    domain: SENDER,
    service: "offered",
    exists: true,
    security,
    targets: hosts.map((host) => typeof host === "string" ? target(host) : host),
    ttlMs: HOUR,
    signedUntil: security === "secure" ? NOW + 10 * DAY : null,
    cause: null,
    why: null,
    lookups: [],
    ...change,
  };
}

/** The answer for the direct TLS name of `sender.example`. */
export function directLookup(security: Security): Lookup {
  return {
    name: "_xmpps-server._tcp.sender.example",
    type: "SRV",
    status: "found",
    security,
    records: [],
    canonicalName: "_xmpps-server._tcp.sender.example",
    chain: [],
    ttlMs: HOUR,
    signedUntil: null,
    receivedAt: NOW,
    cause: null,
    why: null,
    witness: "agreed",
  };
}

export const BOGUS: Delegation = delegated("bogus", [], { service: "unknown", cause: "dns.bogus" });
export const FAILING: Delegation = delegated("indeterminate", [], {
  service: "unknown",
  cause: "dns.servfail",
});
export const NO_DOMAIN: Delegation = delegated("secure", [], { service: "absent", exists: false });
export const NO_SRV: Delegation = delegated("secure", [], { service: "absent" });
export const REFUSED: Delegation = delegated("secure", [], { service: "refused" });
