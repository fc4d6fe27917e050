/** Finds ways for the edges that leave a box or a column: A* on a grid, few bends, around boxes and texts. */
import type { Box, Point } from "../../console/chart/chart.ts";
import { GRID } from "./measure.ts";

/** What an edge may not run through. */
export interface Obstacle extends Box {
  /** Around it, in px. */
  readonly margin: number;
}

export interface Task {
  readonly source: Box;
  readonly target: Box;
  readonly obstacles: readonly Obstacle[];
  /** Edges of one bus may run on each other. */
  readonly bus: string | null;
}

const BEND = 7;
const CROSSING = 5;
const BESIDE = 1.5;
const ON_TOP = 40;
/** Close to a box: the middle of a gap has room for a pill. */
const NEAR = 0.5;
const NEAR_PX = 14;
/** Cells around the whole drawing. */
const MARGIN = 10;
/** From a box's corner to where an edge may touch it. */
const CORNER_PX = 8;

const STEPS = [[1, 0], [0, 1], [-1, 0], [0, -1]] as const;

/** Cells that an edge runs through, for each axis. */
interface Used {
  horizontal: string | null;
  vertical: string | null;
}

export class Wiring {
  readonly #columns: number;
  readonly #rows: number;
  readonly #used = new Map<number, Used>();

  constructor(width: number, height: number) {
    this.#columns = Math.ceil(width / GRID) + 2 * MARGIN;
    this.#rows = Math.ceil(height / GRID) + 2 * MARGIN;
  }

