/** What an event tells of a peer's certificate, whether it is believed or not. */
import type { PeerCertificate } from "../facts/certificate.ts";

const MOST_IDENTIFIERS = 50;

export function certificateWords(certificate: PeerCertificate) {
  const facts = certificate.state === "absent" ? null : certificate.facts;
  const ocsp = stapledWords(certificate);
  if (facts === null) {
    return { subject: null, issuer: null, identifiers: [], notBefore: null, notAfter: null, ocsp };
  }
  const identifiers = facts.identifiers.slice(0, MOST_IDENTIFIERS).map(({ name }) => name);
  const { subject, issuer } = facts;
  const [notBefore, notAfter] = [facts.notBefore, facts.notAfter].map((at) => new Date(at).toISOString());
  return { subject, issuer, identifiers, notBefore: notBefore!, notAfter: notAfter!, ocsp };
}

/** What the authority said of it, stapled; null when nothing. */
function stapledWords(certificate: PeerCertificate): string | null {
  if (certificate.state !== "accepted") {
    return certificate.state === "refused" && certificate.cause === "tls.revoked" ? "revoked" : null;
  }
  const { stapled } = certificate.facts;
  if (stapled === null) return null;
  return "nothing" in stapled ? stapled.nothing : `good until ${new Date(stapled.goodUntil).toISOString()}`;
}
