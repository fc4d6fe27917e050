/** A machine's graph to a chart: boxes from the inside out, columns chosen so that it fits the page, then the wiring. */
import type { Box, Chart, ChartEdge, ChartState, Point } from "../../console/chart/chart.ts";
import { type Arrangement, Columns, type Laid, move, movePoints, shift } from "./columns.ts";
import type { Graph, GraphEdge, GraphState } from "./graph.ts";
import { even, GRID, pillLines, pillSize, pillVariants, type Size, sizeOf } from "./measure.ts";
import { type Ground, overlap, placePill } from "./pills.ts";
import { type Obstacle, pairs, Wiring } from "./wiring.ts";

/** The chart's place on the page at 1440 x 900 (console.md D1.8). */
const PLACE = { w: 1068, h: 644 };
const INSIDE_PX = 14;
const MOST_COLUMNS = 3;
const MOST_AT_TOP = 5;
const CANDIDATES = 24;
/** Further apart until every edge has its way and every pill its place. */
const GAPS = [54, 72, 90, 108, 144, 192, 240, 300];

/** So many are tried in any case: the narrowest is not always the best. */
const LEAST_GAPS = 3;

/** A box with everything in it, from its own upper left corner. */
interface Filled extends Size {
  readonly inner: Arrangement | null;
}

/** One way to fill every box. */
type Filling = ReadonlyMap<string, Filled>;

export async function layOut(id: string, hash: string, graph: Graph): Promise<Chart> {
  let best: Drawn | null = null;
  for (const [at, gap] of GAPS.entries()) {
    const ranked = (await fillings(graph, gap)).toSorted((a, b) =>
      fit(b.root.w, b.root.h) - fit(a.root.w, a.root.h)
    );
    for (const { filling, root } of ranked.slice(0, CANDIDATES)) {
      const drawn = wire(graph, filling, root);
      if (drawn !== null && (best === null || quality(drawn) > quality(best))) best = drawn;
    }
    if (best !== null && at >= LEAST_GAPS - 1) return { id, hash, ...best };
  }
  throw new Error(`${id}: no gap is wide enough for its edges; its labels may be too long`);
}

type Drawn = Omit<Chart, "id" | "hash">;

/** How large it may be shown. */
const fit = (width: number, height: number): number => Math.min(PLACE.w / width, PLACE.h / height, 1.2);

/** Large, with few bends and few crossings. */
function quality({ width, height, edges }: Drawn): number {
  const seen = edges.filter(({ kind }) => kind === "step").map(({ points }) => points);
  const bends = seen.reduce((sum, points) => sum + points.length - 2, 0);
  const parts = seen.flatMap((points, of) => pairs(points).map((part) => ({ part, of })));
  const length = parts.reduce(
    (sum, { part: [[x0, y0], [x1, y1]] }) => sum + Math.abs(x1 - x0) + Math.abs(y1 - y0),
    0,
  );
  let crossings = 0;
  for (const [at, { part, of }] of parts.entries()) {
    for (const other of parts.slice(at + 1)) if (other.of !== of && cross(part, other.part)) crossings++;
  }
  const short =
    edges.filter(({ labels, pill }) => pill !== null && pill.lines.length < pillLines(labels).length).length;
  return fit(width, height) - 0.02 * short - 0.002 * bends - 0.004 * crossings - length / 40_000;
}

type Part = readonly [Point, Point];

function cross(a: Part, b: Part): boolean {
  const [ax, ay] = [a.map(([x]) => x), a.map(([, y]) => y)],
    [bx, by] = [b.map(([x]) => x), b.map(([, y]) => y)];
  return Math.min(...ax) <= Math.max(...bx) && Math.min(...bx) <= Math.max(...ax) &&
    Math.min(...ay) <= Math.max(...by) && Math.min(...by) <= Math.max(...ay);
}

async function fillings(graph: Graph, gap: number) {
  const inner = [...graph.states.values()].filter(({ children }) => children.length > 0);
  let all: Filling[] = [new Map()];
  // From the inside out: a box's size hangs on those in it.
  for (const state of inner.toReversed()) {
    const next: Filling[] = [];
    for (const filling of all) {
      for (const filled of await fill(graph, state, filling, gap)) {
        next.push(new Map([...filling, [state.id, filled]]));
      }
    }
    all = next;
  }
  const found = [];
  for (const filling of all) {
    const columns = new Columns(graph, null, sizes(graph, filling), gap);
    for (const cuts of splits(graph.top.length, Math.min(graph.top.length, MOST_AT_TOP))) {
      for (let firstRow = 1; firstRow <= cuts.length; firstRow++) {
        found.push({ filling, root: await columns.arrange(graph.top, cuts, firstRow) });
      }
    }
  }
  return found;
}

