/** OpenTelemetry: the spans of a real server's federation, as a real collector gets them from Deno's exporter. console.md 4.2. */
import assert from "node:assert/strict";
import type { RecordedEvent } from "../../facts/event.ts";
import type { Begun } from "../../observe/otel/span.ts";
import { Spans } from "../../observe/otel/spans.ts";
import { isTraced } from "../../observe/otel/tracing.ts";
import { bidiArrival, grant } from "../federation/acts.ts";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";
import { request } from "../peer/stream.ts";
import { Collector, type Exported } from "./collector.ts";

const CANARY = "romeo-and-juliet-in-private";
const names = (spans: readonly Exported[]) => spans.map(({ name }) => name);

Deno.test("otel: an attempt of ours: DNS, TCP, stream, TLS and request, each below its parent, and nothing secret", async () => {
  await using collector = new Collector();
  await using stage = await Stage.open({ env: collector.env });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", CANARY);
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: CANARY });
  const route = await collector.until("the attempt", ({ name }) => name === "s2s.route");
  const connect = await collector.until("the connection", ({ name }) => name === "s2s.connect");
  // What is asked of the machine that we reached, once it is reached, is the attempt's too.
  const later = (name: string) => name === "dns.addresses" || name === "dns.tlsa";
  assert.deepEqual(names(collector.below(route)).filter((name) => !later(name)), [
    "dns",
    "s2s.connect",
    "request",
  ]);
  assert.equal(collector.spans.filter(({ name }) => name === "s2s.connect").length, 1);
  const stages = collector.below(connect);
  assert.deepEqual(names(stages).filter((name) => !name.startsWith("dns.")), [
    "tcp",
    "stream",
    "tls",
    "stream",
  ]);
  for (const span of [route, connect, ...stages, ...collector.below(route)]) {
    assert.equal(span.traceId, route.traceId);
    assert.equal(span.failed, false, span.name);
    assert.ok(span.startNs <= span.endNs, span.name);
  }
  for (const span of stages) {
    assert.ok(span.startNs >= connect.startNs && span.endNs <= connect.endNs, span.name);
  }
  assert.deepEqual([route.kind, route.parent, connect.kind], [3, null, 3]);
  const of = (name: string) =>
    [...stages, ...collector.below(route)].find((span) => span.name === name)!.attributes;
  assert.equal(route.attributes["xmpp.domain.local"], "target.example");
  assert.equal(route.attributes["xmpp.s2s.state"], "authorised");
  assert.equal(of("dns")["dns.question.name"], "_xmpp-server._tcp.sender.example");
  assert.deepEqual(of("dns")["dns.answers"], [`${ORIGINATING}:5269`]);
  assert.equal(of("dns")["xmpp.dnssec"], "secure");
  assert.deepEqual(of("dns")["xmpp.dnssec.zones"], [".", "example", "sender.example"]);
  assert.deepEqual(of("dns")["xmpp.dnssec.algorithms"], ["13"]);
  assert.equal(of("tcp")["network.transport"], "tcp");
  assert.equal(of("tcp")["network.peer.address"], stage.world.peerIp);
  assert.equal(of("tls")["tls.protocol.version"], "TLSv1.3");
  assert.equal(connect.attributes["xmpp.domain.remote"], ORIGINATING);
  assert.equal(of("request")["xmpp.s2s.verdict"], "valid");
  const token = (await Deno.readTextFile(`${stage.directory}/data/console.token`)).trim();
  for (const secret of [CANARY, DIALBACK_SECRET, token]) {
    assert.ok(!collector.text.includes(secret), "a secret");
  }
});

