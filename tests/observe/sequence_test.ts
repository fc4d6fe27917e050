/** A trace as a conversation, and its exports. console.md 3.6, 6 D2. */
import assert from "node:assert/strict";
import { CAUSES } from "../../facts/cause.ts";
import { EVENTS, type EventType, STEPS } from "../../facts/event.ts";
import type { EventRow } from "../../observe/contract.ts";
import { sequence, startOf } from "../../observe/sequence.ts";
import { printLine, printMermaid, printOffset } from "../../observe/trace_text.ts";

const ROUTE = { local: "target.example", remote: "sender.example" };
const LANES = { local: "xmpp1.receiving.example", peer: "xmpp1.originating.example" };

/** `at` in ms after the first. */
function event(seq: number, at: number, type: EventType, rest: Partial<EventRow> = {}): EventRow {
  return { seq, at: new Date(1000 + at).toISOString(), type, connection: "c-1", route: null, ...rest };
}

const moved = (seq: number, at: number, machine: string, on: string, state: string): EventRow =>
  event(seq, at, "machine.moved", {
    detail: { machine, actor: machine, on, from: null, to: null, edges: [], state },
  });

const HAPPY: readonly EventRow[] = [
  event(1, 0, "connection.opened", { detail: { direction: "in", peer: "192.0.2.1", port: 4711 } }),
  moved(2, 1, "inbound stream", "started", "negotiating.opening"),
  event(3, 20, "connection.secured", {
    detail: { version: "TLSv1.3", cipher: "C", certificate: "accepted", names: [LANES.peer] },
  }),
  event(4, 100, "request.received", { route: ROUTE }),
  moved(5, 100, "assertion in", "request.admitted", "proving"),
  event(6, 140, "delegation.resolved", {
    route: ROUTE,
    detail: {
      domain: ROUTE.remote,
      service: "offered",
      security: "secure",
      targets: [{ host: LANES.peer, port: 5269 }],
      lookups: [{
        chain: [{ zone: "." }, { zone: "example" }, { zone: "sender.example" }, { zone: "sender.example" }],
      }],
      elapsedMs: 38,
    },
  }),
  moved(7, 141, "assertion in", "proof.found", "granted"),
  event(8, 141, "pair.granted", { route: ROUTE, detail: { prooftype: "dna-srv" } }),
  event(9, 142, "verdict.sent", { route: ROUTE, detail: { verdict: "valid" } }),
  moved(10, 60_000, "inbound stream", "after idle", "closing"),
];

Deno.test("sequence: who said what to whom, in order, with the states it led to (D2.1)", () => {
  const lines = sequence(HAPPY);
  assert.deepEqual(lines.map((line) => printLine(line).trimStart()), [
    "+0 ms  <-- TCP from 192.0.2.1 port 4711   [negotiating.opening]",
    "+20 ms  --> TLSv1.3 handshake, C",
    "+20 ms      certificate accepted: xmpp1.originating.example",
    "+100 ms  <-- <db:result from='sender.example' to='target.example'>   [assertion in: proving]",
    "+102 ms  dns SRV? _xmpp-server._tcp.sender.example",
    "+140 ms  dns SRV secure: xmpp1.originating.example:5269",
    "+140 ms      proof secure  . → example → sender.example   [assertion in: granted]",
    "+141 ms      sender.example → target.example granted by dna-srv",
    "+142 ms  --> <db:result from='target.example' to='sender.example' type='valid'>",
    "+60.0 s      after idle   [closing]",
  ]);
});

Deno.test("sequence: inside TLS are later words of the peer and to it, nothing else (D2.3)", () => {
  const inside = sequence(HAPPY).filter(({ encrypted }) => encrypted).map(({ seq }) => seq);
  assert.deepEqual(inside, [3, 4, 9]);
});

Deno.test("sequence: a denial ends in what is not ok, with its reason (D2.2)", () => {
  const lines = sequence([
    event(1, 0, "verdict.sent", {
      route: ROUTE,
      cause: "proof.none",
      detail: { verdict: "error", condition: "policy-violation" },
    }),
    event(2, 0, "pair.denied", {
      route: ROUTE,
      cause: "proof.none",
      detail: { direction: "in", condition: "policy-violation" },
    }),
  ]);
  assert.deepEqual(lines.map(({ ok, text }) => [ok, text]), [
    [false, "<db:result from='target.example' to='sender.example' type='error policy-violation'>"],
    [false, "sender.example → target.example denied: proof.none policy-violation"],
  ]);
});

