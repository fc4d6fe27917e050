/** What machines do, as steps: states, edges, events, and that a broken observer costs the actor nothing. console.md 1.2. */
import assert from "node:assert/strict";
import { setup } from "xstate";
import type { Host } from "../../actors/host.ts";
import { actorOf } from "../../actors/start.ts";
import type { Move } from "../../facts/event.ts";
import { Recorder } from "../../observe/recorder.ts";

type Event = { type: "door.opened"; wide: boolean } | { type: "door.closed" } | { type: "nobody.cares" };

const machine = setup({
  types: { events: {} as Event, emitted: {} as { type: "say" }, input: {} as Record<string, never> },
  guards: { "is wide": ({ event }) => event.type === "door.opened" && event.wide },
  delays: { patience: 1000 },
}).createMachine({
  id: "a door",
  initial: "shut",
  states: {
    shut: {
      on: { "door.opened": [{ guard: "is wide", target: "open.wide" }, { target: "open" }] },
    },
    open: {
      initial: "ajar",
      states: { ajar: {}, wide: { id: "wide" } },
      on: { "door.closed": "gone" },
      after: { patience: "shut" },
    },
    gone: { type: "final" },
  },
});

function start(tell: (trace: Recorder | null, host: Host) => void = () => {}) {
  const timers: (() => void)[] = [];
  const clock = {
    now: () => 0,
    setTimeout: (fn: () => void) => timers.push(fn),
    clearTimeout: () => {},
  };
  const recorder = new Recorder(() => 0);
  const host: Host = { clock, random: () => 0, tell: () => {}, trace: recorder };
  tell(recorder, host);
  const actor = actorOf(machine, "the front door", { connection: "c-1" }, {}, () => {}, host, () => {});
  actor.start();
  const moves = () => recorder.trace({ connection: "c-1" })!.events.map(({ detail }) => detail as Move);
  return { actor, timers, recorder, moves };
}

Deno.test("inspection: each transition is a step with its edge, its event and the state after it", () => {
  const { actor, timers, moves } = start();
  actor.send({ type: "door.opened", wide: false });
  timers.at(-1)!();
  actor.send({ type: "nobody.cares" });
  actor.send({ type: "door.opened", wide: true });
  actor.send({ type: "door.closed" });
  assert.deepEqual(
    moves().map(({ on, from, to, edges, state }) => [on, from, to, edges, state]),
    [
      ["started", null, null, [], "shut"],
      ["door.opened", "shut", "open", ["shut|door.opened|1"], "open.ajar"],
      ["after patience", "open", "shut", ["open|after patience|0"], "shut"],
      ["door.opened", "shut", "open.wide", ["shut|door.opened|0"], "open.wide"],
      ["door.closed", "open", "gone", ["open|door.closed|0"], "gone"],
    ],
  );
  assert.deepEqual([moves()[0]!.machine, moves()[0]!.actor], ["a door", "the front door"]);
});

Deno.test("inspection: an exception in the recorder is counted and stops no actor (X9)", () => {
  const { actor, recorder } = start((recorder) => {
    recorder!.follow({ connection: "c-1" }, () => {
      throw new Error("a page's bug");
    });
  });
  actor.send({ type: "door.opened", wide: true });
  assert.deepEqual(actor.getSnapshot().value, { open: "wide" });
  assert.equal(recorder.failures, 2);
});

Deno.test("inspection: without a recorder no actor is inspected", () => {
  let inspected = 0;
  const { actor } = start((_, host) => {
    Object.assign(host, { trace: null });
    inspected = 1;
  });
  actor.send({ type: "door.opened", wide: true });
  const { system } = actor as unknown as { system: { inspect: unknown } };
  assert.ok(inspected === 1 && system.inspect !== undefined);
  assert.equal(actor.options.inspect, undefined);
});
