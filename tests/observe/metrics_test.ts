/** What `/metrics` is made of, without a server. console.md 4.1. */
import assert from "node:assert/strict";
import type { EventType, RecordedEvent } from "../../facts/event.ts";
import { formatFor } from "../../observe/metrics/accept.ts";
import { count } from "../../observe/metrics/events.ts";
import { type Format, print, type Sample } from "../../observe/metrics/exposition.ts";
import { FAMILIES, type Family, type FamilyName } from "../../observe/metrics/families.ts";
import { Handshakes } from "../../observe/metrics/handshakes.ts";
import { Registry, Sheet } from "../../observe/metrics/registry.ts";
import { MOST_SERIES, OTHER } from "../../observe/metrics/series.ts";
import { Survey } from "../../observe/metrics/survey.ts";
import { type Measured, Phases } from "../../observe/phases.ts";
import { Pace } from "../../observe/tables/pace.ts";
import type { ServerView } from "../../observe/view.ts";
import { parse } from "../harness/prometheus.ts";

const event = (type: EventType, more: Partial<RecordedEvent> = {}): RecordedEvent => ({
  ...{ type, seq: 1, at: "2026-11-26T12:00:00.000Z", ...more },
});

/** As `name{label="value"} number`. */
const shown = (samples: readonly Sample[]) =>
  samples.map(({ suffix = "", labels, value }) =>
    `${suffix}{${labels.map(([name, of]) => `${name}=${of}`).join()}} ${value}`
  );

Deno.test("accept: OpenMetrics to whom names its version and prefers nothing to it", () => {
  const cases: readonly (readonly [accept: string | null, format: Format])[] = [
    [null, "text"],
    ["*/*", "text"],
    ["text/plain", "text"],
    ["application/openmetrics-text", "openmetrics"],
    // Prometheus 2.42, then 3
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," +
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.3", "openmetrics"],
    ["application/openmetrics-text;version=0.0.1", "text"],
    ["application/openmetrics-text;q=0", "text"],
    ["text/plain, application/openmetrics-text;q=0.5", "text"],
    ["application/openmetrics-text;q=nonsense", "text"],
    [";;,,q=1;=", "text"],
  ];
  for (const [accept, format] of cases) assert.equal(formatFor(accept), format, String(accept));
});

Deno.test("exposition: whatever a label or a number is, both reference parsers read it back", async () => {
  const hostile = 'quote " backslash \\ newline \n brace } comma , ümlaut';
  const labels = [["local", hostile], ["direction", "in"], ["prooftype", "pkix"]] as const;
  const samples: Partial<Record<FamilyName, Sample[]>> = {
    "xmpp_s2s_pairs": [{ labels, value: 1.5e21 }],
    "verona_recorder_bytes": [{ labels: [], value: NaN }],
    "process_start_time_seconds": [{ labels: [], value: Infinity }],
  };
  for (const format of ["openmetrics", "text"] as const) {
    const families = await parse(print((name) => samples[name] ?? [], format), format);
    const all = families.flatMap((family) => family.samples);
    assert.deepEqual(all.map(([name, , value]) => [name, value]), [
      ["xmpp_s2s_pairs", "1.5e+21"],
      ["verona_recorder_bytes", "nan"],
      ["process_start_time_seconds", "inf"],
    ]);
    assert.equal(all[0]![1].local, hostile);
  }
});

Deno.test("registry: histograms add up; what has no labels begins at 0; one family never has more series than its bound", () => {
  const registry = new Registry();
  for (const value of [0.5, 1, 3, 100]) registry.observe("xmpp_s2s_dnssec_chain_signatures", {}, value);
  assert.deepEqual(shown(registry.samplesOf("xmpp_s2s_dnssec_chain_signatures")), [
    ...["_bucket{le=1} 2", "_bucket{le=2} 2", "_bucket{le=4} 3", "_bucket{le=8} 3", "_bucket{le=16} 3"],
    ...["_bucket{le=32} 3", "_bucket{le=64} 3", "_bucket{le=+Inf} 4", "_count{} 4", "_sum{} 104.5"],
  ]);
  assert.deepEqual(shown(registry.samplesOf("verona_actor_crashes")), ["{} 0"]);
  for (let i = 0; i < 2 * MOST_SERIES; i++) {
    registry.count("xmpp_s2s_connections_closed", { direction: "in", cause: `c${i}` });
  }
  const closed = registry.samplesOf("xmpp_s2s_connections_closed");
  assert.equal(closed.length, MOST_SERIES + 1);
  assert.equal(closed.reduce((sum, { value }) => sum + value, 0), 2 * MOST_SERIES);
  assert.deepEqual(shown(closed).at(-1), `{direction=${OTHER},cause=${OTHER}} ${MOST_SERIES}`);
  const sheet = new Sheet();
  for (let i = 0; i < 3; i++) sheet.add("xmpp_s2s_routes", { state: "denied" }, 2);
  assert.deepEqual(shown(sheet.samplesOf("xmpp_s2s_routes")), ["{state=denied} 6"]);
});

