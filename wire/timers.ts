/**
 * Many deadlines on one timer of the runtime. Nearly every deadline of a stream is taken back before it comes; each cost 20 us
 * as a timer of its own (docs/bench.md). None rings early; how late is at most a thirty-second part of what it waited.
 */

/** A deadline is rounded up to the next of 32 to 64 steps of its length. */
const STEPS = 32;

interface Deadline {
  /** Null: taken back, which may happen while those beside it ring. */
  ring: (() => void) | null;
  readonly at: number;
}

/** One moment, and all that ring then. */
type Moments = Map<number, Set<Deadline>>;

/** The runtime takes a longer wait for none at all. */
const LONGEST_MS = 2 ** 31 - 1;

export class Timers {
  readonly #moments: Moments = new Map();
  /** What the one timer waits for. */
  #next = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ms From now; what is below 1 rings as soon as may be. */
  set(ring: () => void, ms: number): unknown {
    const deadline: Deadline = { ring, at: moment(performance.now(), ms) };
    const together = this.#moments.get(deadline.at);
    if (together === undefined) this.#moments.set(deadline.at, new Set([deadline]));
    else together.add(deadline);
    if (deadline.at < this.#next) this.#wait(deadline.at);
    return deadline;
  }

  /** @param id What `set` gave; whatever has rung already, or is none, is passed over. */
  clear(id: unknown): void {
    const deadline = id as Deadline | null | undefined;
    if (deadline === null || deadline === undefined) return;
    deadline.ring = null;
    const together = this.#moments.get(deadline.at);
    if (!together?.delete(deadline) || together.size > 0) return;
    this.#moments.delete(deadline.at);
    // Nothing keeps a process alive that waits for nothing.
    if (this.#moments.size === 0) this.#wait(Infinity);
  }

  #wait(at: number): void {
    clearTimeout(this.#timer);
    this.#next = at;
    if (at === Infinity) return void (this.#timer = undefined);
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.max(0, at - performance.now()), LONGEST_MS));
  }

  #ring(): void {
    const now = performance.now();
    const due = [...this.#moments.keys()].filter((at) => at <= now).sort((a, b) => a - b);
    for (const at of due) {
      const together = this.#moments.get(at) ?? []; // none: those that rang before have taken it back
      this.#moments.delete(at);
      for (const { ring } of together) if (ring !== null) guarded(ring);
    }
    this.#wait(Math.min(Infinity, ...this.#moments.keys()));
  }
}

/** One for the process: times are the process's. */
export const timers = new Timers();

/** Milliseconds on the clock of `now`: grains of a power of two, so that deadlines of about one length meet. */
function moment(now: number, ms: number): number {
  // What is no number rings at once, as with the runtime; what is without end waits for as long as numbers go.
  const wait = ms >= 1 ? Math.min(ms, Number.MAX_SAFE_INTEGER) : 1;
  const grain = 2 ** Math.floor(Math.log2(wait / STEPS));
  return Math.ceil((now + wait) / grain) * grain;
}

/** As with the runtime's own timers: what one throws is the process's, and no other one's. */
function guarded(ring: () => void): void {
  try {
    ring();
  } catch (error) {
    reportError(error);
  }
}
