/** Prooftype `posh`: the domain's own web server names the certificate. RFC 7711, RFC 7712 5.2; protocol.md 3.6. */
import type { CertificateFacts } from "../facts/certificate.ts";
import type { PoshEvidence, PoshFingerprint } from "../facts/posh.ts";
import { factsOf, outOfDate } from "./certificate.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";

export const posh: Judge = {
  prooftype: "posh",
  judge({ certificate, posh, now }: Evidence): Finding {
    if (certificate.state === "absent") return { holds: false, cause: "tls.no-certificate" };
    const facts = factsOf(certificate);
    if (facts === null) return { holds: false, cause: "tls.bad-certificate" };
    // RFC 7711 6: neither chain nor names count, the dates do.
    const dated = outOfDate(facts, now);
    if (dated !== null) return { holds: false, cause: dated };
    if (posh === null) return { holds: false, cause: "proof.none" };
    if (!posh.found) return { holds: false, cause: posh.cause };
    if (now >= posh.expiresAt) return { holds: false, cause: "proof.expired" };
    if (!posh.fingerprints.some((one) => matches(one, facts))) {
      return { holds: false, cause: "posh.mismatch" };
    }
    return finding(posh, facts);
  },
};

/** Every hash that the descriptor has and that we know must match, and there must be one. */
function matches({ sha256, sha512 }: PoshFingerprint, facts: CertificateFacts): boolean {
  if (sha256 === null && sha512 === null) return false;
  return (sha256 === null || sha256 === facts.sha256) && (sha512 === null || sha512 === facts.sha512);
}

function finding({ url, expiresAt }: PoshEvidence & { found: true }, facts: CertificateFacts): Finding {
  return {
    holds: true,
    target: null,
    certificate: facts.sha256,
    streamId: null,
    certificateUntil: facts.notAfter,
    vouchedUntil: expiresAt,
    ttlMs: null,
    evidence: { url, expires: expiresAt, subject: facts.subject, notAfter: facts.notAfter },
  };
}
