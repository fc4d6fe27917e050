/** Traces give way first: beyond so many steps a second only one actor in so many is traced. console.md 2.3. */

const WINDOW_MS = 250;
const MOST_ONE_IN = 1024;

/** Told when the share changes. */
export type Changed = (oneIn: number, shed: number) => void;

export class Sampler {
  /** One actor in so many is traced; 1: all. */
  oneIn = 1;
  /** Steps that were left out, since the start. */
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

  /** One step is offered; which of these actors it is wanted for. */
  offer<Actor extends string>(now: number, actors: readonly Actor[]): readonly Actor[] {
    if (now >= this.#windowEnds) this.#turn(now);
    if (++this.#offered > this.#mostPerWindow * this.oneIn && this.oneIn < MOST_ONE_IN) this.#more();
    if (this.oneIn === 1) return actors;
    // Who is traced at one share is traced at every larger one: such a trace has no holes.
    const wanted = actors.filter((actor) => hash(actor) % this.oneIn === 0);
    if (wanted.length === 0) this.shed++;
    return wanted;
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
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
