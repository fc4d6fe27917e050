/** Prooftype `dane`: a secure TLSA record of the SRV target vouches for the certificate. RFC 6698, RFC 7671; protocol.md 3.4. */
import { createHash } from "node:crypto";
import type { CertificateFacts, ChainAnchor, Digests } from "../facts/certificate.ts";
import type { EndpointTlsa, TlsaRecord } from "../facts/tlsa.ts";
import { factsOf } from "./certificate.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";
import { matchesName, namesOf, serverNames } from "./names.ts";
import { acceptedNow } from "./pkix.ts";
import { strongest } from "./tlsa.ts";

export const dane: Judge = {
  prooftype: "dane",
  judge(evidence: Evidence): Finding {
    const { certificate, tlsa, now } = evidence;
    if (certificate.state === "absent") return { holds: false, cause: "tls.no-certificate" };
    const facts = factsOf(certificate);
    if (facts === null) return { holds: false, cause: "tls.bad-certificate" };
    const endpoints = usableTlsa(tlsa ?? [], now);
    if (endpoints.length === 0) return { holds: false, cause: "proof.none" };
    for (const endpoint of endpoints) {
      for (const record of strongest(endpoint.records)) {
        const match = matchOf(record, endpoint.host, facts, evidence);
        if (match !== null) return finding(endpoint, record, facts, match);
      }
    }
    return { holds: false, cause: "dane.mismatch" };
  },
};

/** The endpoints that say which certificate is theirs: secure, signed still, and with a record that can be used. */
export function usableTlsa(endpoints: readonly EndpointTlsa[], now: number): readonly EndpointTlsa[] {
  return endpoints.filter(({ security, signedUntil, records }) =>
    security === "secure" && signedUntil !== null && now < signedUntil && strongest(records).length > 0
  );
}

/** Bogus or unanswered TLSA (or what it rests on): nothing may be concluded from its absence (5.7). Bogus first. */
export function tlsaFailure(endpoints: readonly EndpointTlsa[]): EndpointTlsa | null {
  return endpoints.find(({ security }) => security === "bogus") ??
    endpoints.find(({ security }) => security === "indeterminate") ?? null;
}

/** How long a matching certificate lasts by its own dates; null: they do not count. */
interface Match {
  readonly until: number | null;
}

/** By the usages of RFC 7671 4 and 5. */
function matchOf(
  record: TlsaRecord,
  host: string,
  facts: CertificateFacts,
  evidence: Evidence,
): Match | null {
  switch (record.usage) {
    case 1: {
      const pinned = pins(record, facts) &&
        typeof acceptedNow(evidence.certificate, evidence.now) !== "string";
      return pinned && carries(serverNames(evidence.certificate), host, evidence)
        ? { until: facts.notAfter }
        : null;
    }
    case 2:
      return underAnchor(record, host, facts, evidence);
    // 5.1: neither names nor dates nor the chain of DANE-EE count.
    default:
      return pins(record, facts) ? { until: null } : null;
  }
}

/** 5.2: the chain leads to the published authority, and its leaf names the domain or the SRV target. */
function underAnchor(
  record: TlsaRecord,
  host: string,
  facts: CertificateFacts,
  evidence: Evidence,
): Match | null {
  const holds = (anchor: ChainAnchor) =>
    anchor.until !== null && evidence.now < anchor.until && pins(record, anchor) &&
    carries(namesOf(anchor.dnsNamesOnly ? dnsOnly(facts) : facts), host, evidence);
  const anchor = evidence.now < facts.notBefore ? undefined : facts.chain.find(holds);
  return anchor === undefined ? null : { until: anchor.until };
}

/** Exact data (matching type 0) is compared by its digest: equal digests are equal data. */
function pins({ selector, matching, data }: TlsaRecord, certificate: Digests): boolean {
  const { sha256, sha512, spkiSha256, spkiSha512 } = certificate;
  if (matching === 2) return data === (selector === 0 ? sha512 : spkiSha512);
  const digest = matching === 1 ? data : createHash("sha256").update(data, "hex").digest("hex");
  return digest === (selector === 0 ? sha256 : spkiSha256);
}

function carries(presented: readonly string[], host: string, { domain }: Evidence): boolean {
  return matchesName(presented, domain) || matchesName(presented, host);
}

function dnsOnly(facts: CertificateFacts): CertificateFacts {
  return { ...facts, identifiers: facts.identifiers.filter(({ kind }) => kind === "dns") };
}

function finding(
  endpoint: EndpointTlsa,
  record: TlsaRecord,
  facts: CertificateFacts,
  { until }: Match,
): Finding {
  const { host, port, ttlMs, signedUntil, security } = endpoint;
  const { usage, selector, matching } = record;
  return {
    holds: true,
    target: { host, port },
    certificate: facts.sha256,
    streamId: null,
    certificateUntil: until,
    vouchedUntil: signedUntil,
    ttlMs,
    evidence: {
      target: host,
      port,
      security,
      tlsa: `${usage} ${selector} ${matching}`,
      ttlMs,
      signedUntil,
      notAfter: until,
    },
  };
}
