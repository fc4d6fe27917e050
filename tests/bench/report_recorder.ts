/** What watching costs: from turns to rows and goals. */
import { type Goal, goal, median, round } from "./report.ts";
import type { Viewed } from "./viewers.ts";

/** `none`: a recorder that does nothing, and no console; `off`: no console; `viewers`: ten that read every event; `flooded`: 20,000 trace steps a second besides; `unflooded`: `on`, just before or after it. */
export const WATCHES = ["none", "off", "on", "viewers", "flooded", "unflooded"] as const;
export type Watch = (typeof WATCHES)[number];

/** One turn of one way to watch. */
export interface WatchTurn {
  readonly watch: Watch;
  /** `grant`: of a proven peer whose proof is known; `assertion`: of a stranger, by dialback. */
  readonly what: "stanza" | "grant" | "assertion";
  /** Of the receiving server's process, all threads. */
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly rssMib: number;
  /** What the viewers read, in their own process. */
  readonly viewed?: Viewed;
}

/** A row of the JSON file; each figure is the median of all turns, and what it is more than in those it is compared with. */
export interface WatchRow {
  readonly watch: Watch;
  readonly what: WatchTurn["what"];
  readonly turns: number;
  readonly cpu_us: number;
  readonly cpu_percent: number;
  readonly per_second: number;
  readonly per_second_percent: number;
  readonly rss_mib: number;
  readonly viewers_cpu_ms?: number;
  readonly viewers_kbytes?: number;
}

type Figure = "cpuUs" | "perSecond";

/** What it is compared with. */
const baseOf = (watch: Watch): Watch => {
  if (watch === "flooded" || watch === "unflooded") return "unflooded";
  return watch === "none" || watch === "off" ? "none" : "off";
};

export function watchRows(turns: readonly WatchTurn[]): WatchRow[] {
  const groups = new Map<string, WatchTurn[]>();
  for (const turn of turns) groups.getOrInsert(`${turn.what} ${turn.watch}`, []).push(turn);
  return [...groups.values()].map((group) => {
    const { what, watch } = group[0]!;
    const base = groups.get(`${what} ${baseOf(watch)}`) ?? group;
    const of = (key: Figure | "rssMib") => round(median(group.map((turn) => turn[key])));
    return {
      ...{ watch, what, turns: group.length },
      cpu_us: of("cpuUs"),
      cpu_percent: percent(group, base, "cpuUs"),
      per_second: of("perSecond"),
      per_second_percent: percent(group, base, "perSecond"),
      rss_mib: of("rssMib"),
      ...viewedBy(group),
    };
  });
}

/** The median of the ratios turn by turn, for the machine's speed drifts. */
function percent(group: readonly WatchTurn[], base: readonly WatchTurn[], key: Figure): number {
  const ratios = group.slice(0, base.length).map((turn, i) => turn[key] / base[i]![key]);
  return round((median(ratios) - 1) * 100);
}

function viewedBy(group: readonly WatchTurn[]): Partial<WatchRow> {
  const viewed = group.flatMap(({ viewed }) => viewed ?? []);
  return viewed.length === 0 ? {} : {
    viewers_cpu_ms: round(median(viewed.map(({ cpuMs }) => cpuMs))),
    viewers_kbytes: round(median(viewed.map(({ bytes }) => bytes)) / 1000),
  };
}

export function watchLine({ watch, what, cpuUs, perSecond, rssMib, viewed }: WatchTurn): string {
  return `${what.padEnd(9)} recorder ${watch.padEnd(9)} ${cpuUs.toFixed(2).padStart(8)} us CPU each  ` +
    `${perSecond.toFixed(0).padStart(8)}/s  ${rssMib.toFixed(0).padStart(5)} MiB` +
    (viewed
      ? `  (viewers: ${(viewed.bytes / 1000).toFixed(0)} kB, ${viewed.cpuMs} ms CPU of their own)`
      : "");
}

export function watchRowLine(row: WatchRow): string {
  const own = row.viewers_cpu_ms === undefined
    ? ""
    : `  (viewers: ${row.viewers_kbytes} kB, ${row.viewers_cpu_ms} ms CPU of their own)`;
  return `${row.what.padEnd(9)} recorder ${row.watch.padEnd(9)} ${`${row.cpu_us}`.padStart(7)} us CPU each ` +
    `(${row.cpu_percent} %)  ${`${row.per_second}`.padStart(8)}/s (${row.per_second_percent} %)  ` +
    `${row.rss_mib} MiB  ${row.turns} turns${own}`;
}

/** Issue 6. A stanza is nothing to the recorder: what differs is chance, which a bound of 3 % leaves room for. */
export function watchGoals(turns: readonly WatchTurn[]): Goal[] {
  return watchRows(turns).filter(({ watch }) => baseOf(watch) !== watch).map(({ watch, what, ...row }) =>
    watch === "flooded"
      ? goal("stanzas/s beside 20,000 trace steps a second, %", row.per_second_percent, ">=", -10)
      : goal(`CPU of a ${what}, recorder ${watch}, % more`, row.cpu_percent, "<", 3)
  );
}
