/** How many actors sit in which state of which machine: walked at leisure, for the page's heat map and a metric. console.md 2.2. */
import type { ActorState } from "./contract.ts";
import { Problem } from "./problem.ts";
import type { Pace, Rest } from "./tables/pace.ts";
import type { ServerView } from "./view.ts";

/** So many times its cost it rests: a million actors are walked now and then, a few at every question. */
const REST = 100;
/** Whoever scrapes has little time: with very many actors it gets what the walk before found. */
const PATIENCE_MS = 1000;

export class Population {
  readonly #view: ServerView;
  readonly #pace: Pace;
  #counts: readonly ActorState[] = [];
  #due = 0;
  #walking: Promise<void> | null = null;

  constructor(view: ServerView, pace: Pace) {
    this.#view = view;
    this.#pace = pace;
  }

  /** As the last walk found it, the most first; where nobody is, is left out. */
  get counts(): readonly ActorState[] {
    return this.#counts;
  }

  /** The same after a new walk, where one is due; one for all who ask meanwhile. */
  async read(patienceMs: number = PATIENCE_MS): Promise<readonly ActorState[]> {
    if (performance.now() >= this.#due) {
      this.#walking ??= this.#walk().finally(() => this.#walking = null);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, patienceMs);
      await Promise.race([this.#walking, late]).finally(() => clearTimeout(timer));
    }
    return this.#counts;
  }

  async #walk(): Promise<void> {
    try {
      await this.#pace.run(async (rest) => {
        this.#counts = await counted(this.#view, rest);
        this.#due = performance.now() + REST * rest.usedMs;
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // too busy: what was found last stands
    }
  }
}

async function counted({ sources }: ServerView, rest: Rest): Promise<ActorState[]> {
  const machines = new Map<string, Map<string, number>>();
  for (const [machine, state] of sources.actors()) {
    if (rest.due) await rest.take();
    const states = machines.getOrInsertComputed(machine, () => new Map());
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return [...machines].flatMap(([machine, states]) =>
    [...states].map(([state, count]) => ({ machine, state, count }))
  )
    .sort((a, b) => b.count - a.count);
}
