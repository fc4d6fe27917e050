/** The first stanza, cold: from turns to rows, and how Verona compares by the same proof to the same peer. */
import { type Goal, median, round, smallest } from "./report.ts";

export type Way = "EXTERNAL" | "dialback";

/** One stanza from one server to another, both just started. */
export interface ColdTurn {
  readonly server: string;
  readonly peer: string;
  readonly way: Way;
  readonly firstStanzaMs: number;
}

/** A row of the JSON file: of all rounds. */
export interface ColdRow {
  readonly server: string;
  readonly peer: string;
  readonly proof: Way;
  readonly first_stanza_ms: number;
  readonly minimum_ms: number;
}

export function coldRows(turns: readonly ColdTurn[]): ColdRow[] {
  const groups = new Map<string, ColdTurn[]>();
  for (const turn of turns) {
    groups.getOrInsert(`${turn.server} ${turn.peer} ${turn.way}`, []).push(turn);
  }
  return [...groups.values()].map((group) => {
    const { server, peer, way } = group[0]!;
    const all = group.map(({ firstStanzaMs }) => firstStanzaMs);
    return {
      server,
      peer,
      proof: way,
      first_stanza_ms: round(median(all)),
      minimum_ms: round(smallest(all)),
    };
  });
}

export function coldTable(turns: readonly ColdTurn[]): string {
  return coldRows(turns).map(({ server, peer, proof, first_stanza_ms, minimum_ms }) =>
    `first stanza  ${`${server} -> ${peer}`.padEnd(22)} ${proof.padEnd(9)}${
      `${first_stanza_ms} (${minimum_ms}) ms`.padStart(20)
    }`
  ).join("\n");
}

/** Verona's time as a part of ejabberd's: medians. */
export function coldGoals(turns: readonly ColdTurn[]): Goal[] {
  const rows = coldRows(turns);
  return rows.filter(({ server }) => server === "verona").flatMap((own) => {
    const theirs = rows.find((row) =>
      row.server === "ejabberd" && row.peer === own.peer && row.proof === own.proof
    );
    if (theirs === undefined) return [];
    const ratio = round(own.first_stanza_ms / theirs.first_stanza_ms);
    const text = `first stanza, cold, to ${own.peer} by ${own.proof}, of ejabberd's: ${ratio} (goal <= 1)`;
    return [{ text, reached: ratio <= 1 }];
  });
}
