/** What only a walk through everything tells: made at leisure, at most a hundredth of the time, once for all who ask meanwhile. */
import { within } from "./patience.ts";
import { Problem } from "./problem.ts";
import type { Pace, Rest } from "./tables/pace.ts";

/** So many times its cost it rests: of a million it is made now and then, of a few at every question. */
const REST = 100;
/** Whoever scrapes has little time: of very many it gets what the walk before found. */
const PATIENCE_MS = 1000;

export class Leisure<Found> {
  readonly #pace: Pace;
  readonly #look: (rest: Rest) => Promise<Found>;
  #found: Found;
  #due = 0;
  #walking: Promise<void> | null = null;

  /** @param nothing What is found before the first walk. */
  constructor(pace: Pace, nothing: Found, look: (rest: Rest) => Promise<Found>) {
    this.#pace = pace;
    this.#found = nothing;
    this.#look = look;
  }

  /** What the last walk found. */
  get found(): Found {
    return this.#found;
  }

  /** The same after a new walk, where one is due and is over in time. */
  async read(patienceMs: number = PATIENCE_MS): Promise<Found> {
    if (performance.now() >= this.#due) {
      this.#walking ??= this.#walk().finally(() => this.#walking = null);
      await within(patienceMs, this.#walking);
    }
    return this.#found;
  }

  async #walk(): Promise<void> {
    try {
      await this.#pace.run(async (rest) => {
        this.#found = await this.#look(rest);
        this.#due = performance.now() + REST * rest.usedMs;
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // too busy: what was found last stands
    }
  }
}