Deno.test("sequence: times never go back, whatever the clock did (D2.4)", () => {
  const lines = sequence([
    event(1, 500, "request.sent"),
    event(2, 0, "request.sent"),
    event(3, 700, "request.sent"),
  ]);
  assert.deepEqual(lines.map(({ tMs }) => tMs), [0, 0, 200]);
});

Deno.test("sequence: the end of a trace is drawn as if the beginning were there", () => {
  const start = { ...startOf(HAPPY), encrypted: true };
  const [line] = sequence(HAPPY.slice(8), start);
  assert.deepEqual([line!.tMs, line!.encrypted], [142, true]);
  assert.deepEqual(sequence([]), []);
});

Deno.test("sequence: every kind of event has a line of its own or stands in another, with any detail or none", () => {
  const types = [...Object.keys(EVENTS), ...Object.keys(STEPS)] as EventType[];
  for (const type of types) {
    const detail = type === "machine.moved"
      ? { detail: { machine: "m", actor: "a", on: "e", state: "s" } }
      : {};
    for (const cause of [undefined, Object.keys(CAUSES)[0] as EventRow["cause"]]) {
      for (const line of sequence([event(1, 0, type, { ...detail, ...(cause ? { cause } : {}) })])) {
        assert.ok(line.text.length > 0, type);
      }
    }
  }
});

Deno.test("Mermaid: three lanes, TLS shaded, pauses said, hostile words harmless", () => {
  const text = printMermaid(sequence(HAPPY), LANES);
  assert.match(text, /^sequenceDiagram\n {2}participant resolver\n/);
  assert.match(text, /peer->>local: #60;db:result from='sender\.example'/);
  assert.equal(text.match(/^ {2}rect /gm)?.length, text.match(/^ {2}end$/gm)?.length);
  assert.match(text, /Note over local,peer: 59858 ms later/);
  const hostile = event(1, 0, "stream.error", {
    cause: "stream.error",
    detail: { by: "peer", condition: "end;\n  participant evil\u202e #lt;<script>%%{init: {}}%%" },
  });
  const shown = printMermaid(sequence([hostile]), { local: "a;b", peer: "x\ny" });
  assert.equal(shown.split("\n").length, 6);
  assert.doesNotMatch(shown.replaceAll(/#\d+;/g, ""), /[;<>%{}]|\u202e|participant evil$/m);
  assert.match(shown, /peer--xlocal: /);
});

Deno.test("offsets have at most three digits after which nobody looks", () => {
  assert.deepEqual([0, 9999, 12_345, 700_000, 40_000_000].map(printOffset), [
    "+0 ms",
    "+9999 ms",
    "+12.3 s",
    "+11 min",
    "+11 h",
  ]);
});

Deno.test("sequence: only what failed is marked, and the peer's words stand with its stream error", () => {
  const cause = "stream.not-authorized";
  const text = "Your server's certificate is not trusted";
  const said = { by: "peer", condition: "not-authorized", text, peer: "192.0.2.1" };
  const [secured, proven, error, ...states] = sequence([
    event(1, 0, "connection.secured", {
      cause: "tls.self-signed",
      detail: { version: "TLSv1.3", cipher: "C", certificate: "refused", names: [] },
    }),
    event(2, 1, "endpoint.judged", {
      detail: { domain: "sender.example", prooftype: "dane", names: [], target: LANES.peer },
    }),
    event(3, 2, "stream.error", { cause, detail: said }),
    event(4, 3, "route.state", { route: ROUTE, cause, detail: { state: "backoff", ...said } }),
    event(5, 4, "route.state", { route: ROUTE, cause, detail: { state: "resolving" } }),
    event(6, 5, "route.state", { route: ROUTE, cause: "operator.closed", detail: { state: "requesting" } }),
  ]).map((line) => printLine(line).trimStart()).slice(1);
  assert.equal(secured, "+0 ms      certificate proves no name by itself: tls.self-signed");
  assert.match(proven!, /^\+1 ms {6}xmpp1\.originating\.example is proven .* by dane$/);
  assert.equal(error, `+2 ms  <-- ✗ <stream:error> not-authorized "${text}": ${cause}`);
  assert.deepEqual(states, [
    `+3 ms      ✗ route backoff: ${cause} not-authorized "${text}"`,
    `+4 ms      route resolving, after ${cause}`,
    "+5 ms      route requesting, after operator.closed",
  ]);
});
