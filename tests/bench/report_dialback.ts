/** Dialback: from turns to rows and goals. */
import { type Goal, goal, median, round } from "./report.ts";

/** What one turn did. */
export interface DialbackTurn {
  /** `receiving-apart`: no two questions can share a connection. */
  readonly role: "authoritative" | "receiving" | "receiving-apart";
  readonly server: string;
  readonly limits: string;
  readonly done: number;
  readonly perSecond: number;
  /** Of the server's process, all threads. */
  readonly cpuUs: number;
  /** `valid`, `invalid`, `error`. */
  readonly answers: Readonly<Record<string, number>>;
}

/** A row of the JSON file; each figure is the median of all rounds. */
export interface DialbackRow {
  readonly role: DialbackTurn["role"];
  readonly server: string;
  readonly limits: string;
  readonly per_second: number;
  readonly cpu_us: number;
  /** Of all rounds together. */
  readonly answers: DialbackTurn["answers"];
}

/** What the limits of a row are called when nothing is lifted. */
export const DEFAULTS = "defaults";

export function dialbackRows(turns: readonly DialbackTurn[]): DialbackRow[] {
  const groups = new Map<string, DialbackTurn[]>();
  for (const turn of turns) {
    groups.getOrInsert(`${turn.role} ${turn.server} ${turn.limits}`, []).push(turn);
  }
  return [...groups.values()].map((group) => {
    const { role, server, limits } = group[0]!;
    const sum = (word: string) => group.reduce((all, { answers }) => all + (answers[word] ?? 0), 0);
    return {
      ...{ role, server, limits },
      per_second: round(median(group.map(({ perSecond }) => perSecond))),
      cpu_us: round(median(group.map(({ cpuUs }) => cpuUs))),
      answers: { valid: sum("valid"), invalid: sum("invalid"), error: sum("error") },
    };
  });
}

export function dialbackLine({ role, server, limits, per_second, cpu_us, answers }: DialbackRow): string {
  const said = Object.entries(answers).filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`).join(", ");
  return `${role.padEnd(15)} ${server.padEnd(9)} ${per_second.toFixed(0).padStart(7)}/s  ` +
    `${cpu_us.toFixed(0).padStart(6)} us CPU each  (${said})  [${limits}]`;
}

const GOALS = {
  authoritative: { least: 5000, what: "answers/s on one connection" },
  receiving: { least: 500, what: "verified/s" },
} as const;

/** Issue 5: with the limits lifted. */
export function dialbackGoals(turns: readonly DialbackTurn[]): Goal[] {
  return lifted(dialbackRows(turns)).flatMap(({ role, per_second }) =>
    role === "receiving-apart"
      ? []
      : goal(`dialback, ${role}, ${GOALS[role].what}`, per_second, ">=", GOALS[role].least)
  );
}

/** What Verona does beside the peers in the same run. */
export function dialbackRatios(turns: readonly DialbackTurn[]): string[] {
  const rows = dialbackRows(turns);
  return lifted(rows).flatMap((own) =>
    rows.filter(({ role, server }) => role === own.role && server !== own.server).map((peer) =>
      `${own.server} : ${peer.server}, dialback, ${own.role}: CPU 1 : ${round(peer.cpu_us / own.cpu_us)}, ` +
      `${round(own.per_second / peer.per_second)} : 1 a second`
    )
  );
}

const lifted = (rows: readonly DialbackRow[]): DialbackRow[] =>
  rows.filter(({ server, limits }) => server === "verona" && limits !== DEFAULTS);