Deno.test("exemplars: the latest of each bucket, for OpenMetrics alone, as the reference parser reads it", async () => {
  const registry = new Registry();
  const labels = { decision: "denied", prooftype: "none" };
  const observe = (value: number, traceId: string | null) =>
    registry.observe(
      "xmpp_s2s_assertion_duration_seconds",
      labels,
      value,
      traceId === null ? null : { traceId, at: 1_795_694_400_250 },
    );
  for (
    const [value, trace] of [[0.004, "a".repeat(32)], [0.003, "b".repeat(32)], [7, null], [
      99,
      "c".repeat(32),
    ]] as const
  ) {
    observe(value, trace);
  }
  const printed = (format: Format) => print((name) => registry.samplesOf(name), format);
  const all = (await parse(printed("openmetrics"), "openmetrics")).flatMap(({ exemplars }) => exemplars);
  assert.deepEqual(all.map(([{ le }, ...exemplar]) => [le, ...exemplar]), [
    ["0.005", { trace_id: "b".repeat(32) }, "0.003", 1_795_694_400.25],
    ["+Inf", { trace_id: "c".repeat(32) }, "99", 1_795_694_400.25],
  ]);
  assert.ok(!printed("text").includes("trace_id"));
});

Deno.test("families: names, labels and words keep the rules of both formats", () => {
  for (const [name, { type, labels, help, buckets }] of Object.entries(FAMILIES) as [string, Family][]) {
    assert.match(name, /^(xmpp_s2s|verona|process)(_[a-z0-9]+)+$/, name);
    assert.doesNotMatch(name, /_(total|info|bucket|count|sum|created)$/, name);
    assert.ok(help.length > 5 && !help.endsWith("."), name);
    for (const label of labels) assert.match(label, /^[a-z][a-z0-9_]*$/, `${name} ${label}`);
    assert.ok(!labels.some((label) => ["remote", "peer", "connection", "le"].includes(label)), name);
    assert.equal(type === "histogram", buckets !== undefined, name);
    assert.deepEqual(buckets?.toSorted((a, b) => a - b), buckets, name);
  }
});

Deno.test("events: each decision by direction, prooftype and cause; one line that stands for many counts as many", () => {
  const registry = new Registry();
  const hear = (type: EventType, more: Partial<RecordedEvent>) => count(registry, event(type, more));
  hear("pair.granted", { detail: { prooftype: "pkix" } });
  hear("pair.authorised", { detail: { prooftype: "dane" } });
  hear("pair.revoked", { cause: "proof.expired", detail: { direction: "in", prooftype: "pkix" } });
  hear("pair.revoked", { cause: "policy.revoked", detail: { direction: "out", prooftype: null } });
  hear("pair.denied", { cause: "dns.bogus", detail: { direction: "in", repeated: 7 } });
  assert.deepEqual(shown(registry.samplesOf("xmpp_s2s_pair_decisions")), [
    "{direction=in,decision=granted,prooftype=pkix,cause=none} 1",
    "{direction=out,decision=granted,prooftype=dane,cause=none} 1",
    "{direction=in,decision=expired,prooftype=pkix,cause=proof.expired} 1",
    "{direction=out,decision=revoked,prooftype=none,cause=policy.revoked} 1",
    "{direction=in,decision=denied,prooftype=none,cause=dns.bogus} 7",
  ]);
  hear("stanza.bounced", { cause: "route.queue-age", detail: { to: "component" } });
  hear("stanza.discarded", { cause: "route.spoofed", detail: {} });
  assert.deepEqual(shown(registry.samplesOf("xmpp_s2s_stanzas_rejected")), [
    "{direction=out,how=bounced,cause=route.queue-age} 1",
    "{direction=in,how=discarded,cause=route.spoofed} 1",
  ]);
  hear("stream.error", { detail: { by: "peer", condition: "not-authorized" } });
  hear("stream.error", { detail: { by: "peer", found: "bad", condition: "policy-violation" } });
  hear("stream.error", { detail: { by: "us", condition: "policy-violation" } });
  assert.deepEqual(shown(registry.samplesOf("xmpp_s2s_stream_errors")), [
    "{direction=in,condition=not-authorized} 1",
    "{direction=out,condition=policy-violation} 1",
  ]);
});

