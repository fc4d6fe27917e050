/** Dialback keys as a peer computes them by itself (protocol.md 7.3, XEP-0185). */
import { createHash, createHmac } from "node:crypto";

export interface KeyInput {
  readonly secret: string;
  /** `to` of the request. */
  readonly receiving: string;
  /** `from` of the request. */
  readonly originating: string;
  readonly streamId: string;
}

export function dialbackKey({ secret, receiving, originating, streamId }: KeyInput): string {
  const hexOfSecret = createHash("sha256").update(secret).digest("hex");
  return createHmac("sha256", hexOfSecret).update(`${receiving} ${originating} ${streamId}`).digest("hex");
}
