/** What is remembered against a pair for a while: failures (negative cache) and the operator's blocks. */
import type { Cause } from "../facts/cause.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { BoundedMap } from "../bounded/map.ts";

export interface Negative {
  readonly cause: Cause;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Holds one entry per pair until its time is over. When full it forgets the oldest: it saves work, it proves nothing. */
export class NegativeTable {
  readonly #entries: BoundedMap<PairKey, Negative>;

  constructor(capacity = 100_000) {
    this.#entries = new BoundedMap(capacity);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Replaces what was there. */
  add(pair: DomainPair, cause: Cause, until: number): void {
    this.#entries.set(pairKey(pair), { cause, until });
  }

  /** What holds against the pair now; null when nothing does. */
  find(pair: DomainPair, now: number): Negative | null {
    const key = pairKey(pair);
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (now < entry.until) return entry;
    this.#entries.delete(key);
    return null;
  }

  /** True when there was one. */
  remove(pair: DomainPair): boolean {
    return this.#entries.delete(pairKey(pair));
  }

  /** Drops what is over, for a slow timer. */
  sweep(now: number): void {
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
  }
}
