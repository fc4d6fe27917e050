/** The recorder: what it keeps of whom, its one bound, and that it never costs the observed anything. console.md 1.2. */
import assert from "node:assert/strict";
import type { Happening, Step } from "../../facts/event.ts";
import { Recorder } from "../../observe/recorder.ts";

const PAIR = { local: "sender.example", remote: "target.example" };
const MINE = { connection: "c-1" };
const RETRY: Step = { type: "retry.planned", detail: { afterMs: 1, failures: 1 } };
const opened = (connection: string): Happening => ({ type: "connection.opened", connection });

const seqs = (recorder: Recorder, about: Parameters<Recorder["trace"]>[0], after?: number) =>
  recorder.trace(about, after)?.events.map(({ seq }) => seq);

Deno.test("recorder: an event about a connection and a pair stands in both traces, once in the journal", () => {
  const recorder = new Recorder(() => 0);
  recorder.tell({ type: "request.sent", ...MINE, pair: PAIR });
  recorder.of({ ...MINE, pair: PAIR }).step(() => RETRY);
  assert.deepEqual(seqs(recorder, MINE), [1, 2]);
  assert.deepEqual(seqs(recorder, { pair: PAIR }), [1, 2]);
  assert.deepEqual(recorder.since(0).map(({ seq }) => seq), [1]);
  const [told, step] = recorder.trace({ pair: PAIR })!.events;
  assert.deepEqual([told!.connection, told!.pair], ["c-1", PAIR]);
  assert.deepEqual([step!.type, step!.connection, step!.pair, step!.at], [
    "retry.planned",
    "c-1",
    PAIR,
    "1970-01-01T00:00:00.000Z",
  ]);
  assert.equal(recorder.trace({ connection: "c-2" }), null);
});

Deno.test("recorder: of a pair its two names are told, and nothing of the binding row that somebody told of", () => {
  const row = { ...PAIR, send: [] as unknown[] };
  row.send.push({ pair: row }); // As a grant does.
  const recorder = new Recorder(() => 0);
  const heard: unknown[] = [];
  recorder.listen((event) => heard.push(event));
  recorder.tell({ type: "pair.revoked", pair: row });
  recorder.of({ ...MINE, pair: row }).step(() => RETRY);
  for (const { pair } of recorder.trace({ pair: PAIR })!.events) assert.deepEqual(pair, PAIR);
  assert.doesNotThrow(() => JSON.stringify([heard, recorder.trace(MINE), recorder.since(0)]));
});

Deno.test("recorder: of each actor the first 40 events stay and the last 24; what lies between is counted", () => {
  const recorder = new Recorder(() => 0);
  const tracer = recorder.of(MINE);
  for (let i = 0; i < 100; i++) tracer.step(() => RETRY);
  const expected = [
    ...Array.from({ length: 40 }, (_, i) => i + 1),
    ...Array.from({ length: 24 }, (_, i) => i + 77),
  ];
  assert.deepEqual(seqs(recorder, MINE), expected);
  const whole = recorder.trace(MINE)!;
  assert.deepEqual([whole.left, whole.cut], [36, true]);
  const late = recorder.trace(MINE, 76)!;
  assert.deepEqual([late.cut, late.events.length], [false, 24]);
  assert.equal(recorder.trace(MINE, 75)!.cut, true);
});

Deno.test("recorder: closed connections are kept, the last thousand; their last words too; a pair lives again", () => {
  const recorder = new Recorder(() => 0, { perSecond: Infinity });
  for (let i = 1; i <= 1002; i++) {
    recorder.of({ connection: `c-${i}` }).step(() => RETRY);
    recorder.of({ connection: `c-${i}` }).ended();
  }
  assert.deepEqual([recorder.load.living, recorder.load.ended], [0, 1000]);
  assert.equal(recorder.trace({ connection: "c-2" }), null);
  recorder.of({ connection: "c-3" }).step(() => RETRY);
  assert.deepEqual([recorder.trace({ connection: "c-3" })!.ended, recorder.load.living], [true, 0]);
  recorder.tell({ type: "route.state", pair: PAIR });
  recorder.of({ pair: PAIR }).ended();
  assert.equal(recorder.trace({ pair: PAIR })!.ended, true);
  recorder.of({ pair: PAIR }).step(() => RETRY);
  const trace = recorder.trace({ pair: PAIR })!;
  assert.deepEqual([trace.ended, trace.events.length], [false, 2]);
});

Deno.test("recorder: one bound holds for all rings; the dead go first, then the quiet, and nobody else", () => {
  const mostBytes = 200_000;
  const recorder = new Recorder(() => 0, { mostBytes, perSecond: Infinity });
  recorder.of({ connection: "c-dead" }).step(() => RETRY);
  recorder.of({ connection: "c-dead" }).ended();
  const busy = recorder.of({ connection: "c-busy" });
  for (let i = 0; i < 2000; i++) {
    busy.step(() => RETRY);
    recorder.of({ connection: `c-${i}` }).step(() => RETRY);
    assert.ok(recorder.load.bytes <= mostBytes);
  }
  assert.equal(recorder.trace({ connection: "c-dead" }), null);
  assert.equal(recorder.trace({ connection: "c-0" }), null);
  assert.equal(recorder.trace({ connection: "c-busy" })!.events.length, 64);
  assert.ok(recorder.trace({ connection: "c-1999" }) !== null);
});

