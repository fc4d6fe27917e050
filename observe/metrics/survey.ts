/** What only a walk through all pairs and proofs tells: made at leisure, at most a hundredth of the time. */
import { Problem } from "../problem.ts";
import type { Pace, Rest } from "../tables/pace.ts";
import type { ServerView } from "../view.ts";
import { OTHER } from "./series.ts";

/** Domains with series of their own, in the order in which they are hosted. */
const MOST_LOCALS = 100;
/** So many times its cost it rests: a million pairs are walked now and then, a few at every question. */
const REST = 100;
/** Whoever scrapes has little time: with very many pairs it gets what the walk before found. */
const PATIENCE_MS = 1000;

export interface Found {
  /** Open pairs, by `local`, `direction` and `prooftype`. */
  readonly pairs: ReadonlyMap<string, { readonly labels: PairLabels; count: number }>;
  readonly proofs: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch; null when no proof ends. */
  readonly earliestExpiry: number | null;
}

export interface PairLabels {
  readonly local: string;
  readonly direction: "in" | "out";
  readonly prooftype: string;
}

const NOTHING: Found = { pairs: new Map(), proofs: {}, earliestExpiry: null };

export class Survey {
  readonly #view: ServerView;
  readonly #pace: Pace;
  #found = NOTHING;
  #due = 0;
  #walking: Promise<void> | null = null;

  constructor(view: ServerView, pace: Pace) {
    this.#view = view;
    this.#pace = pace;
  }

  /** What the last walk found, before the first nothing; a new one when that is due, one for all who ask meanwhile. */
  async read(patienceMs: number = PATIENCE_MS): Promise<Found> {
    if (performance.now() >= this.#due) {
      this.#walking ??= this.#walk().finally(() => this.#walking = null);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, patienceMs);
      await Promise.race([this.#walking, late]).finally(() => clearTimeout(timer));
    }
    return this.#found;
  }

  async #walk(): Promise<void> {
    try {
      await this.#pace.run(async (rest) => {
        this.#found = await look(this.#view, rest);
        this.#due = performance.now() + REST * rest.usedMs;
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // too busy: what was found last stands
    }
  }
}

async function look(view: ServerView, rest: Rest): Promise<Found> {
  const locals = new Set<string>();
  for (const { name } of view.sources.domains.rows()) {
    if (locals.add(name).size >= MOST_LOCALS) break;
  }
  const pairs = new Map<string, { labels: PairLabels; count: number }>();
  for (const { local: name, prooftype, sends, receives } of view.openPairs()) {
    if (rest.due) await rest.take();
    const local = locals.has(name) ? name : OTHER;
    for (const direction of [...(sends ? ["out"] as const : []), ...(receives ? ["in"] as const : [])]) {
      const key = `${local} ${direction} ${prooftype}`;
      const known = pairs.get(key);
      if (known === undefined) pairs.set(key, { labels: { local, direction, prooftype }, count: 1 });
      else known.count++;
    }
  }
  const proofs: Record<string, number> = { held: 0, suspected: 0, postponed: 0 };
  let earliest = Infinity;
  for (const { state, expires } of view.sources.proofs.rows()) {
    if (rest.due) await rest.take();
    proofs[state] = (proofs[state] ?? 0) + 1;
    if (expires !== null && expires < earliest) earliest = expires;
  }
  return { pairs, proofs, earliestExpiry: earliest === Infinity ? null : earliest };
}
