/** What watching costs: from turns to rows and goals. */
import { type Goal, goal, median, round } from "./report.ts";

/** `viewers`: ten that read every event; `flooded`: 20,000 trace steps a second besides. */
export const WATCHES = ["off", "on", "viewers", "flooded"] as const;
export type Watch = (typeof WATCHES)[number];

/** One turn of one way to watch. */
export interface WatchTurn {
  readonly watch: Watch;
  readonly what: "stanza" | "grant";
  /** Of the receiving server's process, all threads. */
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly rssMib: number;
}

/** A row of the JSON file; each figure is the median of all rounds, and what it is more than without a recorder. */
export interface WatchRow {
  readonly watch: Watch;
  readonly what: WatchTurn["what"];
  readonly cpu_us: number;
  readonly cpu_percent: number;
  readonly per_second: number;
  readonly per_second_percent: number;
  readonly rss_mib: number;
}

export function watchRows(turns: readonly WatchTurn[]): WatchRow[] {
  const groups = new Map<string, WatchTurn[]>();
  for (const turn of turns) groups.getOrInsert(`${turn.what} ${turn.watch}`, []).push(turn);
  const of = (group: readonly WatchTurn[], key: "cpuUs" | "perSecond" | "rssMib") =>
    median(group.map((turn) => turn[key]));
  return [...groups.values()].map((group) => {
    const { what, watch } = group[0]!;
    const off = groups.get(`${what} off`) ?? group;
    const percent = (key: "cpuUs" | "perSecond") => round((of(group, key) / of(off, key) - 1) * 100);
    return {
      ...{ watch, what },
      cpu_us: round(of(group, "cpuUs")),
      cpu_percent: percent("cpuUs"),
      per_second: round(of(group, "perSecond")),
      per_second_percent: percent("perSecond"),
      rss_mib: round(of(group, "rssMib")),
    };
  });
}

export function watchLine({ watch, what, cpuUs, perSecond, rssMib }: WatchTurn): string {
  return `${what.padEnd(7)} recorder ${watch.padEnd(8)} ${cpuUs.toFixed(2).padStart(8)} us CPU each  ` +
    `${perSecond.toFixed(0).padStart(8)}/s  ${rssMib.toFixed(0).padStart(5)} MiB`;
}

export function watchRowLine(row: WatchRow): string {
  return `${row.what.padEnd(7)} recorder ${row.watch.padEnd(8)} ${`${row.cpu_us}`.padStart(7)} us CPU each ` +
    `(${row.cpu_percent} %)  ${
      `${row.per_second}`.padStart(8)
    }/s (${row.per_second_percent} %)  ${row.rss_mib} MiB`;
}

/** Issue 6. A stanza is nothing to the recorder: what differs is chance, which a bound of 3 % leaves room for. */
export function watchGoals(turns: readonly WatchTurn[]): Goal[] {
  return watchRows(turns).filter(({ watch }) => watch !== "off").map(({ watch, what, ...row }) =>
    watch === "flooded"
      ? goal("stanzas/s beside 20,000 trace steps a second, %", row.per_second_percent, ">=", -10)
      : goal(`CPU of a ${what}, recorder ${watch}, % more`, row.cpu_percent, "<", 3)
  );
}
