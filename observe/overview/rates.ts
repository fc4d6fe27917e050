/** How much happened lately, in steps: a quarter of an hour by 5 s, a day by minutes. Bounded, and counted as it happens. */
import type { EventType, RecordedEvent } from "../../facts/event.ts";
import type { Counts, Series } from "../contract.ts";

const KEYS: readonly (keyof Counts)[] = [
  "opened",
  "closed",
  "granted",
  "authorised",
  "denied",
  "revoked",
  "rechecked",
  "stanzasIn",
  "stanzasOut",
];

const BY_EVENT: Partial<Record<RecordedEvent["type"], keyof Counts>> = {
  "connection.opened": "opened",
  "connection.closed": "closed",
  "connection.failed": "closed",
  "pair.granted": "granted",
  "pair.authorised": "authorised",
  "pair.denied": "denied",
  "pair.revoked": "revoked",
  "proof.rechecked": "rechecked",
};

/** The types of what is counted. */
export const RATED_TYPES = Object.keys(BY_EVENT) as EventType[];

class Ring {
  readonly stepMs: number;
  readonly #length: number;
  readonly #steps: Record<keyof Counts, Uint32Array>;
  /** The number of the newest step, from the epoch. */
  #at: number;

  constructor(stepMs: number, length: number, now: number) {
    this.stepMs = stepMs;
    this.#length = length;
    this.#steps = Object.fromEntries(KEYS.map((key) => [key, new Uint32Array(length)])) as Record<
      keyof Counts,
      Uint32Array
    >;
    this.#at = Math.floor(now / stepMs);
  }

  add(key: keyof Counts, count: number, now: number): void {
    this.advance(now);
    this.#steps[key][this.#at % this.#length]! += count;
  }

  /** Steps that nothing happened in are empty. */
  advance(now: number): void {
    const at = Math.floor(now / this.stepMs);
    const missed = Math.min(at - this.#at, this.#length);
    for (let i = 1; i <= missed; i++) {
      for (const key of KEYS) this.#steps[key][(this.#at + i) % this.#length] = 0;
    }
    // A clock that went back changes nothing.
    if (missed > 0) {
      if (at - this.#at > this.#length) { for (const key of KEYS) this.#steps[key].fill(0); }
      this.#at = at;
    }
  }

  sum(steps: number): Counts {
    return Object.fromEntries(KEYS.map((key) => {
      let sum = 0;
      for (let i = 0; i < Math.min(steps, this.#length); i++) sum += this.#of(key, i);
      return [key, sum];
    })) as unknown as Counts;
  }

  series(): Series {
    const from = (this.#at - this.#length + 1) * this.stepMs;
    const steps = Object.fromEntries(
      KEYS.map((
        key,
      ) => [key, Array.from({ length: this.#length }, (_, i) => this.#of(key, this.#length - 1 - i))]),
    ) as unknown as Series["steps"];
    return { stepMs: this.stepMs, from: new Date(from).toISOString(), steps };
  }

  /** The step so many before the newest. */
  #of(key: keyof Counts, back: number): number {
    const at = (this.#at - back) % this.#length;
    return this.#steps[key][at < 0 ? at + this.#length : at]!;
  }
}

export class Rates {
  readonly #fine: Ring;
  readonly #coarse: Ring;
  #stanzas = { in: 0, out: 0 };

  constructor(now: number) {
    this.#fine = new Ring(5000, 180, now);
    this.#coarse = new Ring(60_000, 1440, now);
  }

  hear({ type, detail }: RecordedEvent, now: number): void {
    const key = BY_EVENT[type];
    if (key === undefined) return;
    const repeated = detail?.repeated; // one that stands for many
    this.#add(key, typeof repeated === "number" ? repeated : 1, now);
  }

  /** Stanzas are counted by nobody but the connections: what their sums say now. */
  stanzas(total: { readonly in: number; readonly out: number }, now: number): void {
    this.#add("stanzasIn", Math.max(0, total.in - this.#stanzas.in), now);
    this.#add("stanzasOut", Math.max(0, total.out - this.#stanzas.out), now);
    this.#stanzas = total;
  }

  #add(key: keyof Counts, count: number, now: number): void {
    this.#fine.add(key, count, now);
    this.#coarse.add(key, count, now);
  }

  get minute(): Counts {
    return this.#fine.sum(12);
  }

  get hour(): Counts {
    return this.#coarse.sum(60);
  }

  series(reach: "quarter" | "day"): Series {
    return (reach === "day" ? this.#coarse : this.#fine).series();
  }
}
