/** Evidence as the tables of these tests need it: one small world, changed per row. */
import { createHash } from "node:crypto";
import type { Callback } from "../../facts/callback.ts";
import type { CertificateFacts, Identifier, PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation, Target } from "../../facts/delegation.ts";
import type { Lookup, Security } from "../../facts/dns.ts";
import type { PoshEvidence } from "../../facts/posh.ts";
import type { EndpointTlsa, TlsaRecord } from "../../facts/tlsa.ts";
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
const policy = (proof: PairPolicy["proof"], change: Partial<PairPolicy> = {}): PairPolicy => ({
  proof,
  allowInsecureDelegation: false,
  daneInbound: "positive",
  ...change,
});
export const AUTHENTICATED = policy("authenticated");
export const STRICT = policy("strict");
export const ENCRYPTED = policy("encrypted");
export const LEGACY = policy("legacy");
export const TRUSTING = policy("authenticated", { allowInsecureDelegation: true });
export const STRICT_TRUSTING = policy("strict", { allowInsecureDelegation: true });
export const ENFORCING = policy("authenticated", { daneInbound: "enforce" });

/** What a digest looks like. */
export function hash(of: string, bits: 256 | 512): string {
  return createHash(`sha${bits}`).update(of).digest("hex");
}

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
    sha256: hash("certificate", 256),
    sha512: hash("certificate", 512),
    spkiSha256: hash("key", 256),
    spkiSha512: hash("key", 512),
    chain: [],
    stapled: null,
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

/** A certificate that nobody could read is no certificate. */
export const UNREADABLE: PeerCertificate = { state: "refused", cause: "tls.bad-certificate", facts: null };

/** "3 1 1 <data>". */
export function association(text: string): TlsaRecord {
  const [usage, selector, matching, data] = text.split(" ");
  return { usage: Number(usage), selector: Number(selector), matching: Number(matching), data: data! };
}

/** The TLSA answer for the machine of `sender.example`. */
export function published(
  records: readonly (string | TlsaRecord)[],
  change: Partial<EndpointTlsa> = {},
): EndpointTlsa {
  return {
    host: "xmpp1.originating.example",
    port: 5269,
    security: "secure",
    records: records.map((record) => typeof record === "string" ? association(record) : record),
    ttlMs: HOUR / 2,
    signedUntil: NOW + 5 * DAY,
    cause: null,
    lookups: [],
    ...change,
  };
}

export const TLSA_MATCH = published([`3 1 1 ${hash("key", 256)}`]);
export const TLSA_MISMATCH = published([`3 1 1 ${hash("another key", 256)}`]);
export const TLSA_NONE = published([]);
export const TLSA_BOGUS = published([], { security: "bogus", signedUntil: null, cause: "dns.bogus" });
export const TLSA_FAILING = published([], {
  security: "indeterminate",
  signedUntil: null,
  cause: "dns.timeout",
});

export function posh(...certificates: readonly string[]): PoshEvidence {
  return {
    found: true,
    fingerprints: certificates.map((of) => ({ sha256: hash(of, 256), sha512: null })),
    expiresAt: NOW + DAY,
    url: "https://sender.example/.well-known/posh/xmpp-server.json",
  };
}

export const POSH_MATCH = posh("certificate");
export const POSH_MISMATCH = posh("another certificate");
export const POSH_NONE: PoshEvidence = { found: false, passing: false, cause: "proof.none", why: null };

/** What the authoritative server of `sender.example` said. */
export function calledBack(outcome: Callback["outcome"], change: Partial<Callback> = {}): Callback {
  const good = outcome === "confirmed" || outcome === "same-certificate";
  return {
    outcome,
    security: "insecure",
    secure: true,
    certificate: NO_CERTIFICATE,
    streamId: "7f3a9c10e2b84d55",
    server: { host: "xmpp1.originating.example", port: 5269 },
    cause: good ? null : "peer.invalid",
    ...change,
  };
}
