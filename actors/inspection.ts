/**
 * What machines do, as steps of a trace: the only use of xstate's inspection, and of what is underscored in it.
 * It keeps codes and never a snapshot. console.md 0 (findings 7, 10), 1.2.
 */
import type { AnyActor, AnyStateMachine, InspectionEvent, SnapshotFrom, StateNode } from "xstate";
import type { Move } from "../facts/event.ts";
import type { Tracer } from "../observe/recorder.ts";
import { stateOf } from "./state_of.ts";

/** An edge that was taken, as xstate 5 has it. */
interface Taken {
  readonly source: StateNode;
  /** None: it acts and stays. */
  readonly target?: readonly StateNode[];
  readonly eventType: string;
}

interface Microstep {
  readonly _transitions: readonly Taken[];
  readonly snapshot: SnapshotFrom<AnyStateMachine>;
}

/** What an edge is called; edges are the machines' own, so there are few. */
interface Edge {
  readonly code: string;
  readonly from: string;
  readonly to: string | null;
  readonly on: string;
}

const edges = new WeakMap<Taken, Edge>();

/** What a machine tells of itself while somebody inspects it, before xstate copies it for each who does. */
type Told = DistributiveOmit<InspectionEvent, "rootId">;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * Listens to one root actor that is not started yet, in the place of xstate's `inspect`: that copies every event for observers, some twenty for
 * one request, of which we want three. An exception here would reach the actor: the tracer lets none out.
 */
export function inspect(root: AnyActor, tracer: Tracer, machine: AnyStateMachine, actor: string): void {
  const system = root.system as unknown as { _sendInspectionEvent: (event: Told) => void };
  system._sendInspectionEvent = (event) => {
    if (event.type === "@xstate.microstep") {
      const { _transitions: taken, snapshot } = event as unknown as Microstep;
      if (taken.length === 0 || !tracer.wants()) return; // Nobody listened to the event; or nobody to us.
      tracer.keep(() => ({
        type: "machine.moved",
        detail: moved(machine.id, actor, taken, stateOf(snapshot.value)),
      }));
    } else if (event.type === "@xstate.snapshot" && event.event.type === "xstate.init") {
      const { value } = event.snapshot as SnapshotFrom<AnyStateMachine>;
      tracer.step(() => ({ type: "machine.moved", detail: started(machine.id, actor, stateOf(value)) }));
    }
  };
}

function started(machine: string, actor: string, state: string): Move {
  return { machine, actor, on: "started", from: null, to: null, edges: [], state };
}

function moved(machine: string, actor: string, taken: readonly Taken[], state: string): Move {
  const all = taken.map(edgeOf);
  const { on, from, to } = all[0]!;
  return { machine, actor, on, from, to, edges: all.map(({ code }) => code), state };
}

function edgeOf(taken: Taken): Edge {
  const known = edges.get(taken);
  if (known !== undefined) return known;
  const { source, target, eventType } = taken;
  const [on, from] = [eventName(eventType, source.id), source.path.join(".")];
  const to = target?.map(({ path }) => path.join(".")).join(" ") ?? null;
  const alternatives: readonly unknown[] = source.transitions.get(eventType) ?? source.always ?? [];
  const edge = { code: `${from}|${on}|${alternatives.indexOf(taken)}`, from, to, on };
  edges.set(taken, edge);
  return edge;
}

/** `xstate.after.DELAY.STATE` is a timer; what has no event happens by itself. */
function eventName(type: string, source: string): string {
  if (type === "") return "always";
  const [, timer] = /^xstate\.after\.(.*)$/s.exec(type) ?? [];
  if (timer === undefined) return type;
  return `after ${timer.endsWith(`.${source}`) ? timer.slice(0, -source.length - 1) : timer}`;
}
