/**
 * Traces give way first: what is told faster than they may be kept, is kept of one actor in so many. A server that is busy now and then has
 * all of its traces. console.md 2.3, docs/decisions/0070.
 */
import type { Subject } from "../facts/event.ts";

const WINDOW_MS = 250;
/** What comes within so little time says nothing of the pace. */
const PACE_MS = 50;
/** What was not kept is saved up, for at most so long: so much may come at once. */
const SAVED_MS = 4000;
const MOST_ONE_IN = 1024;

/** Told when the share changes. */
export type Changed = (oneIn: number, shed: number) => void;

export class Sampler {
  /** One actor in so many is traced; 1: all. */
  oneIn = 1;
  /** Events that were left out of traces, since the start. */
  shed = 0;
  readonly #perMs: number;
  readonly #changed: Changed;
  #saved: number;
  #now = 0;
  #windowBegan = -Infinity;
  #offered = 0;
  #kept = 0;
  #worst = 1;

  /** @param perSecond Events that may be kept in the long run. */
  constructor(perSecond: number, changed: Changed) {
    this.#perMs = perSecond / 1000;
    this.#saved = this.#perMs * SAVED_MS;
    this.#changed = changed;
  }

  /** Time has passed: what was too much may not be so any more. */
  tick(now: number): void {
    this.#now = now;
    if (now - this.#windowBegan >= WINDOW_MS) this.#turn(now);
  }

  /** One event is offered, `wanted` by one of its actors or by none. Gives that back. */
  offer(wanted: boolean): boolean {
    const most = (this.#saved + this.#perMs * WINDOW_MS) * this.oneIn;
    if (++this.#offered > most && this.oneIn < MOST_ONE_IN) this.#more();
    if (wanted) this.#kept++;
    else this.shed++;
    return wanted;
  }

  /**
   * Whether an actor is traced: by its pair where there is one, for a single connection may carry thousands. Who is at one share, is at every larger
   * one: no trace has holes.
   */
  isOne({ connection, pair }: Subject): boolean {
    if (this.oneIn === 1) return true;
    return pair === undefined ? this.#hits(connection!) : this.#hits(pair.local, pair.remote);
  }

  /** The same, for an actor that asks again and again. */
  asking(about: Subject): () => boolean {
    let [share, isOne] = [1, true];
    return () => {
      if (share === this.oneIn) return isOne;
      share = this.oneIn;
      return isOne = this.isOne(about);
    };
  }

  #hits(first: string, second?: string): boolean {
    const start = hash(first, 0x811c9dc5);
    const whole = second === undefined ? start : hash(second, hash(" ", start));
    return ((whole ^ (whole >>> 15)) >>> 0) % this.oneIn === 0;
  }

  /** What was saved is spent: to the share that the pace of this window asks for. */
  #more(): void {
    const most = this.#perMs * Math.max(PACE_MS, this.#now - this.#windowBegan);
    do this.oneIn *= 2; while (this.#offered > most * this.oneIn && this.oneIn < MOST_ONE_IN);
    if (this.oneIn <= this.#worst) return;
    this.#worst = this.oneIn;
    this.#changed(this.oneIn, this.shed);
  }

  #turn(now: number): void {
    const [most, gone] = [this.#perMs * WINDOW_MS, Math.min(SAVED_MS, now - this.#windowBegan)];
    // Half of what would be too much: no swinging to and fro.
    while (this.oneIn > 1 && this.#offered < most * this.oneIn / 4) this.oneIn /= 2;
    const saved = this.#saved + this.#perMs * gone - this.#kept;
    this.#saved = Math.max(0, Math.min(this.#perMs * SAVED_MS, saved));
    [this.#offered, this.#kept, this.#windowBegan] = [0, 0, now];
    if (this.oneIn > 1 || this.#worst === 1) return;
    this.#worst = 1;
    this.#changed(1, this.shed);
  }
}

/** FNV-1a: any even spread will do. */
function hash(text: string, start: number): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
