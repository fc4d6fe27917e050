/** A buffer that grows with what arrives and shrinks again: 20 kB RSS per idle connection instead of 73 (native.md 2). */
import type { Bytes } from "./native.ts";

const SMALL = 2048;
const LARGE = 65_536;
/** A handshake fills the first buffer: that alone is no reason for the largest. */
const GROWTH = 4;
/** Small reads in a row after which a large buffer is given back. */
const SHRINK_AFTER = 64;

export class ReadBuffer {
  bytes: Bytes = new Uint8Array(SMALL);
  #small = 0;

  /** After `length` bytes were read and used. */
  adapt(length: number): void {
    if (length === this.bytes.length && length < LARGE) {
      this.bytes = new Uint8Array(Math.min(length * GROWTH, LARGE));
    } else if (length > SMALL || this.bytes.length === SMALL) this.#small = 0;
    else if (++this.#small > SHRINK_AFTER) {
      this.bytes = new Uint8Array(SMALL);
      this.#small = 0;
    }
  }
}
