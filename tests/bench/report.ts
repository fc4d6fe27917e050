/** From turns to figures: a median and a minimum per server and load, and how Verona compares. */
import type { Cost } from "./load.ts";

/** One server's turn in one round. */
export interface Turn {
  readonly server: string;
  readonly listeningMs: number;
  readonly firstStanzaMs: number;
  readonly costs: readonly Cost[];
}

/** A row of the JSON file; each figure is the median of all rounds. */
export interface Row {
  readonly server: string;
  readonly load: string;
  readonly cpu_us_sender: number;
  readonly cpu_us_receiver: number;
  readonly stanzas_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly first_stanza_ms: number;
  readonly rss_mib_sender: number;
  readonly rss_mib_receiver: number;
}

type Figure = Exclude<keyof Row, "server" | "load">;

const FIGURES: readonly Figure[] = [
  "cpu_us_sender",
  "cpu_us_receiver",
  "stanzas_per_second",
  "p50_ms",
  "p99_ms",
  "first_stanza_ms",
  "rss_mib_sender",
  "rss_mib_receiver",
];

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Every figure of every server and load, over all rounds, by `choose`. */
export function rows(turns: readonly Turn[], choose: (values: readonly number[]) => number): Row[] {
  const groups = new Map<string, { server: string; load: string; all: Record<Figure, number>[] }>();
  for (const { server, firstStanzaMs, costs } of turns) {
    for (const cost of costs) {
      const key = `${server} ${cost.load}`;
      const group = groups.getOrInsert(key, { server, load: cost.load, all: [] });
      group.all.push({ ...cost, first_stanza_ms: firstStanzaMs });
    }
  }
  return [...groups.values()].map(({ server, load, all }) => {
    const figures = FIGURES.map((figure) => [figure, round(choose(all.map((one) => one[figure])))]);
    return { server, load, ...Object.fromEntries(figures) } as Row;
  });
}

export const round = (value: number): number => Number(value.toPrecision(4));

/** How long each server took until it listened, by `choose`. */
export function starts(turns: readonly Turn[], choose: (values: readonly number[]) => number) {
  const servers = [...new Set(turns.map(({ server }) => server))];
  return servers.map((server) => ({
    server,
    listening_ms: round(
      choose(turns.filter((turn) => turn.server === server).map((turn) => turn.listeningMs)),
    ),
  }));
}

export const smallest = (values: readonly number[]): number => Math.min(...values);

/** `median (minimum)` of each figure, in columns. */
export function table(turns: readonly Turn[]): string {
  const least = rows(turns, smallest);
  const lines = rows(turns, median).map((row, i) =>
    [
      row.server.padEnd(14),
      row.load.padEnd(5),
      ...FIGURES.map((figure) => `${row[figure]} (${least[i]![figure]})`.padStart(18)),
    ].join(" ")
  );
  const head = ["server        ", "load ", ...FIGURES.map((figure) => figure.padStart(18))].join(" ");
  const began = starts(turns, median).map(({ server, listening_ms }) => `${server} ${listening_ms} ms`);
  return [head, ...lines, "", `listening after the start: ${began.join(", ")}`].join("\n");
}

/** A goal of issue 4 or 5, what was measured, and whether it was reached. */
export interface Goal {
  readonly text: string;
  readonly reached: boolean;
}

export function goal(what: string, value: number, bound: "<=" | ">=" | "<", limit: number): Goal {
  const reached = bound === "<=" ? value <= limit : bound === "<" ? value < limit : value >= limit;
  return { text: `${what}: ${round(value)} (goal ${bound} ${round(limit)})`, reached };
}

/** Between server names, and on classic streams: both with stream management on. */
const OWN = ["verona", "verona-classic"];

/** Ratios are taken at saturation, between medians. */
export function goals(turns: readonly Turn[]): Goal[] {
  return OWN.flatMap((name) => goalsOf(name, turns));
}

function goalsOf(name: string, turns: readonly Turn[]): Goal[] {
  const all = rows(turns, median);
  const row = (server: string, load: string) => all.find((row) => row.server === server && row.load === load);
  const [own, slow, ejabberd] = [row(name, "max"), row(name, "1000"), row("ejabberd", "max")];
  const start = starts(turns, median).find(({ server }) => server === name);
  const found: Goal[] = [];
  const say = (what: string, ...rest: [number, "<=" | ">=" | "<", number]) =>
    found.push(goal(`${name}: ${what}`, ...rest));
  if (own && ejabberd) {
    say("CPU of the sender's side, of ejabberd's", own.cpu_us_sender / ejabberd.cpu_us_sender, "<=", 1 / 6);
    say(
      "CPU of the receiver's side, of ejabberd's",
      own.cpu_us_receiver / ejabberd.cpu_us_receiver,
      "<=",
      1 / 6,
    );
    say("stanzas/s, times ejabberd's", own.stanzas_per_second / ejabberd.stanzas_per_second, ">=", 3);
    say(
      "first stanza, cold, ms (ejabberd's without DNSSEC)",
      own.first_stanza_ms,
      "<",
      ejabberd.first_stanza_ms,
    );
  }
  if (slow) {
    say("p50 at 1,000/s, ms", slow.p50_ms, "<", 1);
    say("p99 at 1,000/s, ms", slow.p99_ms, "<", 5);
  }
  if (start) say("listening after the start, ms", start.listening_ms, "<", 500);
  return found;
}

/** Verona beside each peer at saturation, and its streams of both kinds beside each other. */
export function ratios(turns: readonly Turn[]): string[] {
  const all = rows(turns, median).filter(({ load }) => load === "max");
  const row = (name: string) => all.find(({ server }) => server === name);
  const pairs = [
    ...OWN.flatMap((own) => ["ejabberd", "prosody"].map((peer) => [own, peer])),
    OWN.toReversed(),
  ];
  return pairs.flatMap(([left, right]) => {
    const [own, peer] = [row(left!), row(right!)];
    if (own === undefined || peer === undefined) return [];
    const cpu = (side: "cpu_us_sender" | "cpu_us_receiver") => `1 : ${round(peer[side] / own[side])}`;
    const rate = round(own.stanzas_per_second / peer.stanzas_per_second);
    return `${left} : ${right} at saturation: CPU sender ${cpu("cpu_us_sender")}, ` +
      `receiver ${cpu("cpu_us_receiver")}, stanzas/s ${rate} : 1`;
  });
}

/** This revision by another one: the median of the ratios round by round, for the machine's speed drifts. */
export function comparison(turns: readonly Turn[], other: string): string[] {
  const of = (name: string) => turns.filter(({ server }) => server === name);
  const before = of(other);
  return OWN.flatMap((name) => {
    const pairs = of(name).slice(0, before.length).map((turn, i) => [turn.costs, before[i]!.costs] as const);
    return (pairs[0]?.[0] ?? []).map(({ load }, i) => {
      const ratio = (figure: "cpu_us_sender" | "cpu_us_receiver" | "stanzas_per_second" | "p50_ms") =>
        round(median(pairs.map(([own, theirs]) => own[i]![figure] / theirs[i]![figure])));
      return `${name} : ${other} at ${load}: CPU sender ${ratio("cpu_us_sender")}, ` +
        `receiver ${ratio("cpu_us_receiver")}, stanzas/s ${ratio("stanzas_per_second")}, p50 ${
          ratio("p50_ms")
        }`;
    });
  });
}
