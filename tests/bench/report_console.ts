/** The console's speed: from turns to rows and goals. */
import { type Goal, goal, median, round } from "./report.ts";

export type ConsoleFigure = "paint" | `filter ${string}` | "handshake" | "page";

export interface ConsoleTurn {
  readonly figure: ConsoleFigure;
  /** ms, or kB. */
  readonly value: number;
}

/** A row of the JSON file: of all rounds. */
export interface ConsoleRow {
  readonly figure: ConsoleFigure;
  readonly median: number;
  readonly largest: number;
  readonly turns: number;
}

export function consoleRows(turns: readonly ConsoleTurn[]): ConsoleRow[] {
  const groups = new Map<ConsoleFigure, number[]>();
  for (const { figure, value } of turns) groups.getOrInsert(figure, []).push(value);
  return [...groups].map(([figure, values]) => ({
    figure,
    median: round(median(values)),
    largest: round(Math.max(...values)),
    turns: values.length,
  }));
}

export function consoleRowLine({ figure, median, largest, turns }: ConsoleRow): string {
  const unit = figure === "page" ? "kB" : "ms";
  return `console  ${figure.padEnd(32)} ${
    `${median}`.padStart(8)
  } ${unit}  (largest ${largest} ${unit}, ${turns} turns)`;
}

/** Issue 6. */
export function consoleGoals(turns: readonly ConsoleTurn[]): Goal[] {
  return consoleRows(turns).map(({ figure, median, largest }) => {
    switch (figure) {
      case "paint":
        return goal("first rows of 100,000 pairs, ms", median, "<", 1500);
      // No handshake at all may wait longer.
      case "handshake":
        return goal("a handshake's delay by four looks at 100,000 pairs, the longest, ms", largest, "<=", 20);
      case "page":
        return goal("the page, zipped, kB", median, "<=", 60);
      default:
        return goal(`answer to ${figure}, 100,000 pairs, ms`, median, "<", 200);
    }
  });
}
