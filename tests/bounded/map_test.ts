import assert from "node:assert/strict";
import { BoundedMap } from "../../bounded/map.ts";

Deno.test("a full map forgets whatever was set longest ago, through deletions and what is set again", () => {
  const capacity = 7;
  const map = new BoundedMap<number, number>(capacity);
  let expected: number[] = [];
  let seed = 1;
  const chance = (of: number) => (seed = (seed * 48_271) % 2_147_483_647) % of;
  for (let n = 0; n < 20_000; n++) {
    const key = chance(20);
    expected = expected.filter((other) => other !== key);
    if (chance(4) === 0) map.delete(key);
    else {
      map.set(key, n);
      expected = [...expected, key].slice(-capacity);
    }
    assert.deepEqual([...map].map(([key]) => key), expected);
  }
});
