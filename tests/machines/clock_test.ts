/** The machines as actors on a clock that the test moves: what traces cannot show, the times. */
import assert from "node:assert/strict";
import { createActor, type EmittedFrom, SimulatedClock } from "xstate";
import { outboundStream } from "../../machines/outbound_stream.ts";
import { proof, PROOF_TIMERS } from "../../machines/proof.ts";
import { route, ROUTE_TIMERS } from "../../machines/route.ts";
import { TIMERS } from "./timers.ts";

const SECOND = 1000, MINUTE = 60_000, HOUR = 3_600_000;

Deno.test("clock: an idle stream closes one idle time after its last traffic, not after its last question", () => {
  const clock = new SimulatedClock();
  const actor = createActor(outboundStream, {
    input: { wantBidi: false, timers: TIMERS },
    clock,
  });
  const lastTraffic = 10 * MINUTE;
  const closedAt: number[] = [];
  actor.on("check idle", () => {
    const leftMs = lastTraffic + HOUR - clock.now();
    // Answered while the machine is still telling its effects, as a shell does.
    if (leftMs > 0) actor.send({ type: "traffic.seen", leftMs });
    else actor.send({ type: "close.requested", cause: "stream.idle" });
  });
  actor.on("close stream", () => closedAt.push(clock.now()));
  actor.start();
  const offer = { starttls: true, external: false, bidi: false, dna: true, errors: true, dialback: true };
  const features = { ...offer, unknownRequired: false };
  actor.send({ type: "tcp.connected", tls: "required", external: false });
  actor.send({ type: "header.received", refusal: null, old: false });
  actor.send({ type: "features.received", ...features });
  actor.send({ type: "tls.proceed" });
  actor.send({ type: "tls.secured", refusal: null });
  actor.send({ type: "header.received", refusal: null, old: false });
  actor.send({ type: "features.received", ...features });
  actor.send({ type: "request.written" });
  for (let minute = 0; minute < 180; minute++) clock.increment(MINUTE);
  assert.deepEqual(closedAt, [lastTraffic + HOUR]);
  assert.equal(actor.getSnapshot().status, "done");
});

Deno.test("clock: a silent target is dropped in its header time, and the actor is over", () => {
  const clock = new SimulatedClock();
  const actor = createActor(outboundStream, {
    input: { wantBidi: false, timers: TIMERS },
    clock,
  });
  const told: EmittedFrom<typeof outboundStream>[] = [];
  actor.on("*", (effect) => told.push(effect));
  actor.start();
  actor.send({ type: "tcp.connected", tls: "required", external: false });
  clock.increment(TIMERS.headerTimeoutMs - 1);
  assert.deepEqual(told, [{ type: "connect" }, { type: "open stream" }]);
  clock.increment(1);
  assert.deepEqual(told.slice(2), [
    { type: "drop connection" },
    { type: "report over", cause: "stream.header-timeout" },
  ]);
  assert.equal(actor.getSnapshot().status, "done");
});

function proofOn(clock: SimulatedClock, answer: "recheck.bogus" | "recheck.failed") {
  const input = { softMs: 20 * MINUTE, hardMs: 2 * HOUR, timers: { ...TIMERS, ...PROOF_TIMERS } };
  const actor = createActor(proof, { input, clock });
  const rechecks: number[] = [];
  const ends: [number, string][] = [];
  actor.on("recheck", () => {
    rechecks.push(clock.now());
    actor.send(answer === "recheck.bogus" ? { type: answer } : { type: answer, cause: "dns.timeout" });
  });
  actor.on("end proof", ({ cause }) => ends.push([clock.now(), cause]));
  actor.start();
  return { rechecks, ends };
}

Deno.test("clock: a broken delegation ends its proof 40 s after the first bogus answer (3.9)", () => {
  const clock = new SimulatedClock();
  const { rechecks, ends } = proofOn(clock, "recheck.bogus");
  for (let second = 0; second < 1800; second++) clock.increment(SECOND);
  const first = 20 * MINUTE;
  assert.deepEqual(rechecks, [first, first + 20 * SECOND, first + 40 * SECOND]);
  assert.deepEqual(ends, [[first + 40 * SECOND, "dns.bogus"]]);
});

Deno.test("clock: a proof whose DNS is away lasts until its hard bound, and no longer (3.9)", () => {
  const clock = new SimulatedClock();
  const { rechecks, ends } = proofOn(clock, "recheck.failed");
  for (let minute = 0; minute < 180; minute++) clock.increment(MINUTE);
  assert.deepEqual(rechecks.map((at) => at / MINUTE), [20, 21, 23, 27, 35, 51, 81, 111]);
  assert.deepEqual(ends, [[2 * HOUR, "proof.expired"]]);
});

Deno.test("clock: a route that nobody wants is over ten minutes after its back-off (A-34)", () => {
  const clock = new SimulatedClock();
  const actor = createActor(route, { input: { timers: { ...TIMERS, ...ROUTE_TIMERS } }, clock });
  let resolved = 0;
  actor.on("resolve", () => {
    resolved++;
    actor.send({ type: "delegation.refused", cause: "dns.timeout", permanent: false, retryMs: 2 * SECOND });
  });
  actor.start();
  clock.increment(2 * SECOND);
  clock.increment(ROUTE_TIMERS.keepMs - 1);
  assert.equal(actor.getSnapshot().status, "active");
  clock.increment(1);
  assert.equal(actor.getSnapshot().status, "done");
  assert.equal(resolved, 1, "no attempt without demand");
});
