import assert from "node:assert/strict";
import { BoundedMap } from "../../bounded/map.ts";

Deno.test("a full map forgets whatever was set longest ago, and says so, through deletions and what is set again", () => {
  const capacity = 7;
  const left: [number, number][] = [];
  const map = new BoundedMap<number, number>(capacity, (value, key) => {
    assert.equal(map.get(key), undefined, "it is told when it has left");
    left.push([key, value]);
  });
  let expected: [number, number][] = [];
  const leaving: [number, number][] = [];
  let seed = 1;
  const chance = (of: number) => (seed = (seed * 48_271) % 2_147_483_647) % of;
  for (let n = 0; n < 20_000; n++) {
    const key = chance(20);
    expected = expected.filter(([other]) => other !== key);
    if (chance(4) === 0) map.delete(key);
    else {
      map.set(key, n);
      expected.push([key, n]);
      leaving.push(...expected.splice(0, expected.length - capacity));
    }
    assert.deepEqual([...map], expected);
    assert.deepEqual([...map.values()], expected.map(([, value]) => value));
  }
  assert.deepEqual(left, leaving);
  assert.ok(left.length > 1000);
});
