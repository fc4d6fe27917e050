import assert from "node:assert/strict";
import { askAt } from "../../policy/asking.ts";

const LIMITS = { smUnackedStanzas: 5000, smUnackedBytes: 16_000_000 };
const at = (stanzas: number, bytes: number, since: number | null, askedAt: number, now = 10_000) =>
  askAt({ now, stanzas, bytes, since, askedAt }, LIMITS);

Deno.test("8.1: nothing unacknowledged, nothing asked", () => assert.equal(at(0, 0, null, 0), null));

Deno.test("8.1: fewer than five stanzas are asked for after two seconds", () => {
  assert.equal(at(4, 400, 10_000, 0), 12_000);
  assert.equal(at(4, 15_999_999, 10_000, 9_999), 12_000);
});

Deno.test("8.1: five stanzas at once when the last question is 20 ms old, else as soon as it is", () => {
  assert.equal(at(5, 500, 10_000, 9_980), "now");
  assert.equal(at(5, 500, 10_000, 9_981), 10_001);
  assert.equal(at(600, 60_000, 10_000, 10_000), 10_020);
});

Deno.test("8.1: at once when half of the window waits, by stanzas or by bytes", () => {
  assert.equal(at(2499, 1, 10_000, 10_000), 10_020);
  assert.equal(at(2500, 1, 10_000, 10_000), "now");
  const small = { smUnackedStanzas: 5000, smUnackedBytes: 65_536 };
  const waiting = { now: 10_000, stanzas: 5, since: 10_000, askedAt: 10_000 };
  assert.equal(askAt({ ...waiting, bytes: 32_767 }, small), 10_020);
  assert.equal(askAt({ ...waiting, bytes: 32_768 }, small), "now");
});

Deno.test("8.1: at once when what waits is more than a cache keeps, however large the window", () => {
  assert.equal(at(5, 262_143, 10_000, 10_000), 10_020);
  assert.equal(at(5, 262_144, 10_000, 10_000), "now");
});

Deno.test("8.1: never later than two seconds after the oldest was written", () => {
  assert.equal(at(5, 500, 10_000, 11_995, 11_999), 12_000);
});
