/** How secrets are kept and compared: by their digests, so that neither time nor memory tells anything of them. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** SHA-256 of a secret. */
export class Sealed {
  readonly #digest: Uint8Array;

  constructor(secret: string) {
    this.#digest = digest(secret);
  }

  /** In constant time, whatever is shown. */
  opensBy(shown: string): boolean {
    return timingSafeEqual(this.#digest, digest(shown));
  }
}

/** What a secret is found by: who can choose a secret cannot choose where its digest differs from another one. */
export function fingerprint(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** 256 bits. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

function digest(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}