Deno.test("recorder: decisions with much to say are within the bound too", () => {
  const recorder = new Recorder(() => 0, { mostBytes: 100_000 });
  for (let i = 0; i < 500; i++) recorder.tell({ type: "actor.crashed", detail: { error: "x".repeat(400) } });
  assert.ok(recorder.load.bytes <= 100_000);
  const kept = recorder.since(0);
  assert.deepEqual([kept.at(-1)!.seq, kept[0]!.seq], [500, recorder.first]);
  assert.ok(kept.length > 50 && kept.length < 200);
});

Deno.test("recorder: beyond its rate one actor in N is traced, without holes; it says so, and when it is over", () => {
  let now = 0;
  const recorder = new Recorder(() => now, { perSecond: 500 });
  const told: Happening["detail"][] = [];
  recorder.listen(({ type, detail }) => type === "recorder.sampling" && told.push(detail));
  const actors = Array.from({ length: 500 }, (_, i) => ({ connection: `c-${i}` }));
  const round = () => actors.forEach((about) => recorder.of(about).step(() => RETRY));
  for (; now < 80; now += 20) round();
  assert.deepEqual([recorder.load.oneIn, recorder.load.shed], [1, 0], "so much at once is nothing");
  for (; now < 200; now += 20) round(); // 25,000 a second
  const { oneIn, shed } = recorder.load;
  assert.deepEqual([told.at(-1)?.oneIn, oneIn], [64, 64]);
  assert.ok(shed > 2500 && shed < 3000);
  const whole = actors.filter((about) => recorder.trace(about)!.events.length === 10);
  assert.ok(whole.length > 0 && whole.length < 20);
  now = 10_000;
  assert.equal(recorder.load.oneIn, 64, "the window of the flood ends");
  now = 20_000;
  assert.equal(recorder.load.oneIn, 1, "nothing has happened since");
  assert.equal(told.at(-1)?.oneIn, 1);
  recorder.of({ connection: "c-new" }).step(() => RETRY);
  assert.equal(seqs(recorder, { connection: "c-new" })!.length >= 1, true);
});

Deno.test("recorder: in the long run no more is kept than its rate, whatever comes", () => {
  let now = 0;
  const recorder = new Recorder(() => now, { perSecond: 500 });
  const actors = Array.from({ length: 2000 }, (_, i) => recorder.of({ connection: `c-${i}` }));
  for (; now < 20_000; now += 100) for (const actor of actors) actor.step(() => RETRY); // 20,000 a second
  assert.ok(recorder.load.steps < 2000 + 20 * 500 * 2, String(recorder.load.steps));
  assert.ok(recorder.load.steps > 20 * 500 / 4, String(recorder.load.steps));
});

Deno.test("recorder: where a ring had to go, decisions of its actor are found in the journal", () => {
  const recorder = new Recorder(() => 0, { mostBytes: 100_000 });
  recorder.tell(opened("c-1"));
  recorder.of(MINE).step(() => RETRY);
  recorder.tell({ type: "connection.closed", ...MINE });
  for (let i = 2; i < 200; i++) recorder.of({ connection: `c-${i}` }).step(() => RETRY);
  const trace = recorder.trace(MINE)!;
  assert.deepEqual(trace.events.map(({ type }) => type), ["connection.opened", "connection.closed"]);
  assert.equal(trace.ended, true);
});

Deno.test("recorder: whatever throws in it is counted and reaches nobody (X9)", () => {
  const recorder = new Recorder(() => 0);
  recorder.listen(() => {
    throw new Error("a listener's bug");
  });
  const stop = recorder.follow(MINE, () => {
    throw new Error("a follower's bug");
  });
  recorder.tell(opened("c-1"));
  recorder.of(MINE).step(() => RETRY);
  recorder.of(MINE).step(() => {
    throw new Error("a tracer's bug");
  });
  assert.equal(recorder.failures, 4);
  stop();
  recorder.of(MINE).step(() => RETRY);
  assert.equal(recorder.failures, 4);
});

Deno.test("recorder: followers hear of theirs alone, each event once", () => {
  const recorder = new Recorder(() => 0);
  const heard: number[] = [];
  const listener = ({ seq }: { seq: number }) => heard.push(seq);
  const stop = [recorder.follow(MINE, listener), recorder.follow({ pair: PAIR }, listener)];
  recorder.tell({ type: "request.sent", ...MINE, pair: PAIR });
  recorder.of({ connection: "c-2" }).step(() => RETRY);
  recorder.of({ pair: PAIR }).step(() => RETRY);
  assert.deepEqual(heard, [1, 3]);
  for (const unfollow of stop) unfollow();
  recorder.of({ pair: PAIR }).step(() => RETRY);
  assert.deepEqual(heard, [1, 3]);
});

Deno.test("recorder: where nobody could read it nothing is kept, and the log hears all the same", () => {
  const recorder = new Recorder(() => 0, { kept: false });
  const heard: number[] = [];
  recorder.listen(({ seq }) => heard.push(seq));
  recorder.tell(opened("c-1"));
  assert.deepEqual([heard, recorder.load.bytes, recorder.trace(MINE), recorder.since(0)], [[1], 0, null, []]);
});

Deno.test("recorder: a localpart is hidden the same way until the next start, and differently then", () => {
  const [one, other] = [new Recorder(() => 0), new Recorder(() => 0)];
  assert.match(one.hide("romeo"), /^~[0-9a-f]{8}$/);
  assert.equal(one.hide("romeo"), one.hide("romeo"));
  assert.notEqual(one.hide("romeo"), one.hide("juliet"));
  assert.notEqual(one.hide("romeo"), other.hide("romeo"));
  assert.notEqual(one.epoch, other.epoch);
});
