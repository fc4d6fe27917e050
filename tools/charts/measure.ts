/** How large texts and boxes are, without a browser: monospace, 0.602 em a character. console.md 1.3, 8. */
import {
  EM,
  HEAD_PX,
  type Label,
  LINE_PX,
  NAME_PX,
  PAD_PX,
  type PillLine,
  TEXT_PX,
} from "../../console/chart/chart.ts";
import type { GraphState } from "./graph.ts";

export interface Size {
  readonly w: number;
  readonly h: number;
}

const LONGEST_LINE = 26;
const MOST_LINES = 4;

/** The sign before a row's text, and a space. */
const SIGN = 2;

export function textWidth(characters: number, px: number): number {
  return Math.ceil(characters * px * EM);
}

/** A state's own text: its name and rows; for one with children, the band above them. */
export function sizeOf({ name, rows, kind }: Pick<GraphState, "name" | "rows" | "kind">): Size {
  const texts = rows.map(({ kind, text }) =>
    textWidth(text.length + (kind === "stay" || kind === "end" ? SIGN : 0), TEXT_PX)
  );
  const tag = kind === "parallel" ? textWidth("  parallel".length, TEXT_PX) : 0;
  const w = Math.max(textWidth(name.length, NAME_PX) + tag, ...texts) + 2 * PAD_PX;
  const rim = kind === "final" ? 4 : 0;
  return { w: even(w + rim), h: even(HEAD_PX + rows.length * LINE_PX + (rows.length > 0 ? 6 : 4) + rim) };
}

/** On the grid that edges run on. */
export const GRID = 6;
export const even = (px: number): number => Math.ceil(px / (2 * GRID)) * 2 * GRID;

/** The lines of an edge's pill: event, guard below it when both are long; the rest is counted. */
export function pillLines(labels: readonly Label[]): PillLine[] {
  const lines = [...byEvent(labels)].flatMap(([event, guards]): PillLine[] => [
    { kind: event.startsWith("after ") ? "after" : "event", text: clip(event) },
    ...guards.map((guard): PillLine => ({ kind: "guard", text: clip(`[${guard}]`) })),
  ]);
  if (lines.length <= MOST_LINES + 1) return lines;
  const more = lines.slice(MOST_LINES).length;
  return [...lines.slice(0, MOST_LINES), { kind: "more", text: `${more} more` }];
}

/** The same in fewer words, for where there is no room: events alone, then their number. All of it is in the edge's title. */
export function pillVariants(labels: readonly Label[]): PillLine[][] {
  const full = pillLines(labels);
  const events = full.filter(({ kind }) => kind === "event" || kind === "after");
  const variants = [full];
  if (events.length < full.length) variants.push(events);
  if (events.length > 1) variants.push([{ kind: "more", text: `${events.length} events` }]);
  return variants;
}

/** The guards of each event; one that also happens without a guard needs none said. */
function byEvent(labels: readonly Label[]): Map<string, string[]> {
  const events = new Map<string, string[]>();
  for (const { event } of labels) events.set(event, []);
  for (const [event, guards] of events) {
    const own = labels.filter((label) => label.event === event);
    if (own.every(({ guard }) => guard !== undefined)) guards.push(...own.map(({ guard }) => guard!));
  }
  return events;
}

const clip = (text: string): string =>
  text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;

export function pillSize(lines: readonly PillLine[]): Size {
  const w = Math.max(...lines.map(({ text }) => textWidth(text.length, TEXT_PX))) + 10;
  return { w: even(w), h: even(lines.length * LINE_PX + 5) };
}
