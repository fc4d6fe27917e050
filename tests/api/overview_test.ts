/** The overview: its totals are those of the lists, and it tells what needs a look. console.md 6 A. */
import assert from "node:assert/strict";
import { Latencies } from "../../observe/overview/latencies.ts";
import { Phases } from "../../observe/phases.ts";
import { Rates } from "../../observe/overview/rates.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { Latency } from "../../observe/contract.ts";
import { arrival } from "../federation/acts.ts";
import { Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { ask, assertProblem, TIME, tokenOf } from "./ask.ts";

const event = (type: RecordedEvent["type"], more: Partial<RecordedEvent> = {}): RecordedEvent => ({
  type,
  seq: 1,
  at: "",
  ...more,
});

Deno.test("overview: the totals are those of the lists that they link to; a denial needs attention, with its why (A1, A3, A7)", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(request("bogus.example", "target.example"));
  await stage.server.told({ event: "pair.denied", remote: "bogus.example" });
  const token = await tokenOf(stage, "viewer");
  const get = async (path: string) => (await ask(stage, `/api/v1${path}`, { token })).json;
  const overview = await get("/overview");
  const { totals } = overview;
  assert.equal(totals.connections, (await get("/connections")).total);
  assert.equal(totals.routes, (await get("/routes")).total);
  assert.equal(totals.proofs, (await get("/proofs")).total);
  assert.equal(totals.domains, (await get("/domains")).total);
  for (const [state, count] of Object.entries(totals.routeStates)) {
    assert.equal((await get(`/routes?q=state:${state}`)).total, count, state);
  }
  for (const [state, count] of Object.entries(totals.connectionStates)) {
    assert.equal((await get(`/connections?q=state:${state}`)).total, count, state);
  }
  assert.deepEqual([overview.health.word, overview.health.reasons], ["healthy", []]);
  for (const time of [overview.now, overview.startedAt, overview.series.from]) assert.match(time, TIME);
  assert.deepEqual(
    [overview.rates.minute.opened, overview.rates.minute.granted, overview.rates.hour.denied],
    [1, 1, 1],
  );
  assert.deepEqual([overview.series.steps.granted.length, overview.series.stepMs], [180, 5000]);
  assert.equal(overview.series.steps.denied.reduce((sum: number, one: number) => sum + one, 0), 1);
  const setup = overview.latencies.find(({ phase }: { phase: string }) => phase === "setup");
  assert.deepEqual([setup.count, setup.p50Ms <= setup.p99Ms], [1, true]);
  assert.deepEqual(
    overview.actorStates.find(({ machine }: { machine: string }) => machine === "inbound_stream").count,
    1,
  );

  const needs = overview.attention.find(({ subject }: { subject: string }) => subject === "bogus.example");
  assert.deepEqual([needs.kind, needs.cause, needs.pairs], ["failure", "dns.bogus", 1]);
  assert.equal((await get(`/failures/${encodeURIComponent(needs.failure)}`)).cause, "dns.bogus");
  const away = overview.attention.filter(({ kind }: { kind: string }) => kind === "component");
  assert.deepEqual(away.map(({ subject }: { subject: string }) => subject), [
    "target.example",
    "other-target.example",
  ]);
  const day = await get("/overview?series=day");
  assert.deepEqual([day.series.steps.granted.length, day.series.stepMs], [1440, 60_000]);
  assertProblem(await ask(stage, "/api/v1/overview?series=year", { token }), 400);
});

Deno.test("overview: how long TCP took is among the latencies, of what we open", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await arrival(stage);
  await stage.server.told({ event: "connection.established", direction: "out" });
  const { latencies } = await stage.server.api("/overview");
  const counts = Object.fromEntries(latencies.map(({ phase, count }: Latency) => [phase, count]));
  assert.deepEqual([counts.tcp, counts.tls, counts.setup], [1, 1, 1]);
});

Deno.test("overview: without a resolver it is degraded, and healthy again with one (A4)", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "viewer");
  const health = async (word: string) =>
    await stage.server.eventually(`health ${word}`, async () => {
      const { json } = await ask(stage, "/api/v1/overview", { token });
      return json.health.word === word && json;
    });
  await health("healthy");
  stage.world.dns.outage({ kind: "servfail" });
  const { health: { reasons }, attention } = await health("degraded");
  assert.match(reasons[0], /root/);
  assert.equal(attention[0].kind, "server");
  stage.world.dns.resume();
  await health("healthy");
});

Deno.test("overview: rates are of the steps they say; what is older falls out, a clock that stands still or jumps harms nothing", () => {
  let now = Date.parse("2026-11-26T12:00:00Z");
  const rates = new Rates(now);
  rates.hear(event("pair.granted"), now);
  rates.hear(event("pair.denied", { detail: { repeated: 20 } }), now);
  assert.deepEqual([rates.minute.granted, rates.minute.denied], [1, 20]);
  now += 59_000;
  rates.hear(event("pair.granted"), now);
  assert.equal(rates.minute.granted, 2);
  now += 5000;
  rates.hear(event("connection.opened"), now);
  assert.deepEqual([rates.minute.granted, rates.hour.granted], [1, 2]);
  rates.stanzas({ in: 100, out: 10 }, now);
  rates.stanzas({ in: 150, out: 10 }, now);
  assert.deepEqual([rates.minute.stanzasIn, rates.minute.stanzasOut], [150, 10]);
  rates.hear(event("pair.granted"), now - 30_000);
  assert.equal(rates.minute.granted, 2, "a clock that went back");
  now += 86_400_000 * 3;
  rates.hear(event("pair.revoked"), now);
  assert.deepEqual([rates.minute.granted, rates.hour.granted, rates.minute.revoked], [0, 0, 1]);
  const { from, steps } = rates.series("quarter");
  assert.equal(steps.revoked.at(-1), 1);
  assert.equal(Date.parse(from) + 179 * 5000, Math.floor(now / 5000) * 5000);
});

Deno.test("overview: quantiles are within a fifth, of a quarter of an hour, and what never ends is forgotten", () => {
  let now = 1_000_000;
  const latencies = new Latencies();
  let at = now;
  const phases = new Phases((one) => latencies.measured(one, at));
  const hear = (event: RecordedEvent, then: number) => phases.hear(event, at = then);
  const of = (phase: string) => latencies.read(now).find((one) => one.phase === phase)!;
  for (let i = 1; i <= 100; i++) {
    const connection = `c-${i}`;
    hear(event("connection.opened", { connection }), now);
    hear(event("connection.secured", { connection }), now + i);
    hear(event("connection.established", { connection }), now + 2 * i);
    hear(event("connection.closed", { connection }), now + 3 * i);
  }
  const { count, p50Ms, p95Ms, p99Ms } = of("tls");
  assert.equal(count, 100);
  for (const [found, real] of [[p50Ms, 50], [p95Ms, 95], [p99Ms, 99]] as const) {
    assert.ok(found! >= real && found! <= real * 1.2, `${found} for ${real}`);
  }
  assert.equal(of("setup").count, 100);
  const pair = { local: "a.example", remote: "b.example" };
  hear(event("request.received", { connection: "c-1", pair }), now);
  hear(event("pair.granted", { connection: "c-1", pair }), now + 12);
  hear(event("pair.granted", { connection: "c-1", pair }), now + 999);
  assert.deepEqual([of("proof").count, of("verdict").count, of("verdict").p50Ms], [1, 0, null]);
  hear(event("delegation.resolved", { detail: { elapsedMs: 31 } }), now);
  assert.equal(of("dns").count, 1);
  now += 16 * 60_000;
  assert.equal(of("tls").count, 0);
});