Deno.test("otel: a peer's requests: granted and denied, linked to their stream, with cause and fault", async () => {
  await using collector = new Collector();
  await using stage = await Stage.open({ env: collector.env });
  const o = await stage.initiateWith();
  o.send(request("bogus.example", "target.example"));
  await o.verdict("bogus.example", "target.example", "error");
  const of = (remote: string) => ({ name, attributes }: Exported) =>
    name === "s2s.assert" && attributes["xmpp.domain.remote"] === remote;
  const granted = await collector.until("the grant", of("sender.example"));
  const denied = await collector.until("the denial", of("bogus.example"));
  const accepted = await collector.until("the stream", ({ name }) => name === "s2s.accept");
  assert.deepEqual(names(collector.below(accepted)), ["stream", "tls", "stream"]);
  for (const span of [granted, denied]) {
    assert.deepEqual([span.parent, span.kind, span.links], [null, 2, [accepted.spanId]]);
    assert.deepEqual(names(collector.below(span)), ["dns", "proof"]);
    assert.notEqual(span.traceId, accepted.traceId);
  }
  assert.equal(granted.failed, false);
  assert.equal(granted.attributes["xmpp.s2s.verdict"], "valid");
  assert.equal(collector.below(granted)[1]!.attributes["xmpp.s2s.prooftype"], "dna-srv");
  assert.deepEqual([denied.failed, denied.message], [true, "the domain's DNSSEC signatures do not verify"]);
  const { attributes } = denied;
  assert.deepEqual(
    [attributes["error.type"], attributes["xmpp.s2s.cause"], attributes["xmpp.s2s.fault"]],
    ["dns.bogus", "dns.bogus", "dns"],
  );
  const [dns, proof] = collector.below(denied);
  assert.deepEqual([dns!.failed, dns!.attributes["error.type"], proof!.failed], [true, "dns.bogus", true]);
});

Deno.test("otel: an attempt of ours that fails ends in error with its cause", async () => {
  await using collector = new Collector();
  await using stage = await Stage.open({ env: collector.env });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@bogus.example", "m1");
  const route = await collector.until("the attempt", ({ name }) => name === "s2s.route");
  assert.deepEqual([route.failed, route.attributes["error.type"]], [true, "dns.bogus"]);
  assert.deepEqual(names(collector.below(route)), ["dns"]);
});

Deno.test("otel: nothing listens and nothing is loaded where it is off; what has no end is not kept for ever", () => {
  const env: readonly Record<string, string>[] = [{}, { OTEL_DENO: "false" }, { OTEL_DENO: "true" }];
  assert.deepEqual(env.map(isTraced), [false, false, true]);
  let ended = 0;
  const begun: Begun = { ids: null, event() {}, set() {}, end: () => void ended++ };
  const spans = new Spans({ begin: () => begun });
  const event = (seq: number): RecordedEvent => ({
    ...{ seq, at: new Date(seq).toISOString(), type: "request.received", connection: `c-${seq}` },
    pair: { local: "a.example", remote: "b.example" },
  });
  for (let seq = 1; seq <= 10_050; seq++) spans.hear(event(seq));
  assert.deepEqual([spans.open, ended], [10_000, 50]);
  spans.hear({ seq: 0, at: new Date(0).toISOString(), type: "connection.closed", connection: "c-10050" });
  assert.deepEqual([spans.open, ended], [9_999, 51]);
});

Deno.test("otel: a connection's end ends what waits on it and nothing else; a call-back is a stage of the request that waits longest", () => {
  const told: string[] = [];
  const spans = new Spans({
    begin: (name, _kind, at, under) => {
      const own = `${name}@${at}`;
      told.push(under === null ? own : `${own} below ${NAMES.get(under)}`);
      const begun: Begun = {
        ids: null,
        event() {},
        set() {},
        end: (end) => void told.push(`${own} ends ${end}`),
      };
      NAMES.set(begun, own);
      return begun;
    },
  });
  const NAMES = new WeakMap<Begun, string>();
  const hear = (at: number, type: RecordedEvent["type"], connection: string, remote: string) =>
    spans.hear({
      ...{ seq: at, at: new Date(at).toISOString(), type, connection },
      pair: { local: "a.example", remote },
    });
  hear(1, "request.received", "c-1", "b.example");
  hear(2, "request.received", "c-2", "b.example");
  hear(3, "request.received", "c-2", "c.example");
  hear(4, "request.sent", "c-2", "d.example");
  hear(5, "verify.received", "c-9", "b.example");
  hear(6, "connection.closed", "c-2", "z.example");
  hear(7, "verify.received", "c-9", "c.example");
  assert.equal(spans.open, 1);
  hear(8, "verdict.sent", "c-1", "b.example");
  assert.deepEqual(told, [
    ...["s2s.assert@1", "s2s.assert@2", "s2s.assert@3", "request@4"],
    ...["dialback@1 below s2s.assert@1", "dialback@1 ends 5"],
    ...["s2s.assert@2 ends 6", "s2s.assert@3 ends 6", "request@4 ends 6", "s2s.assert@1 ends 8"],
  ]);
});
