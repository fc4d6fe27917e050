/** Which traces are exported, and the same ids in the log. console.md 4.2, 4.3. */
import assert from "node:assert/strict";
import type { SpanIds } from "../../facts/event.ts";
import { sampled } from "../../observe/otel/sampling.ts";
import type { Begun, Tracer } from "../../observe/otel/span.ts";
import { bidiArrival, grant } from "../federation/acts.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import type { Json, VeronaServer } from "../harness/verona.ts";
import { parse } from "../harness/prometheus.ts";
import type { Conversation } from "../peer/conversation.ts";
import { collector } from "../harness/gc.ts";
import { deadline } from "../peer/deadline.ts";
import { request } from "../peer/stream.ts";
import { Collector, type Exported } from "./collector.ts";

const ANSWER = { id: "dns.bogus", text: "bogus" } as const;

/** Writes down what the exporter would get. */
function exporter(): Tracer & { readonly told: string[] } {
  const told: string[] = [];
  const names = new Map<Begun, string>();
  const nameOf = (span: Begun | null) => span === null ? "-" : names.get(span) ?? "a held one";
  return {
    told,
    begin(name, _kind, at, under, beside) {
      told.push(`${name} from ${at} below ${nameOf(under)} beside ${nameOf(beside)}`);
      const begun: Begun = {
        ids: { traceId: "t", spanId: name },
        event: (what) => void told.push(`${name}: ${what}`),
        set: (attributes) => void told.push(`${name}: ${JSON.stringify(attributes())}`),
        end: (end, cause) => void told.push(`${name} until ${end} ${cause === null ? "ok" : cause.id}`),
      };
      names.set(begun, name);
      return begun;
    },
  };
}

Deno.test("sampling: a trace that was not chosen is held, and goes when nothing failed in it", () => {
  const real = exporter();
  const tracer = sampled(real, 0.5, () => 0.5);
  const root = tracer.begin("root", "server", 1, null, null);
  tracer.begin("stage", "internal", 2, root, null).end(3, null);
  root.end(4, null);
  tracer.begin("late", "internal", 5, root, null).end(6, ANSWER);
  assert.deepEqual([real.told, root.ids], [["late from 5 below - beside -", "late until 6 dns.bogus"], null]);
});

Deno.test("sampling: whoever remembers a span of a trace that went keeps nothing that was said of it", async () => {
  const tracer = sampled(exporter(), 0, () => 0);
  const gone = Promise.withResolvers<void>();
  const registry = new FinalizationRegistry(gone.resolve);
  const say = (span: Begun) => {
    const said = { large: "x".repeat(1000) };
    registry.register(said, undefined);
    span.set(() => said);
  };
  const root = tracer.begin("root", "server", 1, null, null);
  say(root);
  root.end(2, null);
  const gc = collector();
  const limit = deadline("what was said to be collected");
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  for (let over = false; !over; await limit.race(turn())) {
    gc();
    over = await Promise.race([gone.promise.then(() => true), turn().then(() => false)]);
  }
  limit.clear();
  assert.equal(root.ids, null, "the span itself is remembered");
});

Deno.test("sampling: one that fails is exported whole, in its order and with its times, and goes on from there", () => {
  const real = exporter();
  const tracer = sampled(real, 0, () => 0);
  const root = tracer.begin("root", "server", 1, null, null);
  const stage = tracer.begin("stage", "internal", 2, root, null);
  stage.set(() => ({ a: 1 }));
  stage.end(3, null);
  assert.deepEqual([real.told, root.ids, stage.ids], [[], null, null]);
  const failing = tracer.begin("failing", "internal", 4, root, null);
  root.event("heard", () => ({}), 5);
  failing.end(6, ANSWER);
  const ids = (span: Begun): SpanIds | null => span.ids;
  assert.deepEqual(ids(root), { traceId: "t", spanId: "root" });
  tracer.begin("after", "internal", 7, stage, root).end(8, null);
  root.end(9, ANSWER);
  assert.deepEqual(real.told, [
    ...["root from 1 below - beside -", "root: heard"],
    ...["stage from 2 below root beside -", 'stage: {"a":1}', "stage until 3 ok"],
    ...["failing from 4 below root beside -", "failing until 6 dns.bogus"],
    ...["after from 7 below stage beside root", "after until 8 ok", "root until 9 dns.bogus"],
  ]);
});

