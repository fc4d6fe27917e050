/** `/metrics` of a real server, read by Prometheus' own parsers, linter and server. console.md 4.1. */
import assert from "node:assert/strict";
import { FAMILIES } from "../../observe/metrics/families.ts";
import { OTHER } from "../../observe/metrics/series.ts";
import { arrival, grant, initiateBidi, message } from "../federation/acts.ts";
import { granted, Stage } from "../harness/stage.ts";
import { parse, Prometheus, promtool, valueOf } from "../harness/prometheus.ts";
import { request } from "../peer/stream.ts";
import type { Json } from "../harness/verona.ts";
import { ask } from "./ask.ts";

const COMPONENT = "jabber:component:accept";
const OPEN = { accept: "application/openmetrics-text; version=1.0.0" };

/** One federation with everything in it: granted, denied, bogus, delivered both ways, refused. */
async function busy(stage: Stage) {
  const juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  o.send(request("bogus.example", "target.example"));
  await o.denial("bogus.example", "target.example", "auth", "not-authorized");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  juliet.say("juliet", "romeo@sender.example", "j1");
  await o.message({ id: "j1" });
  return juliet;
}

Deno.test("metrics: both formats as the reference parsers read them, and they say the same", async () => {
  await using stage = await Stage.open();
  await using _juliet = await busy(stage);
  const text = await ask(stage, "/metrics"), open = await ask(stage, "/metrics", { headers: OPEN });
  assert.equal(text.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(
    open.headers.get("content-type"),
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  for (const { headers } of [text, open]) {
    assert.deepEqual([headers.get("vary"), headers.get("cache-control")], ["accept", "no-store"]);
  }
  assert.ok(open.text.endsWith("\n# EOF\n") && !text.text.includes("# EOF"));
  const [older, newer] = await Promise.all([parse(text.text, "text"), parse(open.text, "openmetrics")]);
  const series = (families: typeof older) =>
    families.flatMap(({ samples }) => samples).map(([name, labels]) => `${name} ${JSON.stringify(labels)}`)
      .sort();
  assert.deepEqual(series(older), series(newer));
  const said = newer.map(({ name }) => name);
  assert.deepEqual(said, Object.keys(FAMILIES), "documented, and there from the start");
  const typed = (wanted: string) => newer.filter(({ type }) => type === wanted).length;
  assert.ok(typed("counter") > 15 && typed("gauge") > 15 && typed("histogram") === 5 && typed("info") === 1);
  assert.ok(newer.every(({ name, unit }) => unit === "" || name.endsWith(unit)));
  const linted = await promtool(["check", "metrics"], text.text);
  assert.deepEqual(linted, { code: 0, said: "" });
});

Deno.test("metrics: what happened is what they say", async () => {
  await using stage = await Stage.open();
  await using _juliet = await busy(stage);
  const families = await parse((await ask(stage, "/metrics", { headers: OPEN })).text, "openmetrics");
  const value = (name: string, labels: Record<string, string> = {}) => valueOf(families, name, labels);
  const into = { direction: "in" }, out = { direction: "out" };
  assert.equal(
    value("xmpp_s2s_connections", { ...into, state: "established", ip_family: "ipv4" }),
    1,
  );
  assert.equal(value("xmpp_s2s_connections_opened_total", into), 1);
  for (const phase of ["starttls", "tls", "stream", "total", "proof", "dns"]) {
    const count = value("xmpp_s2s_setup_duration_seconds_count", { ...into, phase });
    assert.ok(count !== null && count >= 1, `${phase}: ${count}`);
  }
  const handshake = { ...into, protocol: "TLSv1.3", result: "ok" };
  assert.equal(value("xmpp_s2s_tls_handshakes_total", handshake), 1);
  assert.equal(value("xmpp_s2s_tls_handshakes_total", { ...handshake, group: "none" }), null);
  for (const direction of ["in", "out"]) {
    assert.equal(value("xmpp_s2s_pairs", { local: "target.example", direction, prooftype: "dna-srv" }), 1);
  }
  const decided = (decision: string, cause: string) =>
    value("xmpp_s2s_pair_decisions_total", { ...into, decision, cause });
  assert.deepEqual([decided("granted", "none"), decided("denied", "dns.bogus")], [1, 1]);
  assert.equal(value("xmpp_s2s_assertion_duration_seconds_count", { decision: "denied" }), 1);
  assert.ok(value("xmpp_s2s_dnssec_validations_total", { result: "bogus", cause: "dns.bogus" })! >= 1);
  assert.ok(value("xmpp_s2s_dnssec_chain_signatures_sum")! > 0);
  assert.ok(value("xmpp_s2s_dns_query_duration_seconds_count", { qtype: "SRV", result: "secure" })! >= 1);
  assert.ok(value("xmpp_s2s_proof_cache_misses_total")! >= 1 && value("xmpp_s2s_proof_cache_entries")! >= 1);
  assert.ok(value("xmpp_s2s_dns_questions_total")! >= 1);
  assert.equal(value("xmpp_s2s_proofs", { state: "held" }), 1);
  const now = Date.now() / 1000;
  assert.ok(value("xmpp_s2s_proof_earliest_expiry_timestamp_seconds")! > now);
  assert.ok(
    value("xmpp_s2s_certificate_expiry_timestamp_seconds", { local: "xmpp1.receiving.example" })! > now,
  );
  assert.equal(value("xmpp_s2s_routes", { state: "authorised" }), 1);
  const kinds = (direction: string) =>
    ["message", "presence", "iq"].map((kind) => value("xmpp_s2s_stanzas_total", { direction, kind }));
  assert.deepEqual([kinds("in"), kinds("out")], [[1, 0, 0], [1, 0, 0]]);
  assert.ok(value("xmpp_s2s_bytes_total", into)! > 500 && value("xmpp_s2s_bytes_total", out)! > 500);
  assert.deepEqual(
    ["connected", "away"].map((component) => value("verona_domains", { component })),
    [1, 1],
  );
  assert.equal(value("verona_actor_states", { machine: "inbound_stream", state: "established" }), 1);
  assert.equal(value("verona_actor_crashes_total"), 0);
  assert.ok(value("verona_recorder_steps_total")! > 5 && value("verona_recorder_bytes")! > 1000);
  assert.equal(value("verona_recorder_one_in"), 1);
  assert.ok(Math.abs(value("process_start_time_seconds")! - now) < 600);
  assert.ok(value("process_cpu_seconds_total")! > 0 && value("process_resident_memory_bytes")! > 1 << 20);
  const build = families.find(({ name }) => name === "verona_build")!.samples[0]![1];
  assert.match(build.commit!, /^[0-9a-f]{7}$/);
});

Deno.test("metrics: what is counted as it happens is the sum over all connections, open and closed", async () => {
  await using stage = await Stage.open();
  await using juliet = await busy(stage);
  const second = await stage.initiateWith("other-sender.example");
  for (const id of ["m2", "m3"]) {
    second.send(message("romeo@other-sender.example", "juliet@target.example", id));
    await juliet.message({ id });
  }
  second.send("</stream:stream>");
  await stage.server.told({ event: "connection.closed" });
  const open = await stage.server.connections();
  const { connections: closed } = await stage.server.api("/connections?q=state:closed");
  assert.deepEqual([open.length, closed.length], [1, 1]);
  const families = await parse((await ask(stage, "/metrics")).text, "text");
  const value = (name: string, labels: Record<string, string> = {}) => valueOf(families, name, labels);
  const sum = (read: (row: Json) => number) =>
    [...open, ...closed].reduce((all: number, row: Json) => all + read(row), 0);
  for (const direction of ["in", "out"] as const) {
    const kinds = ["message", "presence", "iq"].map((kind) =>
      value("xmpp_s2s_stanzas_total", { direction, kind }) ?? 0
    );
    assert.equal(kinds.reduce((a, b) => a + b), sum(({ stanzas }) => stanzas[direction]), direction);
    // A row is remembered as it was when its stream ended: TLS has a last word behind that.
    const [bytes, known] = [
      value("xmpp_s2s_bytes_total", { direction })!,
      sum(({ bytes }) => bytes[direction]),
    ];
    assert.ok(bytes >= known && bytes < known + 500, `${bytes} bytes ${direction}, rows say ${known}`);
  }
  assert.equal(sum(({ stanzas }) => stanzas.in), 3);
  assert.equal(value("xmpp_s2s_stanzas_acknowledged_total"), sum(({ acknowledged }) => acknowledged));
  assert.equal(value("xmpp_s2s_connections", { direction: "in", state: "established" }), open.length);
  const { totals } = await stage.server.api("/overview");
  assert.deepEqual(totals.connectionStates, { connecting: 0, negotiating: 0, established: 1, closing: 0 });
  assert.deepEqual([totals.components, value("verona_domains", { component: "connected" })], [1, 1]);
});

Deno.test("metrics: a connection of ours, phase by phase; what a peer refuses; what it says to end it", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(
    "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
  );
  await stage.server.told({ event: "connection.closed" });
  const families = await parse((await ask(stage, "/metrics", { headers: OPEN })).text, "openmetrics");
  const value = (name: string, labels: Record<string, string>) => valueOf(families, name, labels);
  const out = { direction: "out" };
  for (const phase of ["dns", "tcp", "starttls", "tls", "stream", "total", "verdict"]) {
    const count = value("xmpp_s2s_setup_duration_seconds_count", { ...out, phase });
    assert.ok(count !== null && count >= 1, `${phase}: ${count}`);
  }
  assert.equal(value("xmpp_s2s_tls_handshakes_total", { ...out, result: "ok" }), 1);
  assert.equal(value("xmpp_s2s_pair_decisions_total", { ...out, decision: "granted" }), 1);
  assert.equal(value("xmpp_s2s_stream_errors_total", { direction: "in", condition: "conflict" }), 1);
  assert.equal(value("xmpp_s2s_connections_closed_total", { ...out, cause: "stream.error" }), 1);
});

Deno.test("metrics: stanzas by kind outlive their connection; what was refused is there by cause", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  const addressed = "from='romeo@sender.example' to='juliet@target.example'";
  o.send(`<presence ${addressed}/><iq ${addressed} type='get' id='i1'><q xmlns='urn:q'/></iq>`);
  await juliet.stream.element(COMPONENT, "presence");
  await juliet.stream.element(COMPONENT, "iq");
  o.send(message("tybalt@rogue.example", "juliet@target.example", "x1"));
  await stage.server.told({ event: "stanza.discarded" });
  o.send("</stream:stream>");
  await stage.server.told({ event: "connection.closed" });
  const families = await parse((await ask(stage, "/metrics")).text, "text");
  const into = { direction: "in" };
  const kinds = ["message", "presence", "iq"]
    .map((kind) => valueOf(families, "xmpp_s2s_stanzas_total", { ...into, kind }));
  assert.deepEqual(kinds, [0, 1, 1]);
  assert.equal(valueOf(families, "xmpp_s2s_pairs", { local: "target.example" }), null);
  assert.equal(valueOf(families, "xmpp_s2s_stanzas_rejected_total", { ...into, how: "discarded" }), 1);
  assert.equal(valueOf(families, "xmpp_s2s_connections_closed_total", into), 1);
});

