/** What every machine of ours is like: it waits with a deadline, it ends, everything has a name (style.md rules 8 to 12). */
import assert from "node:assert/strict";
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from "xstate";
import { broken, endsInTime, reachable, runningTimers, type World } from "./explore.ts";
import { ANSWERING, ASKING, COMPONENT, LENIENT, OUTBOUND, PROOF, ROUTE, VERIFYING } from "./worlds.ts";

const STREAMS = [OUTBOUND, LENIENT, COMPONENT] as World<AnyStateMachine>[];
const ALL = [...STREAMS, ASKING, ANSWERING, VERIFYING, PROOF, ROUTE] as World<AnyStateMachine>[];

/** States that are no waits: they last as long as what they rest on, which ends by an event. */
const LASTING: Record<string, string> = {
  "component stream": "attached",
  "assertion out": "authorised",
  "route": "authorised",
};
const lasts = (machine: AnyStateMachine, snapshot: AnyMachineSnapshot) =>
  LASTING[machine.id] !== undefined && snapshot.matches(LASTING[machine.id]!);

/** What the shell says when it is asked and nothing happens any more. */
const ANSWERS: Record<string, AnyEventObject> = {
  "check idle": { type: "close.requested", cause: "stream.idle" },
};

const words = (snapshot: AnyMachineSnapshot) => JSON.stringify(snapshot.value);

// deno-lint-ignore no-explicit-any
type Sabotage = (config: any) => void;

/** Runs `check` over a machine, which keeps it, and over one that was broken, which must not. */
function shape(what: string, world: World<AnyStateMachine>, check: Check, sabotage: Sabotage): void {
  Deno.test(`shape, ${world.machine.id}: ${what}`, () => {
    assert.deepEqual(check(world), []);
    assert.notDeepEqual(check(broken(world, sabotage)), [], "the check did not see what was broken");
  });
}

/** What is wrong with a machine. */
type Check = (world: World<AnyStateMachine>) => string[];

const withoutDeadline: Check = (world) =>
  reachable(world)
    .filter((at) => at.status === "active" && !lasts(world.machine, at))
    .filter((at) => Object.keys(runningTimers(world.machine, at)).length === 0)
    .map(words);

const impossibleTimers: Check = (world) =>
  reachable(world).flatMap((at) =>
    Object.entries(runningTimers(world.machine, at))
      .filter(([, ms]) => !(ms >= 0 && ms <= 2 ** 31 - 1))
      .map(([name, ms]) => `${name}: ${ms}`)
  );

const withoutEnd: Check = (world) =>
  reachable(world)
    .filter((at) => !lasts(world.machine, at) && !endsInTime(world, at, ANSWERS))
    .map(words);

const neverReached: Check = (world) => {
  const reached = new Set(reachable(world).flatMap((at) => at._nodes.map(({ id }) => id)));
  return leaves(world.machine.root).map(({ id }) => id).filter((id) => !reached.has(id));
};

const wronglyTagged: Check = (world) =>
  reachable(world)
    .filter((at) => at.tags.size !== (world.machine.id === "route" && at.status === "done" ? 0 : 1))
    .map(words);

function leaves(node: AnyStateNode): AnyStateNode[] {
  const inner = Object.values(node.states);
  return inner.length === 0 ? [node] : inner.flatMap(leaves);
}

/** Functions inside, names that nobody declared, "*". */
const nameless: Check = ({ machine }) => {
  const { actions, guards, delays } = machine.implementations;
  return nodes(machine.root).flatMap(({ id, config, after }) => {
    const rows = [...Object.values(config.on ?? {}), ...Object.values(config.after ?? {})].flat()
      .filter((row) => typeof row === "object");
    const used = [
      ...[config.entry, config.exit, ...rows.map((row) => row.actions)].flat()
        .filter((action) => action !== undefined).map((action) => [action, actions]),
      ...rows.filter((row) => row.guard !== undefined).map((row) => [row.guard, guards]),
      ...after.map(({ delay }) => [delay, delays]),
    ];
    const wrong = used.map(([use, declared]) => [typeof use === "object" ? use.type : use, declared])
      .filter(([name, declared]) => typeof name !== "string" || !Object.hasOwn(declared, name))
      .map(([name]) => `${id}: ${name}`);
    return "*" in (config.on ?? {}) ? [...wrong, `${id}: *`] : wrong;
  });
};

function nodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodes)];
}

/** The first wait of each machine, and the way to it in its configuration. */
// deno-lint-ignore no-explicit-any
const firstWait = (config: any) => config.states[config.initial];

for (const world of ALL) {
  const first = world.machine.config.initial as string;
  shape("every wait has a deadline", world, withoutDeadline, (config) => {
    delete firstWait(config).after;
    // deno-lint-ignore no-explicit-any
    for (const child of Object.values<any>(firstWait(config).states ?? {})) delete child.after;
  });
  shape("it ends by time alone, whatever happened before", world, withoutEnd, (config) => {
    config.states[first].after = {};
    // deno-lint-ignore no-explicit-any
    for (const child of Object.values<any>(config.states[first].states ?? {})) child.after = {};
  });
  shape("every state is reached", world, neverReached, (config) => {
    config.states.forgotten = {};
  });
  shape("everything has a declared name", world, nameless, (config) => {
    firstWait(config).on = { ...firstWait(config).on, "*": first };
  });
  Deno.test(`shape, ${world.machine.id}: no timer is longer than a timer can be`, () => {
    assert.deepEqual(impossibleTimers(world), []);
  });
}

for (const world of [...STREAMS, ROUTE] as World<AnyStateMachine>[]) {
  shape("every state has the one name that the API shows", world, wronglyTagged, (config) => {
    firstWait(config).tags = ["connecting", "closing"];
  });
}

Deno.test("shape: timers are capped even where the configuration asks for years", () => {
  const year = 400 * 86_400_000;
  const timers = { ...ROUTE.input.timers, attemptTimeoutMs: year, negativePairMs: year, keepMs: year };
  // A copy, for what was found of a machine is remembered with its input.
  const world = { ...broken(ROUTE, () => {}), input: { timers } } as unknown as World<AnyStateMachine>;
  assert.deepEqual(impossibleTimers(world), []);
  assert.equal(runningTimers(world.machine, reachable(world)[0]!).attempt, 2 ** 31 - 1);
});

Deno.test("shape: an inline action is seen", () => {
  const bad = broken(ASKING as unknown as World<AnyStateMachine>, (config) => {
    config.states.waiting.on["turn.came"].actions = () => {};
  });
  assert.equal(nameless(bad).length, 1);
});
