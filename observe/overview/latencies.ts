/** How long connections and pairs take, by phase: histograms of the last quarter of an hour. */
import type { Latency, Phase } from "../contract.ts";
import type { Measured } from "../phases.ts";

const PHASES: readonly Phase[] = ["dns", "tcp", "starttls", "tls", "stream", "setup", "proof", "verdict"];

/** Four buckets to a doubling, from 1 ms to 18 hours. */
const BUCKETS = 104;
const MINUTES = 15;

class Histogram {
  readonly #minutes = Array.from({ length: MINUTES }, () => new Uint32Array(BUCKETS));
  #at = 0;

  add(ms: number, now: number): void {
    this.#advance(now);
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.ceil(4 * Math.log2(Math.max(1, ms)))));
    this.#minutes[this.#at % MINUTES]![bucket]!++;
  }

  #advance(now: number): void {
    const at = Math.floor(now / 60_000);
    if (this.#at === 0) this.#at = at;
    for (let i = 1; i <= Math.min(at - this.#at, MINUTES); i++) {
      this.#minutes[(this.#at + i) % MINUTES]!.fill(0);
    }
    if (at > this.#at) this.#at = at;
  }

  read(phase: Phase, now: number): Latency {
    this.#advance(now);
    const counts = Array.from(
      { length: BUCKETS },
      (_, i) => this.#minutes.reduce((sum, one) => sum + one[i]!, 0),
    );
    const count = counts.reduce((sum, one) => sum + one, 0);
    const quantile = (q: number) => count === 0 ? null : upTo(counts, q * count);
    return { phase, count, p50Ms: quantile(0.5), p95Ms: quantile(0.95), p99Ms: quantile(0.99) };
  }
}

/** The upper end of the bucket in which so many are reached: at most a fifth too much. */
function upTo(counts: readonly number[], wanted: number): number {
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= wanted) return Number((2 ** (bucket / 4)).toPrecision(3));
  }
  return 2 ** (BUCKETS / 4);
}

export class Latencies {
  readonly #histograms = new Map(PHASES.map((phase) => [phase, new Histogram()]));

  /** Of `proof` and `verdict` what was granted counts: a denial may be said without a look. */
  measured({ phase, ms, decision }: Measured, now: number): void {
    if (decision !== "denied") this.#histograms.get(phase)?.add(ms, now);
  }

  read(now: number): Latency[] {
    return [...this.#histograms].map(([phase, histogram]) => histogram.read(phase, now));
  }
}
