/** What only a walk through all pairs and proofs tells: made at leisure, at most a hundredth of the time. */
import { Leisure } from "../leisure.ts";
import type { Pace, Rest } from "../tables/pace.ts";
import type { ServerView } from "../view.ts";
import { OTHER } from "./series.ts";

/** Domains with series of their own, in the order in which they are hosted. */
const MOST_LOCALS = 100;
/** Of our own certificates. */
const MOST_CERTIFICATES = 100;

export interface Found {
  /** Open pairs, by `local`, `direction` and `prooftype`. */
  readonly pairs: ReadonlyMap<string, { readonly labels: PairLabels; count: number }>;
  readonly proofs: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch; null when no proof ends. */
  readonly earliestExpiry: number | null;
  /** Ours, when the first of each name ends: of those that end first. */
  readonly certificates: ReadonlyMap<string, number>;
}

export interface PairLabels {
  readonly local: string;
  readonly direction: "in" | "out";
  readonly prooftype: string;
}

const NOTHING: Found = { pairs: new Map(), proofs: {}, earliestExpiry: null, certificates: new Map() };

export class Survey extends Leisure<Found> {
  constructor(view: ServerView, pace: Pace) {
    super(pace, NOTHING, (rest) => look(view, rest));
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
  return {
    pairs,
    proofs,
    earliestExpiry: earliest === Infinity ? null : earliest,
    certificates: await firstToEnd(view, rest),
  };
}

async function firstToEnd(view: ServerView, rest: Rest): Promise<Map<string, number>> {
  let ends = new Map<string, number>();
  for (const { names: [local = ""], notAfter } of view.certificates()) {
    if (rest.due) await rest.take();
    ends.set(local, Math.min(notAfter, ends.get(local) ?? Infinity));
    // However many there are: who is out here has a hundred before it, and stays out.
    if (ends.size >= 10 * MOST_CERTIFICATES) ends = soonest(ends);
  }
  return soonest(ends);
}

const soonest = (ends: ReadonlyMap<string, number>) =>
  new Map([...ends].sort(([, a], [, b]) => a - b).slice(0, MOST_CERTIFICATES));