Deno.test("sampling: chosen ones go straight on; links lead to nothing that is held; one trace holds so many spans", () => {
  const real = exporter();
  let next = 0.9;
  const tracer = sampled(real, 0.5, () => next);
  const held = tracer.begin("held", "server", 1, null, null);
  next = 0.1;
  const chosen = tracer.begin("chosen", "server", 2, null, held);
  tracer.begin("stage", "internal", 3, chosen, null);
  assert.deepEqual(real.told, ["chosen from 2 below - beside -", "stage from 3 below chosen beside -"]);
  for (let n = 0; n < 1000; n++) tracer.begin("many", "internal", n, held, null).end(n, null);
  held.end(2000, ANSWER);
  assert.equal(real.told.filter((line) => line.startsWith("many from")).length, 199);
  assert.equal(sampled(real, 1), real, "nothing stands between where all are wanted");
});

/** A peer's requests, one granted, one denied. */
async function twoRequests(stage: Stage): Promise<Conversation> {
  const o = await stage.initiateWith();
  o.send(request("bogus.example", "target.example"));
  await o.verdict("bogus.example", "target.example", "error");
  await stage.server.told({ event: "pair.denied", remote: "bogus.example" });
  return o;
}

const told = ({ log }: VeronaServer, remote?: string): Json[] =>
  log.flatMap(({ json }) => json?.event && (remote === undefined || json.remote === remote) ? [json] : []);
const assertions = (remote: string) => ({ name, attributes }: Exported) =>
  name === "s2s.assert" && attributes["xmpp.domain.remote"] === remote;

/** Every span of a line is one that the collector has, with its parent. */
async function assertExported(collector: Collector, lines: readonly Json[]): Promise<void> {
  for (const { event, trace_id, span_id } of lines) {
    const { parent, traceId } = await collector.until(
      `the span of ${event}`,
      ({ spanId }) => spanId === span_id,
    );
    assert.equal(traceId, trace_id, event);
    if (parent !== null) {
      await collector.until(`the parent of ${event}`, ({ spanId }) => spanId === parent);
    }
  }
}

Deno.test("otel: a line of the log names the span that it is about, and the API does", async () => {
  await using collector = new Collector();
  await using stage = await Stage.open({ env: collector.env });
  await twoRequests(stage);
  for (const remote of ["sender.example", "bogus.example"]) {
    const { traceId } = await collector.until(`the request of ${remote}`, assertions(remote));
    const lines = told(stage.server, remote);
    const events = lines.filter(({ trace_id }) => trace_id === traceId).map(({ event }) => event);
    const last = remote === "bogus.example"
      ? ["verdict.sent", "pair.denied"]
      : ["pair.granted", "verdict.sent"];
    assert.deepEqual(events, ["request.received", "delegation.resolved", ...last]);
  }
  const lines = told(stage.server).filter(({ trace_id }) => trace_id !== undefined);
  for (const event of ["connection.opened", "connection.secured", "connection.established"]) {
    assert.ok(lines.some((line) => line.event === event), event);
  }
  await assertExported(collector, lines);
  const { events } = await stage.server.api("/routes/target.example/bogus.example/events");
  const denied = events.find(({ type }: Json) => type === "pair.denied");
  const line = lines.find(({ event }) => event === "pair.denied");
  assert.deepEqual([denied.traceId, denied.spanId], [line.trace_id, line.span_id]);
  const headers = { accept: "application/openmetrics-text; version=1.0.0" };
  const text = await (await fetch(`${stage.server.console}/metrics`, { headers })).text();
  const family = (await parse(text, "openmetrics")).find(({ name }) =>
    name === "xmpp_s2s_assertion_duration_seconds"
  );
  const exemplars = family!.exemplars.map(([{ decision }, { trace_id }]) => [decision, trace_id]);
  assert.ok(exemplars.some(([decision, id]) => decision === "denied" && id === line.trace_id), text);
});