Deno.test("handshakes: a failure counts by its cause, and only where there was a handshake", () => {
  const [registry, handshakes] = [new Registry(), new Handshakes()];
  const hear = (connection: string, type: EventType, more: Partial<RecordedEvent> = {}) =>
    handshakes.hear(registry, event(type, { connection, ...more }));
  for (const id of ["c-1", "c-2", "c-3", "c-4"]) {
    hear(id, "connection.opened", { detail: { direction: "out" } });
  }
  hear("c-1", "connection.secured", { detail: { version: "TLSv1.3", group: "X25519" } });
  hear("c-1", "connection.closed", { cause: "tls.truncated" });
  hear("c-2", "connection.failed", { cause: "tls.handshake" });
  hear("c-3", "connection.failed", { cause: "tls.refused" });
  hear("c-4", "connection.failed", { cause: "tcp.reset" });
  hear("c-9", "connection.failed", { cause: "tls.handshake" });
  assert.deepEqual(shown(registry.samplesOf("xmpp_s2s_tls_handshakes")), [
    "{direction=out,protocol=TLSv1.3,group=X25519,result=ok} 1",
    "{direction=out,protocol=none,group=none,result=tls.handshake} 1",
  ]);
});

Deno.test("phases: every step of a connection and a pair once, in both directions", () => {
  const all: Measured[] = [];
  const phases = new Phases((one) => all.push(one));
  const connection = "c-1";
  const hear = (at: number, type: EventType, more: Partial<RecordedEvent> = {}) =>
    phases.hear(event(type, { connection, ...more }), at);
  const pair = { local: "a.example", remote: "b.example" };
  hear(100, "connection.opened", { detail: { direction: "out", elapsedMs: 7 } });
  hear(110, "stream.opened");
  hear(150, "connection.secured", { detail: { handshakeMs: 30 } });
  hear(155, "stream.opened");
  hear(160, "connection.established");
  hear(161, "connection.established");
  hear(170, "request.sent", { pair });
  hear(190, "pair.denied", { pair, detail: { direction: "out" } });
  hear(200, "request.received", { pair });
  hear(203, "pair.granted", { pair, detail: { prooftype: "pkix" } });
  hear(300, "pair.granted", { pair, detail: { prooftype: "pkix" } });
  hear(301, "delegation.resolved", { detail: { elapsedMs: 11 } });
  hear(302, "connection.closed");
  hear(303, "connection.established");
  assert.deepEqual(all.map(({ phase, direction, ms }) => `${phase} ${direction} ${ms}`), [
    ...["tcp out 7", "tls out 30", "starttls out 20", "stream out 10", "setup out 67"],
    ...["verdict out 20", "proof in 3", "dns out 11"],
  ]);
  assert.deepEqual(all.flatMap(({ decision, prooftype }) => decision ? [[decision, prooftype]] : []), [
    ["denied", "none"],
    ["granted", "pkix"],
  ]);
});

Deno.test("survey: a walk through very many pairs rests in between, and is not made again at once", async () => {
  let walks = 0;
  const MANY = 200_000;
  const view = {
    certificates: () => [
      { names: ["a.example"], notAfter: 9000 },
      { names: ["b.example"], notAfter: 7000 },
      { names: ["a.example"], notAfter: 8000 },
    ],
    sources: {
      domains: { rows: () => [{ name: "a.example" }] },
      proofs: { rows: () => [{ state: "held", expires: 5000 }, { state: "suspected", expires: 3000 }] },
    },
    *openPairs() {
      walks++;
      for (let i = 0; i < MANY; i++) {
        yield { local: i % 2 ? "a.example" : "b.example", sends: true, receives: i === 1, prooftype: "pkix" };
      }
    },
  } as unknown as ServerView;
  const survey = new Survey(view, new Pace());
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const early = await survey.read(1);
  assert.deepEqual(
    [early.pairs.size, early.proofs, early.earliestExpiry],
    [0, {}, null],
    "it waits for nobody",
  );
  const [found, same] = await Promise.all([survey.read(60_000), survey.read(60_000)]);
  clearInterval(timer);
  assert.ok(turns > 2, "nobody else had a turn");
  assert.equal(found, same);
  assert.deepEqual([...found.pairs.values()].map(({ labels, count }) => [...Object.values(labels), count]), [
    [OTHER, "out", "pkix", MANY / 2],
    ["a.example", "out", "pkix", MANY / 2],
    ["a.example", "in", "pkix", 1],
  ]);
  assert.deepEqual([...found.certificates], [["b.example", 7000], ["a.example", 8000]]);
  assert.deepEqual([found.earliestExpiry, found.proofs], [3000, { held: 1, suspected: 1, postponed: 0 }]);
  assert.equal(await survey.read(), found);
  assert.equal(walks, 1);
});
