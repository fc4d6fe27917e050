/** Traces give way first: beyond so many events a second only one actor in so many is traced. console.md 2.3. */

const WINDOW_MS = 250;
const MOST_ONE_IN = 1024;

/** Told when the share changes. */
export type Changed = (oneIn: number, shed: number) => void;

export class Sampler {
  /** One actor in so many is traced; 1: all. */
  oneIn = 1;
  /** Events that were left out of traces, since the start. */
  shed = 0;
  readonly #mostPerWindow: number;
  readonly #changed: Changed;
  #windowEnds = 0;
  #offered = 0;
  #worst = 1;

  constructor(mostPerSecond: number, changed: Changed) {
    this.#mostPerWindow = mostPerSecond * WINDOW_MS / 1000;
    this.#changed = changed;
  }

  /** Time has passed: what was too much may not be so any more. */
  tick(now: number): void {
    if (now >= this.#windowEnds) this.#turn(now);
  }

  /** One event is offered, `wanted` by one of its actors or by none. Gives that back. */
  offer(wanted: boolean): boolean {
    if (++this.#offered > this.#mostPerWindow * this.oneIn && this.oneIn < MOST_ONE_IN) this.#more();
    if (!wanted) this.shed++;
    return wanted;
  }

  /** Whether an actor, by the parts of its key, is traced. Who is at one share, is at every larger one: no trace has holes. */
  isOne(first: string, second?: string): boolean {
    if (this.oneIn === 1) return true;
    const start = hash(first, 0x811c9dc5);
    const whole = second === undefined ? start : hash(second, hash(" ", start));
    return ((whole ^ (whole >>> 15)) >>> 0) % this.oneIn === 0;
  }

  #more(): void {
    this.oneIn *= 2;
    if (this.oneIn <= this.#worst) return;
    this.#worst = this.oneIn;
    this.#changed(this.oneIn, this.shed);
  }

  #turn(now: number): void {
    // Half of what would be too much: no swinging to and fro.
    while (this.oneIn > 1 && this.#offered < this.#mostPerWindow * this.oneIn / 4) this.oneIn /= 2;
    this.#offered = 0;
    this.#windowEnds = now + WINDOW_MS;
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
