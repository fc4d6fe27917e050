import assert from "node:assert/strict";
import { type LivenessTimers, look, type Quiet } from "../../policy/liveness.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE;
const TIMERS: LivenessTimers = { idleTimeoutMs: HOUR, idleCheckMs: 5 * MINUTE, peerIdleMs: null };
const QUIET: Quiet = {
  now: 10 * HOUR,
  readAt: 10 * HOUR,
  wroteAt: 10 * HOUR,
  stanzaAt: 10 * HOUR,
  checkedAt: 0,
  pending: false,
  initiating: true,
  asks: true,
};
const ago = (ms: number) => QUIET.now - ms;

const CASES: Record<
  string,
  [quiet: Partial<Quiet>, timers: Partial<LivenessTimers>, act: string, left: number]
> = {
  "just used: in five minutes": [{}, {}, "nothing", 5 * MINUTE],
  "the peer was silent for five minutes": [{ readAt: ago(5 * MINUTE) }, {}, "ask", 5 * MINUTE],
  "not more often than every five minutes": [
    { readAt: ago(HOUR), checkedAt: ago(4 * MINUTE) },
    {},
    "nothing",
    MINUTE,
  ],
  "nobody can be asked: white space after five minutes": [
    { asks: false, wroteAt: ago(5 * MINUTE), readAt: ago(HOUR) },
    {},
    "blank",
    5 * MINUTE,
  ],
  "what we write is white space enough": [
    { asks: false, wroteAt: ago(MINUTE) },
    {},
    "nothing",
    4 * MINUTE,
  ],
  "80 % of what the peer waits": [
    { asks: false, wroteAt: ago(80_000) },
    { peerIdleMs: 100_000 },
    "blank",
    80_000,
  ],
  "80 % also where it can be asked": [{ wroteAt: ago(80_000) }, { peerIdleMs: 100_000 }, "blank", 80_000],
  "a peer that waits longer than we ask changes nothing": [
    { wroteAt: ago(HOUR) },
    { peerIdleMs: 840_000 },
    "nothing",
    5 * MINUTE,
  ],
  "a peer that waits a second does not make us write every second": [
    { asks: false, wroteAt: ago(9000) },
    { peerIdleMs: 1000 },
    "nothing",
    1000,
  ],
  "an hour without a stanza: the initiator closes": [{ stanzaAt: ago(HOUR) }, {}, "close", 5 * MINUTE],
  "the receiver gives it five minutes more": [
    { stanzaAt: ago(HOUR), initiating: false },
    {},
    "nothing",
    5 * MINUTE,
  ],
  "and closes then": [{ stanzaAt: ago(HOUR + 5 * MINUTE), initiating: false }, {}, "close", 5 * MINUTE],
  "not while something is pending": [
    { stanzaAt: ago(2 * HOUR), pending: true },
    {},
    "nothing",
    5 * MINUTE,
  ],
  "the close is looked for in time": [{ stanzaAt: ago(HOUR - MINUTE) }, {}, "nothing", MINUTE],
};
for (const [name, [quiet, timers, act, leftMs]] of Object.entries(CASES)) {
  Deno.test(`liveness: ${name}`, () => {
    assert.deepEqual(look({ ...QUIET, ...quiet }, { ...TIMERS, ...timers }), { act, leftMs });
  });
}

Deno.test("liveness: followed for two silent hours, it asks every five minutes and closes once", () => {
  const start = 10 * HOUR;
  let [now, checkedAt, asked] = [start, 0, 0];
  for (;;) {
    const { act, leftMs } = look(
      { ...QUIET, now, readAt: now === start ? start : checkedAt || start, wroteAt: now, checkedAt },
      TIMERS,
    );
    assert.ok(leftMs > 0);
    if (act === "close") break;
    if (act === "ask") [checkedAt, asked] = [now, asked + 1];
    now += leftMs;
  }
  assert.deepEqual([now - start, asked], [HOUR, 11]);
});