/** The best arrangement of a state's children in each number of columns. */
async function fill(graph: Graph, state: GraphState, filling: Filling, gap: number): Promise<Filled[]> {
  const columns = new Columns(graph, state.id, sizes(graph, filling), gap);
  const best = new Map<string, Arrangement>();
  for (const cuts of splits(state.children.length)) {
    const arranged = await columns.arrange(state.children, cuts);
    for (const [name, cost] of Object.entries(COSTS)) {
      const key = `${cuts.length} ${name}`, rival = best.get(key);
      if (rival === undefined || cost(arranged) < cost(rival)) best.set(key, arranged);
    }
  }
  const own = sizeOf(state);
  return [...new Set(best.values())].map((arrangement) => ({
    w: even(Math.max(own.w, arrangement.w + 2 * INSIDE_PX)),
    h: even(own.h + arrangement.h + INSIDE_PX),
    inner: shift(arrangement, Math.round(Math.max(INSIDE_PX, (own.w - arrangement.w) / 2)), own.h),
  }));
}

/** What a box's arrangement is chosen by: how low it is, or how well it would fit alone. */
const COSTS: Readonly<Record<string, (arrangement: Arrangement) => number>> = {
  low: ({ h, between }) => h + 25 * between,
  compact: ({ w, h, between }) => Math.max(w / PLACE.w, h / PLACE.h) + 0.01 * between,
};

function sizes(graph: Graph, filling: Filling): Map<string, Size> {
  return new Map(
    [...graph.states.values()].map((state) => [state.id, filling.get(state.id) ?? sizeOf(state)]),
  );
}

/** Every way to cut `n` neighbours into at most three columns. */
function splits(n: number, columns = Math.min(n, MOST_COLUMNS)): number[][] {
  if (columns === 1) return [[n]];
  const found: number[][] = splits(n, columns - 1);
  const exactly = (left: number, parts: number): number[][] =>
    parts === 1
      ? [[left]]
      : Array.from({ length: left - parts + 1 }, (_, i) => i + 1).flatMap((first) =>
        exactly(left - first, parts - 1).map((rest) => [first, ...rest])
      );
  return [...found, ...exactly(n, columns)];
}

/** Everything in one frame of reference, with the edges that ELK did not draw. */
function wire(graph: Graph, filling: Filling, root: Arrangement): Drawn | null {
  const flat = flatten(filling, root);
  const { boxes, laid, dots } = flat;
  const wiring = new Wiring(root.w, root.h);
  // Along a border an edge would be taken for a part of it.
  for (const [id, box] of boxes) {
    if (graph.states.get(id)!.children.length > 0) wiring.occupy(outline(box), "frame");
  }
  for (const { points } of laid) wiring.occupy(points, "elk");
  for (const { points } of dots) wiring.occupy(points, "elk");
  const todo = graph.steps.filter((edge) => !laid.some((done) => done.edge === edge));
  const solid = solids(graph, boxes);
  const pills = laid.map(({ pill }) => pill);
  const distance = ({ source, target }: GraphEdge) => apart(boxes.get(source) ?? root0, boxes.get(target)!);
  const ways: { edge: GraphEdge; points: Point[] }[] = [];
  const run = (edge: GraphEdge, bus: string | null) => {
    const points = wiring.find({
      source: boxes.get(edge.source)!,
      target: boxes.get(edge.target)!,
      obstacles: obstacles(graph, boxes, edge, pills),
      bus,
    });
    if (points !== null) wiring.occupy(points, bus ?? `${edge.source}>${edge.target}`);
    return points;
  };
  for (const edge of todo.toSorted((a, b) => distance(a) - distance(b))) {
    const points = run(edge, null);
    if (points === null) return null;
    ways.push({ edge, points });
  }
  const lines = [...laid, ...dots, ...ways].map(({ points }) => points);
  const frames = [...boxes].filter(([id]) => graph.states.get(id)!.children.length > 0).map(([, box]) => box);
  const wired: (Laid & { readonly pill: Written })[] = [];
  // The longest texts choose first.
  for (const { edge, points } of ways.toSorted((a, b) => area(b.edge) - area(a.edge))) {
    const pill = write(edge, points, { solid: [...solid, ...pills], frames, lines });
    if (pill === null) return null;
    pills.push(pill);
    wired.push({ edge, points, pill });
  }
  const ends = graph.ends.flatMap((edge): ChartEdge[] => {
    const points = run(edge, `end ${edge.target}`);
    return points === null ? [] : [{ ...named(edge, "!"), points, pill: null, kind: "end" }];
  });
  if (ends.length < graph.ends.length) return null;
  const edges: ChartEdge[] = [
    ...dots.map(({ of, points }): ChartEdge => ({
      id: `•>${of}`,
      source: "",
      target: of,
      labels: [],
      points,
      pill: null,
      kind: "initial",
    })),
    ...[...laid, ...wired].map(({ edge, points, pill }): ChartEdge => ({
      ...named(edge, ""),
      points,
      pill: "lines" in pill ? pill as Written : { ...pill, lines: pillLines(edge.labels) },
      kind: "step",
    })),
    ...ends,
  ];
  return crop(graph, boxes, edges);
}

type Written = NonNullable<ChartEdge["pill"]>;

/** Its label, in as many words as there is room for. */
function write({ labels }: GraphEdge, points: readonly Point[], ground: Ground): Written | null {
  for (const lines of pillVariants(labels)) {
    const place = placePill(points, pillSize(lines), ground);
    if (place !== null) return { ...place, lines };
  }
  return null;
}

