import assert from "node:assert/strict";
import { capped } from "../../machines/delay.ts";

Deno.test("delay: what a timer cannot hold becomes the longest that it can", () => {
  assert.equal(capped(25 * 86_400_000), 2 ** 31 - 1);
  assert.equal(capped(Infinity), 2 ** 31 - 1);
  assert.equal(capped(1000), 1000);
});

Deno.test("delay: what is past or no number at all is now", () => {
  assert.deepEqual([capped(0), capped(-5), capped(NaN)], [0, 0, 0]);
});