Deno.test("metrics: hostile peers make no series: no remote name, id or address is a label, and all is bounded", async () => {
  await using stage = await Stage.open({ settings: { limits: { denials_per_minute: 1000 } } });
  const o = await stage.initiateWith();
  const names = Array.from({ length: 200 }, (_, i) => `evil-${i}.hostile.example`);
  for (const name of names) o.send(request(name, "target.example"));
  const denied = /^xmpp_s2s_pair_decisions_total\{direction="in",decision="denied",.*\} (\d+)$/gm;
  const lines = await stage.server.eventually("all are denied", async () => {
    const { text } = await ask(stage, "/metrics");
    const sum = [...text.matchAll(denied)].reduce((all, [, one]) => all + Number(one), 0);
    return sum === names.length && text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  });
  const named = lines.filter((line) =>
    /hostile|sender\.example|originating|c-\d|127\.\d+\.\d+\.\d+/.test(line)
  );
  assert.deepEqual(named, []);
  assert.ok(lines.length < 2000, `${lines.length} series`);
  o.send("<stream:error><evil-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  await stage.server.told({ event: "stream.error", by: "peer" });
  const families = await parse((await ask(stage, "/metrics")).text, "text");
  const said = { direction: "in", condition: "undefined-condition" };
  assert.equal(valueOf(families, "xmpp_s2s_stream_errors_total", said), 1);
});

Deno.test("metrics: with fifty hosted domains that are all open both ways there are fewer than 2,000 series (console.md 4.1)", async () => {
  const names = Array.from({ length: 50 }, (_, n) => `tenant-${n}.example`);
  await using stage = await Stage.open({ domains: names });
  await using _juliet = await busy(stage);
  const o = await initiateBidi(stage);
  for (const name of names) await granted(o, "sender.example", name);
  const { text } = await ask(stage, "/metrics");
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.ok(names.every((name) => text.includes(`local="${name}"`)), "each has its own");
  assert.ok(series.length > 300 && series.length < 2000, `${series.length} series`);
});

Deno.test("metrics: beyond a hundred hosted domains the others are one", async () => {
  const domains = Array.from({ length: 110 }, (_, i) => `d${i}.tenants.example`);
  await using stage = await Stage.open({ domains });
  const { o } = await stage.initiate();
  await granted(o, "sender.example", "target.example");
  await granted(o, "sender.example", "d105.tenants.example");
  await granted(o, "sender.example", "d107.tenants.example");
  const families = await parse((await ask(stage, "/metrics")).text, "text");
  const pairs = (local: string) => valueOf(families, "xmpp_s2s_pairs", { local, direction: "in" });
  assert.deepEqual([pairs("target.example"), pairs(OTHER), pairs("d105.tenants.example")], [1, 2, null]);
});

Deno.test("metrics: a real Prometheus scrapes them, by OpenMetrics", async () => {
  await using stage = await Stage.open();
  await using _juliet = await busy(stage);
  const target = new URL(stage.server.console).host;
  await using prometheus = await Prometheus.start(target, []);
  const up = (data: { result: { value: [number, string] }[] }) => data.result[0]?.value[1] === "1";
  await prometheus.eventually(`query?query=up{job="verona"}`, up);
  const { result } = await prometheus.query("sum(xmpp_s2s_stanzas_total)");
  assert.equal(result[0].value[1], "2");
  // Only OpenMetrics knows `info`: by the older format it would have come as a gauge.
  const metadata = await prometheus.get("metadata?metric=verona_build");
  assert.equal(metadata.verona_build[0].type, "info");
});
