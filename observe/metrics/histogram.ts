/** How often a value was within each bucket, and an example of each. */

/** One observation that can be looked at: OpenMetrics 1.0, Exemplars. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export class Histogram {
  readonly #buckets: readonly number[];
  /** Of each bucket alone, the last beyond all. */
  readonly #counts: Float64Array;
  /** The latest of each bucket. */
  readonly #exemplars: (Exemplar | undefined)[] = [];
  sum = 0;

  constructor(buckets: readonly number[]) {
    this.#buckets = buckets;
    this.#counts = new Float64Array(buckets.length + 1);
  }

  observe(value: number, seen: Omit<Exemplar, "value"> | null = null): void {
    const found = this.#buckets.findIndex((end) => value <= end);
    const bucket = found < 0 ? this.#buckets.length : found;
    this.#counts[bucket]!++;
    this.sum += value;
    if (seen !== null) this.#exemplars[bucket] = { ...seen, value };
  }

  get count(): number {
    return this.#counts.reduce((sum, one) => sum + one, 0);
  }

  /** Each upper end with how many values are not above it, and one of those that are not below it either. */
  *cumulative(): Iterable<readonly [end: number, count: number, exemplar: Exemplar | undefined]> {
    let count = 0;
    for (const [i, one] of this.#counts.entries()) {
      count += one;
      yield [this.#buckets[i] ?? Infinity, count, this.#exemplars[i]];
    }
  }
}
