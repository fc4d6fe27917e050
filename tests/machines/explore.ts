/** All paths through a machine, by its pure transition function (style.md rule 25). */
import assert from "node:assert/strict";
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createMachine,
  type EventFromLogic,
  initialTransition,
  type InputFrom,
  transition,
} from "xstate";
import { emitted, timerEvents } from "./trace.ts";

/** A machine with what may happen to it; timers are added by themselves. */
export interface World<M extends AnyStateMachine> {
  readonly machine: M;
  readonly input: InputFrom<M>;
  readonly events: readonly EventFromLogic<M>[];
}

/** One transition. `before` is null for the start. */
export interface Step {
  readonly event: AnyEventObject;
  readonly before: AnyMachineSnapshot | null;
  readonly after: AnyMachineSnapshot;
  readonly effects: readonly AnyEventObject[];
}

export class Violation {
  constructor(readonly text: string) {}
}

/** A property of paths: it remembers what it must of the path so far, and objects. Its memory must be small. */
export interface Law<Memory> {
  readonly start: Memory;
  step(memory: Memory, step: Step): Memory | Violation;
}

/** Counters that only lengthen a delay would make the walk endless. */
const COUNTERS = new Set(["timers", "failures"]);
const MOST_STATES = 20_000;

const keyOf = (snapshot: AnyMachineSnapshot, memory: unknown): string =>
  JSON.stringify(
    [snapshot.value, Object.entries(snapshot.context).filter(([name]) => !COUNTERS.has(name)), memory],
  );

/** Walks every path; returns the first one that breaks the law, in words, or null. */
export function breach<M extends AnyStateMachine, Memory>(world: World<M>, law: Law<Memory>): string | null {
  const [initial, actions] = start(world);
  const first = { event: { type: "start" }, before: null, after: initial, effects: emitted(actions) };
  const begun = law.step(law.start, first);
  if (begun instanceof Violation) return begun.text;
  const seen = new Set([keyOf(initial, begun)]);
  const open = [{ snapshot: initial, memory: begun, path: [] as string[] }];
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    const { snapshot, memory, path } = node;
    for (const step of stepsFrom(world, snapshot)) {
      const next = law.step(memory, step);
      const way = [...path, step.event.type];
      if (next instanceof Violation) return `${next.text}: ${way.join(", ")}`;
      const key = keyOf(step.after, next);
      if (seen.has(key)) continue;
      seen.add(key);
      assert.ok(seen.size < MOST_STATES, "the walk does not end");
      open.push({ snapshot: step.after, memory: next, path: way });
    }
  }
  return null;
}

/** Every state that any path reaches. */
export function reachable<M extends AnyStateMachine>(world: World<M>): AnyMachineSnapshot[] {
  const found = new Map<string, AnyMachineSnapshot>();
  const collector: Law<null> = {
    start: null,
    step: (_, { after }) => {
      found.set(keyOf(after, null), after);
      return null;
    },
  };
  assert.equal(breach(world, collector), null);
  return [...found.values()];
}

/** Whether a final state can be reached from `snapshot` by timers alone; a question is answered as `answers` says. */
export function endsInTime<M extends AnyStateMachine>(
  world: World<M>,
  snapshot: AnyMachineSnapshot,
  answers: Readonly<Record<string, AnyEventObject>>,
): boolean {
  const seen = new Set([keyOf(snapshot, null)]);
  const open = [snapshot];
  for (let here = open.shift(); here !== undefined; here = open.shift()) {
    if (here.status === "done") return true;
    for (const { event, after, effects } of stepsFrom(world, here)) {
      if (!event.type.startsWith("xstate.after.")) continue;
      const answer = effects.map(({ type }) => answers[type]).find((event) => event !== undefined);
      const there = answer === undefined ? after : take(world.machine, after, answer).after;
      if (seen.has(keyOf(there, null))) continue;
      seen.add(keyOf(there, null));
      open.push(there);
    }
  }
  return false;
}

/** The timers that run in this state, by name, in ms. */
export function runningTimers(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
): Record<string, number> {
  const names = snapshot._nodes.flatMap((node) => node.after.map(({ delay }) => String(delay)));
  const delays = machine.implementations.delays as Record<string, (args: unknown) => number>;
  return Object.fromEntries(
    names.map((name) => [name, delays[name]!({ context: snapshot.context, event: { type: "start" } })]),
  );
}

/** Plain objects and lists with functions as leaves: what a machine's configuration is made of. */
// deno-lint-ignore no-explicit-any
type Tree = any;

/** A machine that differs in what `change` does to its configuration: to show that a law can be broken. */
export function broken<M extends AnyStateMachine>(world: World<M>, change: (config: Tree) => void): World<M> {
  const config = copy(world.machine.config);
  change(config);
  const machine = createMachine(config, world.machine.implementations as never) as unknown as M;
  return { ...world, machine };
}

function copy(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(copy);
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, copy(value)]));
}

function start<M extends AnyStateMachine>({ machine, input }: World<M>): [AnyMachineSnapshot, unknown[]] {
  return initialTransition(machine, input) as unknown as [AnyMachineSnapshot, unknown[]];
}

function take(machine: AnyStateMachine, before: AnyMachineSnapshot, event: AnyEventObject): Step {
  const [after, actions] = transition(machine, before as never, event as never);
  return { event, before, after: after as unknown as AnyMachineSnapshot, effects: emitted(actions) };
}

/** Every law asks for the same steps, and each costs a throw-away actor. */
const taken = new WeakMap<AnyStateMachine, WeakMap<object, Map<string, readonly Step[]>>>();

function stepsFrom<M extends AnyStateMachine>(
  { machine, events }: World<M>,
  snapshot: AnyMachineSnapshot,
): readonly Step[] {
  if (snapshot.status !== "active") return [];
  const worlds = taken.get(machine) ?? new WeakMap<object, Map<string, readonly Step[]>>();
  taken.set(machine, worlds);
  const known = worlds.get(events) ?? new Map<string, readonly Step[]>();
  worlds.set(events, known);
  const key = keyOf(snapshot, null);
  const steps = known.get(key) ??
    [...events as readonly AnyEventObject[], ...timerEvents(snapshot)].map((event) =>
      take(machine, snapshot, event)
    );
  known.set(key, steps);
  return steps;
}
