/** TLSA records of a test: what is published of a certificate, or of another one. RFC 6698 2.1. */
import { Buffer } from "node:buffer";
import { createHash, X509Certificate } from "node:crypto";
import type { Identity } from "../peer/wire.ts";
import { S2S_PORT } from "./world.ts";

/** As `dns-packet` has it. */
export interface Tlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly certificate: Buffer;
}

export const tlsaOwner = (host: string, port = S2S_PORT): string => `_${port}._tcp.${host}`;

/** "3 1 1" and so on, of the first certificate of a chain. */
export function tlsa(kind: string, of: Pick<Identity, "certificate"> | string): Tlsa {
  const [usage, selector, matchingType] = kind.split(" ").map(Number);
  const certificate = new X509Certificate(typeof of === "string" ? of : of.certificate);
  const data = selector === 1
    ? certificate.publicKey.export({ type: "spki", format: "der" })
    : certificate.raw;
  return {
    usage: usage!,
    selector: selector!,
    matchingType: matchingType!,
    certificate: matchingType === 0
      ? data
      : createHash(matchingType === 1 ? "sha256" : "sha512").update(data).digest(),
  };
}
