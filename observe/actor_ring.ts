/** What happened to one connection or pair: how it began, and what came last. console.md 1.2. */
import type { Kept } from "./kept.ts";

/** Setup stays for as long as the ring does. */
const PINNED = 40;
const ROLLING = 24;
/** Of a ring without events. */
export const RING_BYTES = 400;

export class ActorRing {
  readonly #pinned: Kept[] = [];
  /** Once full, `#at` is the place of the oldest; null until it is needed. */
  #rolling: Kept[] | null = null;
  #at = 0;
  bytes = RING_BYTES;
  /** Events between the two that are gone, and the number of the last of them. */
  left = 0;
  #lastLeft = 0;
  /** The number of the newest event. */
  last = 0;

  add(kept: Kept): void {
    this.last = kept.seq;
    this.bytes += kept.bytes;
    if (this.#pinned.length < PINNED) return void this.#pinned.push(kept);
    const rolling = this.#rolling ??= [];
    if (rolling.length < ROLLING) return void rolling.push(kept);
    const old = rolling[this.#at]!;
    this.bytes -= old.bytes;
    this.left++;
    this.#lastLeft = old.seq;
    rolling[this.#at] = kept;
    this.#at = (this.#at + 1) % ROLLING;
  }

  /** Oldest first. */
  get kept(): Kept[] {
    const rolling = this.#rolling ?? [];
    return [...this.#pinned, ...rolling.slice(this.#at), ...rolling.slice(0, this.#at)];
  }

  /** Something after `seq` is gone. */
  isCutAfter(seq: number): boolean {
    return this.#lastLeft > seq;
  }
}
