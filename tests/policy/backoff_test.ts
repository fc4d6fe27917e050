import assert from "node:assert/strict";
import { deniedBackoffMs, reconnectBackoffMs } from "../../policy/backoff.ts";

const MINUTE = 60_000;

Deno.test("backoff: after denials 60 s, 2 min, 4 min .. 1 h", () => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((denials) => deniedBackoffMs(denials, 0.5) / MINUTE);
  assert.deepEqual(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

Deno.test("backoff: each by up to 25 % more or less", () => {
  assert.equal(deniedBackoffMs(1, 0), 45_000);
  assert.equal(deniedBackoffMs(1, 1), 75_000);
});

Deno.test("backoff: a lone loss reconnects at once, a widespread one within a minute", () => {
  assert.equal(reconnectBackoffMs(0, false, 300_000, 0.9), 0);
  assert.equal(reconnectBackoffMs(0, true, 300_000, 0.5), 30_000);
});

Deno.test("backoff: then doubling with full jitter, capped", () => {
  const upper = [1, 2, 3, 8, 9, 1000].map((failures) => reconnectBackoffMs(failures, false, 300_000, 1));
  assert.deepEqual(upper, [2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  assert.equal(reconnectBackoffMs(5, false, 300_000, 0), 0);
});
