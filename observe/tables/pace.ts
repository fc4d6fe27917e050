/**
 * Long work on the event loop in short slices, with gaps in which everything else has its turn: a handshake of many
 * round trips gets through one gap, or waits for one slice. All work under way shares the slices. console.md 2.3.
 */
import { Problem } from "../problem.ts";

const SLICE_MS = 2;
/** Timers only: setImmediate and messages to oneself are served before any socket (Deno 2.9), and would starve them. */
const GAP_MS = 1;
/** More at one time only wait for each other. */
const MOST_AT_WORK = 4;
const MOST_WAITING = 64;

export class Pace {
  #atWork = 0;
  readonly #waiting: (() => void)[] = [];
  /** Who waits for its next slice. */
  readonly #resting: (() => void)[] = [];
  #gap: ReturnType<typeof setTimeout> | null = null;
  #slicing = false;

  /** Does work that rests often; waits for its place first. @throws {Problem} 503 when too many wait already. */
  async run<T>(work: (rest: Rest) => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter();
    try {
      return await work(await Rest.begin(this, signal));
    } finally {
      this.#atWork--;
      this.over();
      this.#waiting.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    while (this.#atWork >= MOST_AT_WORK) {
      if (this.#waiting.length >= MOST_WAITING) {
        const title = "too many filters are at work";
        throw new Problem(503, "api.busy", title, "ask again later", { "retry-after": "1" });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#atWork++;
  }

  /** Resolves when the next slice is one's own, in order. */
  slice(): Promise<void> {
    return new Promise((resolve) => {
      this.#resting.push(resolve);
      this.#next();
    });
  }

  /** The slice is used up. */
  over(): void {
    this.#slicing = false;
    this.#next();
  }

  #next(): void {
    if (this.#slicing || this.#gap !== null || this.#resting.length === 0) return;
    this.#gap = setTimeout(() => {
      this.#gap = null;
      this.#slicing = true;
      this.#resting.shift()!();
    }, GAP_MS);
  }
}

/** One piece of work's rests. */
export class Rest {
  readonly #pace: Pace;
  readonly #signal: AbortSignal | undefined;
  #until = 0;
  #since = 0;
  #used = 0;

  private constructor(pace: Pace, signal: AbortSignal | undefined) {
    this.#pace = pace;
    this.#signal = signal;
  }

  static async begin(pace: Pace, signal: AbortSignal | undefined): Promise<Rest> {
    const rest = new Rest(pace, signal);
    await rest.#wait();
    return rest;
  }

  /** Whether the slice is used up: then {@link take} a rest. */
  get due(): boolean {
    return performance.now() >= this.#until;
  }

  /** What was worked so far, rests left out. */
  get usedMs(): number {
    return this.#used + performance.now() - this.#since;
  }

  /** @throws the signal's reason when nobody waits for the work any more. */
  async take(): Promise<void> {
    this.#used = this.usedMs;
    this.#pace.over();
    await this.#wait();
  }

  async #wait(): Promise<void> {
    await this.#pace.slice();
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
    this.#until = this.#since + SLICE_MS;
  }
}
