/** What happened on a connection or to a pair: loaded once, then followed; and how things stood after each event. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EventList, EventRow, Topic } from "../../../observe/contract.ts";
import type { Move } from "../../../facts/event.ts";
import { get } from "../api.ts";
import { FIRST } from "../trace_reading.ts";
import { revived, subscribe } from "../socket.ts";

/** The page keeps no more: who looks for hours sees the last ones. */
const MOST = 600;

export interface Trace {
  readonly events: readonly EventRow[];
  readonly error: unknown;
  readonly loaded: boolean;
  /** Events that the server let go between the first and the last ones. */
  readonly left: number;
  readonly ended: boolean;
  /** Why there is a hole in what was followed. */
  readonly hole: "restart" | "cut" | "slow" | null;
}

const NOTHING: Trace = { events: [], error: null, loaded: false, left: 0, ended: false, hole: null };

/** @param path `/connections/c-1/events`. */
export function useTrace(path: string, topic: Topic & `trace:${string}`): Trace {
  const [trace, setTrace] = useState<Trace>(NOTHING);
  const latest = useRef(NOTHING);
  const epoch = useRef("");
  const back = revived.value;
  useEffect(() => {
    let stopped = false;
    const put = (next: Trace) => {
      latest.current = next;
      if (!stopped) setTrace(next);
    };
    const load = async (hole: Trace["hole"]) => {
      try {
        const { events, left, ended, epoch: start } = await get<EventList>(path);
        const restarted = epoch.current !== "" && epoch.current !== start;
        epoch.current = start;
        // Asked at the end: another start may have been seen meanwhile.
        const known = hole ?? latest.current.hole;
        put({ events, left, ended, error: null, loaded: true, hole: restarted ? "restart" : known });
      } catch (error) {
        const gone = latest.current.loaded;
        // What was seen stays readable when the server is away, or was started anew.
        put({
          ...latest.current,
          error: gone ? null : error,
          loaded: true,
          hole: gone && back > 0 ? "restart" : hole,
        });
      }
    };
    const frame = () => {
      const last = latest.current.events.at(-1);
      return { sub: topic, ...(last === undefined ? {} : { after: `${epoch.current}-${last.seq}` }) };
    };
    let stop = () => {};
    void load(null).then(() => {
      if (stopped) return;
      stop = subscribe(topic, frame, (heard) => {
        if (heard.op === "tick") void load(null);
        else if (heard.op === "resync") void load(heard.why);
        else if (heard.op === "event") put(appended(latest.current, heard.data));
      });
    });
    return () => {
      stopped = true;
      stop();
    };
  }, [path, topic, back]);
  return trace;
}

function appended(trace: Trace, event: EventRow): Trace {
  const last = trace.events.at(-1);
  if (last !== undefined && event.seq <= last.seq) return trace;
  const events = [...trace.events, event];
  return {
    ...trace,
    events: events.length > MOST ? [...events.slice(0, FIRST), ...events.slice(-(MOST - 2 * FIRST))] : events,
  };
}

/** One machine's actor in a trace. */
export interface Actor {
  readonly id: string;
  /** `outbound_stream`. */
  readonly machine: string;
  readonly moves: readonly (Move & { readonly at: number })[];
}

/** The actors in the order in which they began; `at` is the index of the event. */
export function actorsOf(events: readonly EventRow[]): Actor[] {
  const actors = new Map<string, Actor & { moves: (Move & { at: number })[] }>();
  for (const [at, event] of events.entries()) {
    if (event.type !== "machine.moved") continue;
    const move = event.detail as unknown as Move;
    const actor = actors.get(move.actor) ??
      { id: move.actor, machine: move.machine.replaceAll(" ", "_"), moves: [] };
    actor.moves.push({ ...move, at });
    actors.set(move.actor, actor);
  }
  return [...actors.values()];
}

/** How an actor stands after the event at an index. */
export interface Standing {
  readonly state: string | null;
  /** Keys of the transitions of its last step. */
  readonly hot: ReadonlySet<string>;
  readonly walked: ReadonlySet<string>;
  readonly visited: ReadonlySet<string>;
}

export function standingOf({ moves }: Actor, upTo: number): Standing {
  const before = moves.filter(({ at }) => at <= upTo);
  const walked = new Set(before.flatMap(({ edges }) => edges));
  const visited = new Set<string>();
  for (const { state } of before) {
    for (const leaf of leaves(state)) for (const path of ancestry(leaf)) visited.add(path);
  }
  const last = before.at(-1);
  return { state: last?.state ?? null, hot: new Set(last?.edges ?? []), walked, visited };
}

/** Several in a machine with regions. */
export const leaves = (state: string): string[] => state.split(/[ ,+]+/).filter((leaf) => leaf !== "");

/** A state and all that hold it. */
export function ancestry(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, at) => parts.slice(0, at + 1).join("."));
}

export function useActors(events: readonly EventRow[]): Actor[] {
  return useMemo(() => actorsOf(events), [events]);
}
