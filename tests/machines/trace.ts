/** Traces: event in, state after, effects out, through the pure transition function (style.md rule 24). */
import assert from "node:assert/strict";
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EmittedFrom,
  type EventFromLogic,
  initialTransition,
  type InputFrom,
  transition,
} from "xstate";

/** A timer that ran out: the name of the delay. The one timer of that name that is running fires. */
export interface Elapsed {
  readonly after: string;
}

/** One line of a trace: the event in, the state after it, then every effect out, in order. */
export type Line<M extends AnyStateMachine> = readonly [
  event: EventFromLogic<M> | Elapsed,
  state: unknown,
  ...effects: EmittedFrom<M>[],
];

/** Plays a trace through `machine`, checking every line; returns the last snapshot. */
export function playTrace<M extends AnyStateMachine>(
  machine: M,
  lines: readonly Line<M>[],
  input?: InputFrom<M>,
): AnyMachineSnapshot {
  let [snapshot] = initialTransition(machine, input as InputFrom<M>) as unknown as [AnyMachineSnapshot];
  for (const [n, [event, state, ...effects]] of lines.entries()) {
    const actual = "after" in event ? timerEvent(snapshot, event.after) : event as AnyEventObject;
    const [next, actions] = transition(machine, snapshot as never, actual as never);
    const after = next as unknown as AnyMachineSnapshot;
    assert.deepEqual(
      [after.value, ...emitted(actions)],
      [state, ...effects],
      `line ${n + 1}: ${actual.type}`,
    );
    snapshot = after;
  }
  return snapshot;
}

/** The effects of the entry into the initial state. */
export function effectsAtStart<M extends AnyStateMachine>(machine: M, input: InputFrom<M>): unknown[] {
  return emitted(initialTransition(machine, input)[1]);
}

/** The events that stand for the timers now running, by the names of their delays. */
export function timerEvents(snapshot: AnyMachineSnapshot): AnyEventObject[] {
  if (snapshot.status !== "active") return [];
  return snapshot._nodes.flatMap((node) =>
    node.after.map(({ delay }) => ({ type: `xstate.after.${delay}.${node.id}` }))
  ).filter((event, n, all) => all.findIndex(({ type }) => type === event.type) === n);
}

function timerEvent(snapshot: AnyMachineSnapshot, delay: string): AnyEventObject {
  const running = timerEvents(snapshot).filter(({ type }) => type.startsWith(`xstate.after.${delay}.`));
  assert.equal(running.length, 1, `timers named ${delay} in ${JSON.stringify(snapshot.value)}`);
  return running[0]!;
}

// ExecutableActionsFrom leaves xstate.emit out of its union (xstate 5.33), hence the cast.
export function emitted(actions: readonly unknown[]): AnyEventObject[] {
  return (actions as { type: string; params?: { event: AnyEventObject } }[])
    .filter((action) => action.type === "xstate.emit")
    .map((action) => action.params!.event);
}
