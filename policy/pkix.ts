/** Prooftype `pkix`: an accepted certificate that carries the service domain itself. protocol.md 3.3, 6.5. */
import type { Cause } from "../facts/cause.ts";
import type { CertificateFacts, PeerCertificate } from "../facts/certificate.ts";
import { outOfDate } from "./certificate.ts";
import type { Evidence, Finding, Judge } from "./judge.ts";
import { matchesName, serverNames } from "./names.ts";

export const pkix: Judge = {
  prooftype: "pkix",
  judge({ domain, certificate, now }: Evidence): Finding {
    const facts = acceptedNow(certificate, now);
    if (typeof facts === "string") return { holds: false, cause: facts };
    if (!matchesName(serverNames(certificate), domain)) return { holds: false, cause: "tls.names" };
    return {
      holds: true,
      target: null,
      certificate: facts.sha256,
      streamId: null,
      certificateUntil: facts.notAfter,
      vouchedUntil: null,
      ttlMs: stapledMs(facts, now),
      evidence: { subject: facts.subject, issuer: facts.issuer, notAfter: facts.notAfter },
    };
  },
};

/** 3.9: until the authority has a newer word; null when its word was not stapled, or counts no more. */
function stapledMs({ stapled }: CertificateFacts, now: number): number | null {
  return stapled !== null && "goodUntil" in stapled && now < stapled.goodUntil
    ? stapled.goodUntil - now
    : null;
}

/**
 * The facts of a certificate that is good at this moment, or why it is not.
 *
 * The chain was judged at the handshake, but a connection may outlive it (protocol.md 3.8: at the time of the request).
 */
export function acceptedNow(certificate: PeerCertificate, now: number): CertificateFacts | Cause {
  if (certificate.state === "absent") return "tls.no-certificate";
  if (certificate.state === "refused") return certificate.cause;
  return outOfDate(certificate.facts, now) ?? certificate.facts;
}
