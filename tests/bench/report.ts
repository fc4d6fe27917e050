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

const round = (value: number): number => Number(value.toPrecision(4));

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

const smallest = (values: readonly number[]): number => Math.min(...values);

/** `median (minimum)` of each figure, in columns. */
export function table(turns: readonly Turn[]): string {
  const least = rows(turns, smallest);
  const lines = rows(turns, median).map((row, i) =>
    [
      row.server.padEnd(9),
      row.load.padEnd(5),
      ...FIGURES.map((figure) => `${row[figure]} (${least[i]![figure]})`.padStart(18)),
    ].join(" ")
  );
  const head = ["server   ", "load ", ...FIGURES.map((figure) => figure.padStart(18))].join(" ");
  const began = starts(turns, median).map(({ server, listening_ms }) => `${server} ${listening_ms} ms`);
  return [head, ...lines, "", `listening after the start: ${began.join(", ")}`].join("\n");
}

/** A goal of issue 4, what was measured, and whether it was reached. */
export interface Goal {
  readonly text: string;
  readonly reached: boolean;
}

/** Ratios are taken at saturation, between medians. */
export function goals(turns: readonly Turn[]): Goal[] {
  const all = rows(turns, median);
  const row = (server: string, load: string) => all.find((row) => row.server === server && row.load === load);
  const [own, slow] = [row("verona", "max"), row("verona", "1000")];
  const start = starts(turns, median).find(({ server }) => server === "verona");
  const found: Goal[] = [];
  const goal = (what: string, value: number, bound: "<=" | ">=" | "<", limit: number) => {
    const reached = bound === "<=" ? value <= limit : bound === "<" ? value < limit : value >= limit;
    found.push({ text: `${what}: ${round(value)} (goal ${bound} ${round(limit)})`, reached });
  };
  const ejabberd = row("ejabberd", "max");
  if (own && ejabberd) {
    goal("CPU of the sender's side, of ejabberd's", own.cpu_us_sender / ejabberd.cpu_us_sender, "<=", 1 / 6);
    goal(
      "CPU of the receiver's side, of ejabberd's",
      own.cpu_us_receiver / ejabberd.cpu_us_receiver,
      "<=",
      1 / 6,
    );
    goal("stanzas/s, times ejabberd's", own.stanzas_per_second / ejabberd.stanzas_per_second, ">=", 3);
    goal(
      "first stanza, cold, ms (ejabberd's without DNSSEC)",
      own.first_stanza_ms,
      "<",
      ejabberd.first_stanza_ms,
    );
  }
  if (slow) {
    goal("p50 at 1,000/s, ms", slow.p50_ms, "<", 1);
    goal("p99 at 1,000/s, ms", slow.p99_ms, "<", 5);
  }
  if (start) goal("listening after the start, ms", start.listening_ms, "<", 500);
  return found;
}

/** Verona beside each peer at saturation. */
export function ratios(turns: readonly Turn[]): string[] {
  const all = rows(turns, median).filter(({ load }) => load === "max");
  const own = all.find(({ server }) => server === "verona");
  if (own === undefined) return [];
  return all.filter((row) => row !== own).map((peer) =>
    `verona : ${peer.server} at saturation: CPU sender 1 : ${
      round(peer.cpu_us_sender / own.cpu_us_sender)
    }, receiver 1 : ${round(peer.cpu_us_receiver / own.cpu_us_receiver)}, stanzas/s ${
      round(own.stanzas_per_second / peer.stanzas_per_second)
    } : 1`
  );
}
