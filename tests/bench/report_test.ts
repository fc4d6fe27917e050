import assert from "node:assert/strict";
import { comparison, goals, median, ratios, rows, table, type Turn } from "./report.ts";
import { coldGoals, coldRows, type ColdTurn, type Way } from "./report_cold.ts";
import { consoleGoals, consoleRowLine, consoleRows } from "./report_console.ts";
import {
  dialbackGoals,
  dialbackLine,
  dialbackRatios,
  dialbackRows,
  type DialbackTurn,
} from "./report_dialback.ts";
import { type Watch, watchGoals, watchRowLine, watchRows, type WatchTurn } from "./report_recorder.ts";

const cost = (load: string, cpu: number, rate: number) => ({
  load,
  stanzas: 1000,
  cpu_us_sender: cpu,
  cpu_us_receiver: 2 * cpu,
  stanzas_per_second: rate,
  p50_ms: 0.5,
  p99_ms: 6,
  rss_mib_sender: 100,
  rss_mib_receiver: 101,
});

const turn = (server: string, firstStanzaMs: number, cpu: number, rate: number): Turn => ({
  server,
  listeningMs: 400,
  firstStanzaMs,
  costs: [cost("max", cpu, rate), cost("1000", cpu, 1000)],
});

const TURNS = [
  turn("verona", 70, 1, 300_000),
  turn("ejabberd", 500, 30, 20_000),
  turn("verona", 90, 3, 100_000),
  turn("ejabberd", 300, 40, 10_000),
  turn("verona", 80, 2, 200_000),
  turn("ejabberd", 400, 50, 30_000),
];

Deno.test("a median of an even number lies between the two in the middle", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 7]), 6);
});

Deno.test("a row is the median of all rounds of one server and load", () => {
  assert.deepEqual(rows(TURNS, median).find(({ server, load }) => server === "verona" && load === "max"), {
    server: "verona",
    load: "max",
    cpu_us_sender: 2,
    cpu_us_receiver: 4,
    stanzas_per_second: 200_000,
    p50_ms: 0.5,
    p99_ms: 6,
    first_stanza_ms: 80,
    rss_mib_sender: 100,
    rss_mib_receiver: 101,
  });
});

Deno.test("ratios are taken at saturation", () => {
  assert.deepEqual(ratios(TURNS), [
    "verona : ejabberd at saturation: CPU sender 1 : 20, receiver 1 : 20, stanzas/s 10 : 1",
  ]);
});

Deno.test("goals say what was missed", () => {
  const missed = goals(TURNS).filter(({ reached }) => !reached).map(({ text }) => text);
  assert.deepEqual(missed, ["verona: p99 at 1,000/s, ms: 6 (goal < 5)"]);
  const slower = [
    ...TURNS,
    ...TURNS.map((one) => one.server === "verona" ? { ...one, firstStanzaMs: 900 } : one),
  ];
  const again = goals(slower.slice(TURNS.length)).filter(({ reached }) => !reached).map(({ text }) => text);
  assert.equal(again[0], "verona: first stanza, cold, ms (ejabberd's without DNSSEC): 900 (goal < 400)");
});

const CLASSIC = TURNS.filter(({ server }) => server === "verona").map((one) => ({
  ...one,
  server: "verona-classic",
}));

Deno.test("classic streams have a row, ratios and goals of their own", () => {
  const turns = [...TURNS, ...CLASSIC.map((one) => ({ ...one, costs: [cost("max", 8, 50_000)] }))];
  assert.equal(rows(turns, median).find(({ server }) => server === "verona-classic")?.cpu_us_receiver, 16);
  assert.deepEqual(ratios(turns).slice(1), [
    "verona-classic : ejabberd at saturation: CPU sender 1 : 5, receiver 1 : 5, stanzas/s 2.5 : 1",
    "verona-classic : verona at saturation: CPU sender 1 : 0.25, receiver 1 : 0.25, stanzas/s 0.25 : 1",
  ]);
  const missed = goals(turns).filter(({ reached, text }) => !reached && text.startsWith("verona-classic"));
  assert.deepEqual(missed.map(({ text }) => text), [
    "verona-classic: CPU of the sender's side, of ejabberd's: 0.2 (goal <= 0.1667)",
    "verona-classic: CPU of the receiver's side, of ejabberd's: 0.2 (goal <= 0.1667)",
    "verona-classic: stanzas/s, times ejabberd's: 2.5 (goal >= 3)",
  ]);
});

Deno.test("another revision is compared round by round", () => {
  const before = [4, 3, 2].map((cpu) => turn("verona-before", 70, cpu, 400_000));
  // Ratios of the rounds: 1/4, 3/3, 2/2.
  assert.deepEqual(comparison([...TURNS, ...before], "verona-before"), [
    "verona : verona-before at max: CPU sender 1, receiver 1, stanzas/s 0.5, p50 1",
    "verona : verona-before at 1000: CPU sender 1, receiver 1, stanzas/s 1, p50 1",
  ]);
  assert.deepEqual(comparison(TURNS, "verona-before"), []);
});

Deno.test("the table shows medians with minima, and when each listened", () => {
  const lines = table(TURNS).split("\n");
  assert.match(lines[1]!, /^verona +max +2 \(1\) +4 \(2\) +200000 \(100000\) /);
  assert.equal(lines.at(-1), "listening after the start: verona 400 ms, ejabberd 400 ms");
});

const cold = (server: string, peer: string, way: Way, ...all: number[]): ColdTurn[] =>
  all.map((firstStanzaMs) => ({ server, peer, way, firstStanzaMs }));

