/** How long connections and pairs take, by phase: histograms of the last quarter of an hour, from the events alone. */
import type { RecordedEvent } from "../../facts/event.ts";
import type { Latency, Phase } from "../contract.ts";

const PHASES: readonly Phase[] = ["dns", "tls", "stream", "setup", "proof", "verdict"];

/** Four buckets to a doubling, from 1 ms to 18 hours. */
const BUCKETS = 104;
const MINUTES = 15;
/** What is under way and remembered; beyond it the oldest is not measured. */
const MOST_UNDERWAY = 20_000;

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
  readonly #underway = new Map<string, number>();

  hear(event: RecordedEvent, now: number): void {
    const { type, connection, pair, detail } = event;
    const opened = `o ${connection}`, secured = `s ${connection}`;
    const asked = `${connection} ${pair?.local} ${pair?.remote}`;
    switch (type) {
      case "delegation.resolved":
        if (typeof detail?.elapsedMs === "number") this.#histograms.get("dns")!.add(detail.elapsedMs, now);
        return;
      case "connection.opened":
        return this.#begin(opened, now);
      case "connection.secured":
        this.#measure("tls", opened, now);
        return this.#begin(secured, now);
      case "connection.established":
        this.#measure("stream", secured, now);
        this.#measure("setup", opened, now);
        return;
      case "request.received":
        return this.#begin(`< ${asked}`, now);
      case "pair.granted":
        this.#measure("proof", `< ${asked}`, now);
        this.#end(`< ${asked}`);
        return;
      case "request.sent":
        return this.#begin(`> ${asked}`, now);
      case "pair.authorised":
        this.#measure("verdict", `> ${asked}`, now);
        this.#end(`> ${asked}`);
        return;
      case "pair.denied":
        this.#end(`< ${asked}`);
        this.#end(`> ${asked}`);
        return;
      case "connection.failed":
      case "connection.closed":
        this.#end(opened);
        this.#end(secured);
    }
  }

  #begin(key: string, now: number): void {
    this.#underway.delete(key);
    this.#underway.set(key, now);
    if (this.#underway.size > MOST_UNDERWAY) this.#end(this.#underway.keys().next().value!);
  }

  #measure(phase: Phase, key: string, now: number): void {
    const began = this.#underway.get(key);
    if (began !== undefined) this.#histograms.get(phase)!.add(now - began, now);
  }

  #end(key: string): void {
    this.#underway.delete(key);
  }

  read(now: number): Latency[] {
    return [...this.#histograms].map(([phase, histogram]) => histogram.read(phase, now));
  }
}
