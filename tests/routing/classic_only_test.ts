import assert from "node:assert/strict";
import { ClassicOnly } from "../../routing/classic_only.ts";

Deno.test("DNA-62: a machine is remembered until its time is over", () => {
  const cache = new ClassicOnly();
  cache.add("a:5269", 100);
  assert.deepEqual([cache.has("a:5269", 99), cache.has("b:5269", 99)], [true, false]);
  assert.deepEqual([cache.has("a:5269", 100), cache.size], [false, 0]);
});

Deno.test("DNA-63: it is forgotten when it says that it knows better", () => {
  const cache = new ClassicOnly();
  cache.add("a:5269", 100);
  cache.remove("a:5269");
  assert.equal(cache.has("a:5269", 0), false);
});

Deno.test("when full it forgets the oldest", () => {
  const cache = new ClassicOnly(2);
  for (const machine of ["a", "b", "a", "c"]) cache.add(machine, 100);
  assert.deepEqual(["a", "b", "c"].map((machine) => cache.has(machine, 0)), [true, false, true]);
});