Deno.test("otel: our own request and what the answer means stand in the trace of the attempt", async () => {
  await using collector = new Collector();
  await using stage = await Stage.open({ env: collector.env });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  const { traceId } = await collector.until("the attempt", ({ name }) => name === "s2s.route");
  await stage.server.told({ event: "route.state", state: "authorised" });
  const lines = told(stage.server).filter(({ trace_id }) => trace_id === traceId);
  const events = new Set(lines.map(({ event }) => event));
  for (const event of ["connection.established", "request.sent", "verdict.received", "pair.authorised"]) {
    assert.ok(events.has(event), `${event} is not among ${[...events]}`);
  }
  await assertExported(collector, lines);
});

/** The peer of these tests closes nothing. */
const QUICKLY = { limits: { shutdown_grace: "500ms", closing_timeout: "200ms" } };

const open = (collector: Collector, env: Record<string, string>, options: StageOptions = {}) =>
  Stage.open({ settings: QUICKLY, ...options, env: { ...collector.env, ...env } });

Deno.test("otel: with sample = 0 only what failed is exported, whole, and only its lines name spans", async () => {
  await using collector = new Collector();
  await using stage = await open(collector, { VERONA_OTEL__SAMPLE: "0" });
  await twoRequests(stage);
  const denied = await collector.until("the denial", assertions("bogus.example"));
  await collector.until("its stages", ({ name, parent }) => name === "proof" && parent === denied.spanId);
  assert.equal(await stage.server.stop(), 0);
  assert.deepEqual(collector.below(denied).map(({ name, failed }) => [name, failed]), [
    ["dns", true],
    ["proof", true],
  ]);
  assert.deepEqual([...new Set(collector.spans.map(({ traceId }) => traceId))], [denied.traceId]);
  assert.deepEqual(denied.links, []);
  // Until it had failed nobody knew.
  const lines = told(stage.server).filter(({ trace_id }) => trace_id !== undefined);
  assert.deepEqual(lines.map(({ event }) => event), ["delegation.resolved", "verdict.sent", "pair.denied"]);
  await assertExported(collector, lines);
});

Deno.test("otel: OTEL_TRACES_SAMPLER is Deno's own: always_off exports nothing and no line names a span", async () => {
  await using collector = new Collector();
  await using stage = await open(collector, { OTEL_TRACES_SAMPLER: "always_off" });
  await twoRequests(stage);
  assert.equal(await stage.server.stop(), 0);
  assert.deepEqual(collector.spans, []);
  assert.deepEqual(told(stage.server).filter(({ trace_id }) => trace_id !== undefined), []);
});

Deno.test("otel: of a ratio whole traces are exported or none of them, and the log names those", async () => {
  const REQUESTS = 60;
  await using collector = new Collector();
  await using stage = await open(collector, {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.5",
  }, { settings: { limits: { ...QUICKLY.limits, denials_per_minute: 1000 } } });
  const { o } = await stage.initiate();
  const targets = Array.from({ length: REQUESTS }, (_, n) => `no-${n}.example`);
  for (const target of targets) {
    o.send(request("sender.example", target));
    await o.verdict("sender.example", target, "error");
  }
  assert.equal(await stage.server.stop(), 0);
  const named = new Set<string>(told(stage.server).flatMap(({ trace_id }) => trace_id ?? []));
  const exported = new Set(collector.spans.map(({ traceId }) => traceId));
  assert.deepEqual([...named].sort(), [...exported].sort());
  const requests = collector.spans.filter(({ name }) => name === "s2s.assert");
  // All or none of them: once in 2^59 runs.
  assert.ok(requests.length > 0 && requests.length < REQUESTS, `${requests.length} of ${REQUESTS}`);
  const ids = new Set(collector.spans.map(({ spanId }) => spanId));
  for (const { name, parent } of collector.spans) assert.ok(parent === null || ids.has(parent), name);
});