  /** Marks a way that is there already. */
  occupy(points: readonly Point[], by: string): void {
    for (const [[x0, y0], [x1, y1]] of pairs(points)) {
      const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0)) / GRID;
      for (let i = 0; i <= steps; i++) {
        const at = this.#cell(x0 + Math.sign(x1 - x0) * i * GRID, y0 + Math.sign(y1 - y0) * i * GRID);
        const used = this.#used.get(at) ?? { horizontal: null, vertical: null };
        used[y0 === y1 ? "horizontal" : "vertical"] = by;
        this.#used.set(at, used);
      }
    }
  }

  /** The way, or null when there is none. */
  find(task: Task): Point[] | null {
    const blocked = this.#block(task.obstacles, 0), near = this.#block(task.obstacles, NEAR_PX);
    const goals = new Map<number, number>();
    for (const { cell, direction } of this.#gates(task.target)) goals.set(cell, (direction + 2) % 4);
    const size = this.#columns * this.#rows * 4;
    const best = new Float64Array(size).fill(Infinity), from = new Int32Array(size).fill(-1);
    const queue = new Queue();
    const [gx, gy] = this.#centre(task.target);
    const ahead = (cell: number) =>
      Math.max(0, Math.abs(cell % this.#columns - gx) + Math.abs(Math.floor(cell / this.#columns) - gy) - 40);
    for (const { cell, direction, far } of this.#gates(task.source)) {
      if (blocked[cell]) continue;
      best[cell * 4 + direction] = far;
      queue.push(cell * 4 + direction, far + ahead(cell));
    }
    for (let state = queue.pop(); state !== null; state = queue.pop()) {
      const cell = Math.floor(state / 4), direction = state % 4, cost = best[state]!;
      if (goals.get(cell) === direction) return this.#trace(state, from, task);
      for (const [turn, [dx, dy]] of STEPS.entries()) {
        if (turn === (direction + 2) % 4) continue;
        const x = cell % this.#columns + dx, y = Math.floor(cell / this.#columns) + dy;
        if (x < 0 || y < 0 || x >= this.#columns || y >= this.#rows) continue;
        const next = y * this.#columns + x;
        if (blocked[next]) continue;
        const total = cost + 1 + (turn === direction ? 0 : BEND) + this.#toll(next, turn, task.bus) +
          (near[next] ? NEAR : 0);
        const key = next * 4 + turn;
        if (total >= best[key]!) continue;
        best[key] = total;
        from[key] = state;
        queue.push(key, total + ahead(next));
      }
    }
    return null;
  }

  #toll(cell: number, direction: number, bus: string | null): number {
    const along = direction % 2 === 0 ? "horizontal" : "vertical";
    const used = this.#used.get(cell);
    let toll = 0;
    if (used) {
      const across = along === "horizontal" ? used.vertical : used.horizontal;
      if (used[along] !== null && (bus === null || used[along] !== bus)) toll += ON_TOP;
      if (used[along] !== null && used[along] === bus) toll -= 0.4;
      if (across !== null && across !== bus) toll += CROSSING;
    }
    const [dx, dy] = along === "horizontal" ? [0, 1] : [1, 0];
    for (const side of [-1, 1]) {
      const beside = this.#used.get(cell + side * (dx + dy * this.#columns))?.[along];
      if (beside !== undefined && beside !== null && beside !== bus) toll += BESIDE;
    }
    return toll;
  }

  /** Where an edge may touch a box: cells next to its border, and the direction away from it. */
  #gates({ x, y, w, h }: Box) {
    const gates: { cell: number; direction: number; far: number }[] = [];
    const add = (px: number, py: number, direction: number, far: number) =>
      gates.push({ cell: this.#cell(px, py), direction, far });
    for (let px = up(x + CORNER_PX); px <= x + w - CORNER_PX; px += GRID) {
      const far = Math.abs(px - x - w / 2) / w * 3;
      add(px, down(y - 1), 3, far);
      add(px, up(y + h + 1), 1, far);
    }
    for (let py = up(y + CORNER_PX); py <= y + h - CORNER_PX; py += GRID) {
      const far = Math.abs(py - y - h / 2) / h * 3;
      add(down(x - 1), py, 2, far);
      add(up(x + w + 1), py, 0, far);
    }
    return gates;
  }

  #block(obstacles: readonly Obstacle[], more: number): Uint8Array {
    const blocked = new Uint8Array(this.#columns * this.#rows);
    for (const { x, y, w, h, margin: own } of obstacles) {
      const margin = own + more;
      for (let py = up(y - margin); py <= y + h + margin; py += GRID) {
        for (let px = up(x - margin); px <= x + w + margin; px += GRID) blocked[this.#cell(px, py)] = 1;
      }
    }
    return blocked;
  }

  #trace(state: number, from: Int32Array, { source, target }: Task): Point[] {
    const states = [state];
    for (let at = from[state]!; at >= 0; at = from[at]!) states.unshift(at);
    const points = states.map((at): Point => this.#point(Math.floor(at / 4)));
    const first = states[0]! % 4, last = state % 4;
    return straighten([
      touch(points[0]!, source, (first + 2) % 4),
      ...points,
      touch(points.at(-1)!, target, last),
    ]);
  }

  #cell(px: number, py: number): number {
    return (Math.round(py / GRID) + MARGIN) * this.#columns + Math.round(px / GRID) + MARGIN;
  }

  #point(cell: number): Point {
    return [(cell % this.#columns - MARGIN) * GRID, (Math.floor(cell / this.#columns) - MARGIN) * GRID];
  }

  #centre({ x, y, w, h }: Box): Point {
    return [Math.round((x + w / 2) / GRID) + MARGIN, Math.round((y + h / 2) / GRID) + MARGIN];
  }
}

/** The point of the border that lies straight ahead; of the two borders in that direction, the nearer one. */
function touch([px, py]: Point, { x, y, w, h }: Box, direction: number): Point {
  const nearer = (a: number, b: number, to: number) => Math.abs(a - to) <= Math.abs(b - to) ? a : b;
  return direction % 2 === 0 ? [nearer(x, x + w, px), py] : [px, nearer(y, y + h, py)];
}

const up = (px: number): number => Math.ceil(px / GRID) * GRID;
const down = (px: number): number => Math.floor(px / GRID) * GRID;

export function pairs(points: readonly Point[]): [Point, Point][] {
  return points.slice(1).map((point, at) => [points[at]!, point]);
}

/** Without the points that lie on a straight line. */
export function straighten(points: readonly Point[]): Point[] {
  return points.filter(([x, y], at) => {
    const before = points[at - 1], after = points[at + 1];
    if (before === undefined || after === undefined) return true;
    return !((before[0] === x && x === after[0]) || (before[1] === y && y === after[1]));
  });
}

/** A binary heap; of equal costs the first in comes first, so that the result is always the same. */
class Queue {
  readonly #heap: [cost: number, order: number, state: number][] = [];
  #order = 0;

  push(state: number, cost: number): void {
    const heap = this.#heap;
    heap.push([cost, this.#order++, state]);
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): number | null {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined) return null;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let at = 0;;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
        }
        if (least === at) break;
        [heap[at], heap[least]] = [heap[least]!, heap[at]!];
        at = least;
      }
    }
    return top[2];
  }
}

type Entry = readonly [cost: number, order: number, state: number];
const before = (a: Entry, b: Entry): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