const outline = ({ x, y, w, h }: Box): Point[] => [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];

const root0: Box = { x: 0, y: 0, w: 0, h: 0 };

const named = ({ source, target, labels }: GraphEdge, mark: string) => ({
  id: `${mark}${source}>${target}`,
  source,
  target,
  labels,
});

const area = ({ labels }: GraphEdge): number => {
  const { w, h } = pillSize(pillLines(labels));
  return w * h;
};

function flatten(filling: Filling, root: Arrangement) {
  const boxes = new Map<string, Box>();
  const laid: Laid[] = [];
  const dots: Arrangement["dots"][number][] = [];
  const add = (arrangement: Arrangement, dx: number, dy: number) => {
    const moved = shift(arrangement, dx, dy);
    laid.push(...moved.laid);
    dots.push(...moved.dots);
    for (const [id, box] of moved.places) {
      boxes.set(id, box);
      const inner = filling.get(id)?.inner;
      if (inner) add(inner, box.x, box.y);
    }
  };
  add(root, 0, 0);
  return { boxes, laid, dots };
}

/** The text of every box. */
function solids(graph: Graph, boxes: ReadonlyMap<string, Box>): Box[] {
  return [...boxes].map(([id, box]) => {
    const state = graph.states.get(id)!;
    return state.children.length === 0 ? box : headOf(state, box);
  });
}

/** The text of a box that holds others. */
function headOf(state: GraphState, box: Box): Box {
  const { w, h } = sizeOf(state);
  return { ...box, w: Math.min(w, box.w), h: h - GRID };
}

function obstacles(
  graph: Graph,
  boxes: ReadonlyMap<string, Box>,
  { source, target }: GraphEdge,
  pills: readonly Box[],
): Obstacle[] {
  const ends = [source, target];
  const holds = (id: string) => ends.some((end) => end.startsWith(`${id}.`));
  const found: Obstacle[] = pills.map((pill) => ({ ...pill, margin: 2 }));
  for (const [id, box] of boxes) {
    const state = graph.states.get(id)!;
    if (holds(id)) found.push({ ...headOf(state, box), margin: 0 });
    else if (
      ![...boxes.keys()].some((other) => other !== id && id.startsWith(`${other}.`) && !holds(other))
    ) {
      found.push({ ...box, margin: ends.includes(id) ? 0 : 5 });
    }
  }
  return found;
}

function apart(a: Box, b: Box): number {
  return Math.abs(a.x + a.w / 2 - b.x - b.w / 2) + Math.abs(a.y + a.h / 2 - b.y - b.h / 2);
}

const RIM_PX = 8;

function crop(graph: Graph, boxes: ReadonlyMap<string, Box>, edges: readonly ChartEdge[]): Drawn {
  const pills = edges.flatMap(({ pill }) => pill ?? []);
  const points = edges.flatMap(({ points }) => points);
  const all = [...boxes.values(), ...pills];
  const left = Math.min(...all.map(({ x }) => x), ...points.map(([x]) => x)) - RIM_PX;
  const top = Math.min(...all.map(({ y }) => y), ...points.map(([, y]) => y)) - RIM_PX;
  const right = Math.max(...all.map(({ x, w }) => x + w), ...points.map(([x]) => x)) + RIM_PX;
  const bottom = Math.max(...all.map(({ y, h }) => y + h), ...points.map(([, y]) => y)) + RIM_PX;
  return {
    width: Math.ceil(right - left),
    height: Math.ceil(bottom - top),
    states: [...graph.states.values()].map(({ children: _, initial: __, ...state }): ChartState => ({
      ...state,
      ...move(boxes.get(state.id)!, -left, -top),
    })),
    edges: edges.map((edge) => ({
      ...edge,
      points: movePoints(edge.points, -left, -top),
      pill: edge.pill && move(edge.pill, -left, -top),
    })),
  };
}

/** What would make a chart hard to read; empty for a good one (console.md D1.8). */
export function faultsOf({ states, edges }: Chart): string[] {
  const texts = edges.flatMap(({ id, pill }) => pill === null ? [] : [{ id, box: pill as Box }]);
  const leaves = states.filter(({ id }) => !states.some(({ parent }) => parent === id));
  const faults: string[] = [];
  for (const [at, { id, box }] of texts.entries()) {
    for (const other of texts.slice(at + 1)) {
      if (overlap(box, other.box, 0)) faults.push(`the labels of ${id} and ${other.id} overlap`);
    }
    for (const leaf of leaves) if (overlap(box, leaf, 0)) faults.push(`the label of ${id} covers ${leaf.id}`);
  }
  for (const { id, points, kind } of edges) {
    if (kind === "end") continue;
    for (const [[x0, y0], [x1, y1]] of pairs(points)) {
      const line = { x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.abs(x1 - x0), h: Math.abs(y1 - y0) };
      for (const leaf of leaves) {
        const inner = { x: leaf.x + 2, y: leaf.y + 2, w: leaf.w - 4, h: leaf.h - 4 };
        if (overlap(line, inner, 0)) faults.push(`${id} runs through ${leaf.id}`);
      }
    }
  }
  return faults;
}
