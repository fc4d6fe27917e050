/** Prooftype `dane`: a secure TLSA record of the SRV target vouches for the certificate. RFC 6698, RFC 7671; protocol.md 3.4. */
import { createHash } from "node:crypto";
import type { CertificateFacts, PeerCertificate } from "../facts/certificate.ts";
import type { EndpointTlsa, TlsaRecord } from "../facts/tlsa.ts";
import { factsOf } from "./certificate.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";
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
      const record = strongest(endpoint.records).find((one) => matches(one, certificate, facts, now));
      if (record !== undefined) return finding(endpoint, record, facts);
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

function matches(
  record: TlsaRecord,
  certificate: PeerCertificate,
  facts: CertificateFacts,
  now: number,
): boolean {
  if (!pins(record, facts)) return false;
  // RFC 7671 5.1: DANE-EE looks at neither names nor dates nor the chain; PKIX-EE asks for all that PKIX asks.
  return record.usage === 3 || typeof acceptedNow(certificate, now) !== "string";
}

/** Exact data (matching type 0) is compared by its digest: equal digests are equal data. */
function pins({ selector, matching, data }: TlsaRecord, facts: CertificateFacts): boolean {
  const { sha256, sha512, spkiSha256, spkiSha512 } = facts;
  if (matching === 2) return data === (selector === 0 ? sha512 : spkiSha512);
  const digest = matching === 1 ? data : createHash("sha256").update(data, "hex").digest("hex");
  return digest === (selector === 0 ? sha256 : spkiSha256);
}

function finding(endpoint: EndpointTlsa, record: TlsaRecord, facts: CertificateFacts): Finding {
  const { host, port, ttlMs, signedUntil } = endpoint;
  const { usage, selector, matching } = record;
  return {
    holds: true,
    target: { host, port },
    certificate: facts.sha256,
    streamId: null,
    certificateUntil: usage === 3 ? null : facts.notAfter,
    vouchedUntil: signedUntil,
    ttlMs,
    evidence: {
      target: host,
      port,
      security: endpoint.security,
      tlsa: `${usage} ${selector} ${matching}`,
      ttlMs,
      signedUntil,
    },
  };
}
