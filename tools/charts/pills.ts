/** Finds places for the pills of wired edges: on their own way, over no box, no other pill, and no line if it can be. */
import type { Box, Point } from "../../console/chart/chart.ts";
import { pairs } from "./wiring.ts";
import type { Size } from "./measure.ts";

export interface Ground {
  /** Never covered. */
  readonly solid: readonly Box[];
  /** Borders of boxes that hold others: covered only if nothing else is left. */
  readonly frames: readonly Box[];
  readonly lines: readonly (readonly Point[])[];
}

const STEP = 6;
const CLEAR = 3;

/** From the ends of a way, where the arrow is read. */
const END_PX = 12;

/** The best place, or null when there is none: on the way if it can be, else beside it. */
export function placePill(
  way: readonly Point[],
  { w, h }: Size,
  { solid, frames, lines }: Ground,
): Box | null {
  const [first, last] = [way[0]!, way.at(-1)!];
  let best: Box | null = null, least = Infinity;
  for (const [[x0, y0], [x1, y1]] of pairs(way)) {
    const length = Math.abs(x1 - x0) + Math.abs(y1 - y0);
    for (let at = 0; at <= length; at += STEP) {
      const cx = x0 + Math.sign(x1 - x0) * at, cy = y0 + Math.sign(y1 - y0) * at;
      for (const [dx, dy, toll] of offsets(w, h, y0 === y1)) {
        const box = { x: Math.round(cx + dx - w / 2), y: Math.round(cy + dy - h / 2), w, h };
        if (solid.some((other) => overlap(box, other, CLEAR))) continue;
        if (toll === 0 && [first, last].some(([x, y]) => overlap(box, { x, y, w: 0, h: 0 }, END_PX))) {
          continue;
        }
        const cost = toll + 12 * lines.filter((line) =>
              line !== way && pairs(line).some((part) => hits(box, part))
            ).length +
          30 * frames.filter((frame) => straddles(box, frame)).length + Math.abs(at - length / 2) / 20;
        if (cost < least) [best, least] = [box, cost];
      }
    }
  }
  return best;
}

/** On the line, then on either side of it. */
function offsets(
  w: number,
  h: number,
  horizontal: boolean,
): readonly (readonly [dx: number, dy: number, toll: number])[] {
  const [dx, dy] = horizontal ? [0, h / 2] : [w / 2, 0];
  return [[0, 0, 0], [dx, dy, 4], [-dx, -dy, 4]];
}

export function overlap(a: Box, b: Box, clear: number): boolean {
  return a.x < b.x + b.w + clear && b.x < a.x + a.w + clear && a.y < b.y + b.h + clear &&
    b.y < a.y + a.h + clear;
}

function hits(box: Box, [[x0, y0], [x1, y1]]: readonly [Point, Point]): boolean {
  const line = { x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.abs(x1 - x0), h: Math.abs(y1 - y0) };
  return overlap(box, line, 1);
}

function straddles(box: Box, frame: Box): boolean {
  const within = box.x >= frame.x + 2 && box.y >= frame.y + 2 && box.x + box.w <= frame.x + frame.w - 2 &&
    box.y + box.h <= frame.y + frame.h - 2;
  return overlap(box, frame, 0) && !within;
}
