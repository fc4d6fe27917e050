/** How many actors sit in which state of which machine: walked at leisure, for the page's heat map and a metric. console.md 2.2. */
import type { ActorState } from "./contract.ts";
import { Leisure } from "./leisure.ts";
import type { Pace, Rest } from "./tables/pace.ts";
import type { ServerView } from "./view.ts";

/** As the last walk found it, the most first; where nobody is, is left out. */
export class Population extends Leisure<readonly ActorState[]> {
  constructor(view: ServerView, pace: Pace) {
    super(pace, [], (rest) => counted(view, rest));
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
