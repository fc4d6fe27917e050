import assert from "node:assert/strict";
import { Timers } from "../../wire/timers.ts";

/** What rang, in order, each with how long it had waited. */
function bell() {
  const timers = new Timers();
  const rung: { readonly name: string; readonly after: number }[] = [];
  const done = Promise.withResolvers<void>();
  const begun = performance.now();
  const set = (name: string, ms: number, then = () => {}) =>
    timers.set(() => {
      rung.push({ name, after: performance.now() - begun });
      then();
    }, ms);
  return { timers, rung, set, done, names: () => rung.map(({ name }) => name) };
}

Deno.test("deadlines ring in the order of their times, and none before its time", async () => {
  const { rung, set, done, names } = bell();
  // Further apart than a busy machine takes to set them all.
  const waits = [1200, 300, 900, 0, 600];
  for (const ms of waits) set(`${ms}`, ms, ms === 1200 ? done.resolve : undefined);
  await done.promise;
  assert.deepEqual(names(), ["0", "300", "600", "900", "1200"]);
  for (const { name, after } of rung) assert(after >= Number(name), `${name} ms rang after ${after} ms`);
});

Deno.test("what is taken back does not ring, not even by one that rings with it", async () => {
  const { timers, set, done, names } = bell();
  const early = set("early", 1);
  timers.clear(early);
  timers.clear(early); // twice, and what never was
  timers.clear(undefined);
  // All in one moment: deadlines of 500 ms meet in grains of 8 ms.
  const ids: unknown[] = [];
  for (const name of ["first", "second", "third"]) {
    ids.push(set(name, 500, () => ids.forEach((id) => timers.clear(id))));
  }
  set("last", 600, done.resolve);
  await done.promise;
  assert.equal(names().filter((name) => name !== "last").length, 1, names().join());
});

Deno.test("what is late is taken back by what rings before it, and the others ring still", async () => {
  const { timers, set, done, names } = bell();
  const ids: unknown[] = [];
  set("first", 1, () => ids.forEach((id) => timers.clear(id)));
  for (const ms of [3, 5, 7]) ids.push(set(`${ms}`, ms));
  set("last", 9, done.resolve);
  for (const until = performance.now() + 20; performance.now() < until;); // all of them are due at once
  await done.promise;
  assert.deepEqual(names(), ["first", "last"]);
});

Deno.test("a nearer deadline set later rings first, and one set while others ring has its own time", async () => {
  const { set, done, names } = bell();
  set("far", 2000, done.resolve);
  set("near", 10, () => set("next", 10));
  await done.promise;
  assert.deepEqual(names(), ["near", "next", "far"]);
});

Deno.test("thousands of deadlines that are taken back leave no timer of the runtime behind", () => {
  const timers = new Timers();
  const ids = Array.from({ length: 10_000 }, (_, n) => timers.set(() => {}, n * 997));
  // The test runner's own count of timers fails this test when one is left.
  for (const id of ids) timers.clear(id);
});

Deno.test("a wait longer than the runtime's longest does not ring at once", async () => {
  const { timers, set, done, names } = bell();
  const far = set("far", 40 * 86_400_000);
  set("near", 30, done.resolve);
  await done.promise;
  assert.deepEqual(names(), ["near"]);
  timers.clear(far);
});

Deno.test("a deadline without end, or that is no number, does not make the one timer ring for ever", async () => {
  const timers = new Timers();
  const never = timers.set(() => assert.fail("it rang"), Infinity);
  await new Promise<void>((rang) => timers.set(rang, NaN));
  const { setTimeout: real } = globalThis;
  let waits = 0;
  try {
    globalThis.setTimeout = ((...given: Parameters<typeof setTimeout>) => {
      waits++;
      return real(...given);
    }) as typeof setTimeout;
    await new Promise<void>((rang) => timers.set(rang, 50));
  } finally {
    globalThis.setTimeout = real;
  }
  timers.clear(never);
  assert.ok(waits <= 5, `${waits} waits of the one timer`);
});
