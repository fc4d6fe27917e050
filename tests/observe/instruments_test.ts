/** The metrics as Deno's OpenTelemetry exporter pushes them, beside what `/metrics` says. console.md 4.1. */
import assert from "node:assert/strict";
import { FAMILIES, type Family } from "../../observe/metrics/families.ts";
import { parse } from "../harness/prometheus.ts";
import { Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { Collector } from "./collector.ts";

const DENIED = { direction: "in", decision: "denied", prooftype: "dna-srv", cause: "dns.bogus" };

/** They move by themselves. */
const RESTLESS = /^(process_|verona_recorder_bytes|verona_event_loop|xmpp_s2s_dns_questions|verona_console)/;

Deno.test("otel: what is pushed is what /metrics says: every family, its labels, unit and numbers", async () => {
  await using collector = new Collector();
  const env = { ...collector.env, OTEL_METRIC_EXPORT_INTERVAL: "200" };
  await using stage = await Stage.open({ env });
  const o = await stage.initiateWith();
  o.send(request("bogus.example", "target.example"));
  await o.verdict("bogus.example", "target.example", "error");
  const key = (labels: Readonly<Record<string, unknown>>) => JSON.stringify(Object.entries(labels).sort());
  const pushed = (name: string, labels: Readonly<Record<string, unknown>>) =>
    collector.metrics.get(name)?.points.find((point) => key(point.labels) === key(labels));
  await collector.measuredUntil(
    "the denial",
    () => pushed("xmpp_s2s_pair_decisions", DENIED)?.value === 1 && collector.metrics.has("verona_build"),
  );
  const headers = { accept: "application/openmetrics-text; version=1.0.0" };
  const text = await (await fetch(`${stage.server.console}/metrics`, { headers })).text();
  const pulled = await parse(text, "openmetrics");
  const wanted = pulled.filter(({ name }) => !RESTLESS.test(name)).flatMap(({ name, type, samples }) =>
    samples.filter(([sample]) => type !== "histogram" || sample.endsWith("_count"))
      .map(([, labels, value]) => ({ name, labels, value: Number(value) }))
  );
  // What a walk tells may be of the walk before; then the next one is pushed.
  await collector.measuredUntil(
    "all that is pulled",
    () => wanted.every(({ name, labels, value }) => pushed(name, labels)?.value === value),
  );
  const compared = new Set(wanted.map(({ name }) => name));
  assert.ok(compared.size > 30, [...compared].join());
  for (const [name, { unit, kind, points }] of collector.metrics) {
    const family = (FAMILIES as Readonly<Record<string, Family>>)[name];
    assert.ok(family !== undefined, name);
    assert.equal(kind, family.type === "info" ? "gauge" : family.type, name);
    assert.equal(unit, name.endsWith("_seconds") ? "s" : name.endsWith("_bytes") ? "By" : "", name);
    if (kind === "histogram") assert.deepEqual(points[0]!.bounds, family.buckets, name);
  }
});
