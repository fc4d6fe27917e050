/** How often a value was within each bucket. */

export class Histogram {
  readonly #buckets: readonly number[];
  /** Of each bucket alone, the last beyond all. */
  readonly #counts: Float64Array;
  sum = 0;

  constructor(buckets: readonly number[]) {
    this.#buckets = buckets;
    this.#counts = new Float64Array(buckets.length + 1);
  }

  observe(value: number): void {
    const found = this.#buckets.findIndex((end) => value <= end);
    this.#counts[found < 0 ? this.#buckets.length : found]!++;
    this.sum += value;
  }

  get count(): number {
    return this.#counts.reduce((sum, one) => sum + one, 0);
  }

  /** Each upper end with how many values are not above it. */
  *cumulative(): Iterable<readonly [end: number, count: number]> {
    let count = 0;
    for (const [i, one] of this.#counts.entries()) {
      count += one;
      yield [this.#buckets[i] ?? Infinity, count];
    }
  }
}