Deno.test("the first stanza is compared with ejabberd's to the same peer by the same proof", () => {
  const turns = [
    ...cold("verona", "prosody", "dialback", 50, 40, 90),
    ...cold("ejabberd", "prosody", "dialback", 100, 200, 80),
    ...cold("verona", "prosody", "EXTERNAL", 30),
    ...cold("ejabberd", "prosody", "EXTERNAL", 20),
    ...cold("verona", "ejabberd", "EXTERNAL", 30),
  ];
  assert.deepEqual(coldRows(turns)[0], {
    server: "verona",
    peer: "prosody",
    proof: "dialback",
    first_stanza_ms: 50,
    minimum_ms: 40,
  });
  assert.deepEqual(coldGoals(turns), [
    { text: "first stanza, cold, to prosody by dialback, of ejabberd's: 0.5 (goal <= 1)", reached: true },
    { text: "first stanza, cold, to prosody by EXTERNAL, of ejabberd's: 1.5 (goal <= 1)", reached: false },
  ]);
});

const dialback = (
  role: DialbackTurn["role"],
  server: string,
  limits: string,
  ...all: number[]
): DialbackTurn[] =>
  all.map((perSecond) => ({
    ...{ role, server, limits, perSecond },
    done: 100,
    cpuUs: 1e6 / perSecond,
    answers: { valid: 99, invalid: 0, error: 1 },
  }));

Deno.test("dialback has its goals with the limits lifted, and stands beside the peers", () => {
  const turns = [
    ...dialback("receiving", "verona", "proofs=500", 400, 800, 600),
    ...dialback("receiving", "verona", "defaults", 5),
    ...dialback("receiving", "ejabberd", "its defaults", 300),
    ...dialback("authoritative", "verona", "verify=1000000", 4000),
    ...dialback("receiving-apart", "verona", "proofs=500", 400),
    ...dialback("receiving-apart", "prosody", "limits = {}", 800),
  ];
  assert.deepEqual(dialbackRows(turns)[0], {
    role: "receiving",
    server: "verona",
    limits: "proofs=500",
    per_second: 600,
    cpu_us: 1667,
    answers: { valid: 297, invalid: 0, error: 3 },
  });
  assert.equal(
    dialbackLine(dialbackRows(turns)[0]!),
    "receiving       verona        600/s    1667 us CPU each  (297 valid, 3 error)  [proofs=500]",
  );
  assert.deepEqual(dialbackGoals(turns), [
    { text: "dialback, receiving, verified/s: 600 (goal >= 500)", reached: true },
    {
      text: "dialback, authoritative, answers/s on one connection: 4000 (goal >= 5000)",
      reached: false,
    },
  ]);
  assert.deepEqual(dialbackRatios(turns), [
    "verona : ejabberd, dialback, receiving: CPU 1 : 1.999, 2 : 1 a second",
    "verona : prosody, dialback, receiving-apart: CPU 1 : 0.5, 0.5 : 1 a second",
  ]);
});

const watched = (what: WatchTurn["what"], watch: Watch, ...all: number[]): WatchTurn[] =>
  all.map((cpuUs) => ({ what, watch, cpuUs, perSecond: 1e6 / cpuUs, rssMib: 100 }));

Deno.test("what watching costs is compared round by round: off with no recorder, on with off, the flood with what stood beside it", () => {
  const viewed = { bytes: 2_000_000, cpuMs: 30 };
  const turns = [
    ...watched("grant", "none", 100, 200, 100),
    ...watched("grant", "off", 100, 204, 101),
    ...watched("grant", "on", 102, 214.2, 103.02),
    ...watched("grant", "viewers", 110, 224.4, 111.1).map((turn) => ({ ...turn, viewed })),
    ...watched("stanza", "flooded", 1.2),
    ...watched("stanza", "unflooded", 1),
  ];
  const rows = watchRows(turns);
  assert.deepEqual(rows.map(({ watch, cpu_percent }) => [watch, cpu_percent]), [
    ["none", 0],
    ["off", 1],
    ["on", 2],
    ["viewers", 10],
    ["flooded", 20],
    ["unflooded", 0],
  ]);
  assert.match(watchRowLine(rows[3]!), /3 turns {2}\(viewers: 2000 kB, 30 ms CPU of their own\)$/);
  assert.deepEqual(watchGoals(turns), [
    { text: "CPU of a grant, recorder off, % more: 1 (goal < 3)", reached: true },
    { text: "CPU of a grant, recorder on, % more: 2 (goal < 3)", reached: true },
    { text: "CPU of a grant, recorder viewers, % more: 10 (goal < 3)", reached: false },
    { text: "stanzas/s beside 20,000 trace steps a second, %: -16.67 (goal >= -10)", reached: false },
  ]);
});

Deno.test("the console's goals: medians, but of a handshake the longest delay of all rounds", () => {
  const turns = [
    ...[300, 500, 400].map((value) => ({ figure: "paint" as const, value })),
    ...[5, 25].map((value) => ({ figure: "handshake" as const, value })),
    { figure: "page" as const, value: 52.2 },
    { figure: "filter q=state:denied" as const, value: 250 },
  ];
  assert.equal(
    consoleRowLine(consoleRows(turns)[0]!).replaceAll(/ +/g, " "),
    "console paint 400 ms (largest 500 ms, 3 turns)",
  );
  assert.deepEqual(consoleGoals(turns), [
    { text: "first rows of 100,000 pairs, ms: 400 (goal < 1500)", reached: true },
    {
      text: "a handshake's delay by four looks at 100,000 pairs, the longest, ms: 25 (goal <= 20)",
      reached: false,
    },
    { text: "the page, zipped, kB: 52.2 (goal <= 60)", reached: true },
    { text: "answer to filter q=state:denied, 100,000 pairs, ms: 250 (goal < 200)", reached: false },
  ]);
});
