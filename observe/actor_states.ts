/** How many actors sit in which state: the heat map of the page, and a metric. */
import type { ActorState } from "./contract.ts";
import type { LiveConnection, Source } from "./live.ts";

export function actorStates(
  connections: Iterable<LiveConnection>,
  routes: ReturnType<Source<unknown>["counted"]>,
): ActorState[] {
  const counts = new Map<string, ActorState>();
  const add = (machine: string, state: string, count = 1) => {
    const key = `${machine} ${state}`;
    counts.set(key, { machine, state, count: (counts.get(key)?.count ?? 0) + count });
  };
  for (const { direction, machine } of connections) {
    add(direction === "in" ? "inbound_stream" : "outbound_stream", machine);
  }
  for (const [name, count] of Object.entries(routes.state ?? {})) if (count > 0) add("route", name, count);
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
