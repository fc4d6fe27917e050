import assert from "node:assert/strict";
import { goals, median, ratios, rows, type Turn } from "./report.ts";

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
  assert.deepEqual(missed, ["p99 at 1,000/s, ms: 6 (goal < 5)"]);
  const slower = [
    ...TURNS,
    ...TURNS.map((one) => one.server === "verona" ? { ...one, firstStanzaMs: 900 } : one),
  ];
  const again = goals(slower.slice(TURNS.length)).filter(({ reached }) => !reached).map(({ text }) => text);
  assert.equal(again[0], "first stanza, cold, ms (ejabberd's without DNSSEC): 900 (goal < 400)");
});
