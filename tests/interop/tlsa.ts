/** TLSA 3 1 1 of a certificate. */
import { createHash, X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import type { Identity } from "../peer/wire.ts";

/** As dns-packet writes it: DANE-EE, SubjectPublicKeyInfo, SHA-256. */
export function tlsa({ certificate }: Identity) {
  const spki = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return {
    usage: 3,
    selector: 1,
    matchingType: 1,
    certificate: createHash("sha256").update(Buffer.from(spki)).digest(),
  };
}
