/** What can be said of a certificate before asking who vouches for it. protocol.md 3.6, 3.8. */
import type { Cause } from "../facts/cause.ts";
import type { CertificateFacts, PeerCertificate } from "../facts/certificate.ts";

/** What the certificate says of itself; null when there is none, or none that could be read. */
export function factsOf(certificate: PeerCertificate): CertificateFacts | null {
  return certificate.state === "absent" ? null : certificate.facts;
}

/** Why its own dates exclude it now; null when they do not. */
export function outOfDate({ notBefore, notAfter }: CertificateFacts, now: number): Cause | null {
  if (now >= notAfter) return "tls.expired";
  return now < notBefore ? "tls.not-yet-valid" : null;
}
