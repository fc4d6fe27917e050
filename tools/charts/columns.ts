/**
 * Places the children of one state: columns of neighbours in their declared order, each laid out from top to bottom by ELK
 * (console.md 1.3), then set side by side. Edges that leave a column or a box are `wiring.ts`'s.
 *
 * One flat run per column: with INCLUDE_CHILDREN and the inner boxes ELK 0.12 crashes on these graphs as soon as the order of
 * the model shall count, and the columns of an inner box cannot be had.
 */
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import type { Box, Point } from "../../console/chart/chart.ts";
import type { Graph, GraphEdge } from "./graph.ts";
import { even, pillLines, pillSize, type Size } from "./measure.ts";

/** An edge with its way and the place of its pill. */
export interface Laid {
  readonly edge: GraphEdge;
  readonly points: readonly Point[];
  readonly pill: Box;
}

export interface Dot {
  readonly of: string;
  readonly points: readonly Point[];
}

/** Children in their places, from the upper left corner of what holds them. */
export interface Arrangement extends Size {
  readonly places: ReadonlyMap<string, Box>;
  readonly laid: readonly Laid[];
  readonly dots: readonly Dot[];
  /** Edges between different columns. */
  readonly between: number;
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
  "elk.layered.considerModelOrder.strategy": "PREFER_NODES",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.spacing.nodeNodeBetweenLayers": "20",
  "elk.layered.spacing.edgeNodeBetweenLayers": "10",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
  "elk.spacing.nodeNode": "18",
  "elk.spacing.edgeNode": "12",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.edgeLabel": "2",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
};
/** Between two rows of columns: an edge turns there, with its pill. */
const ROW_GAP = 48;
/** Around a pill between two boxes side by side. */
const IN_LINE = 36;
const DOT = "•";
const DOT_PX = 8;

/** Of any box inside another one. */
const sibling = (parent: string | null, path: string): string => {
  const depth = parent === null ? 0 : parent.split(".").length;
  return path.split(".").slice(0, depth + 1).join(".");
};

const isInside = (parent: string | null, path: string): boolean =>
  parent === null || path.startsWith(`${parent}.`);

export class Columns {
  // Its types speak of a module with a default; Deno gives the default.
  readonly #elk = new (ELK as unknown as typeof ELK.default)();
  readonly #runs = new Map<string, Promise<Arrangement>>();

  constructor(
    readonly graph: Graph,
    readonly parent: string | null,
    readonly sizes: ReadonlyMap<string, Size>,
    /** The width that the pills of edges between columns want. */
    readonly gap: number,
  ) {}

  /** The children in as many columns as `cuts` has entries: how many children stand in each; so many in the first row. */
  async arrange(
    children: readonly string[],
    cuts: readonly number[],
    firstRow = cuts.length,
  ): Promise<Arrangement> {
    const columns: string[][] = [];
    let from = 0;
    for (const count of cuts) columns.push(children.slice(from, from += count));
    const laid = await Promise.all(columns.map((column) => this.#column(column)));
    const rows = [laid.slice(0, firstRow), laid.slice(firstRow)].filter((row) => row.length > 0);
    const parts: Arrangement[] = [];
    let y = 0, w = 0;
    for (const row of rows) {
      let x = 0;
      for (const column of row) {
        parts.push(shift(column, x, y));
        w = Math.max(w, x + column.w);
        x += even(column.w) + this.#gapAfter(column, children, cuts);
      }
      y += even(Math.max(...row.map(({ h }) => h))) + ROW_GAP;
    }
    const columnOf = new Map(columns.flatMap((column, at) => column.map((child) => [child, at])));
    const crossing = this.#within(children).filter(({ source, target }) =>
      columnOf.get(sibling(this.parent, source)) !== columnOf.get(sibling(this.parent, target))
    );
    return {
      w: even(w),
      h: even(y - ROW_GAP),
      places: new Map(parts.flatMap(({ places }) => [...places])),
      laid: parts.flatMap(({ laid }) => laid),
      dots: parts.flatMap(({ dots }) => dots),
      between: crossing.length,
    };
  }

  /** A pill between two boxes side by side wants its width; between fuller columns it finds a place along the gap. */
  #gapAfter({ places }: Arrangement, children: readonly string[], cuts: readonly number[]): number {
    if (this.parent !== null && cuts.some((count) => count > 1)) return this.gap;
    const [last, next] = [
      [...places.keys()].at(-1)!,
      children[children.indexOf([...places.keys()].at(-1)!) + 1],
    ];
    const pills = this.#within(children).filter(({ source, target }) =>
      (source === last && target === next) || (source === next && target === last)
    ).map(({ labels }) => even(pillSize(pillLines(labels)).w + IN_LINE));
    return Math.max(this.gap, ...pills);
  }

  /** Edges between two of these, or what is inside them. */
  #within(children: readonly string[]): GraphEdge[] {
    const here = new Set(children);
    return this.graph.steps.filter(({ source, target }) =>
      isInside(this.parent, source) && isInside(this.parent, target) &&
      here.has(sibling(this.parent, source)) && here.has(sibling(this.parent, target)) &&
      sibling(this.parent, source) !== sibling(this.parent, target)
    );
  }

  #column(children: readonly string[]): Promise<Arrangement> {
    const key = children.join();
    const run = this.#runs.get(key) ?? this.#run(children);
    this.#runs.set(key, run);
    return run;
  }

  async #run(children: readonly string[]): Promise<Arrangement> {
    const edges = this.#within(children);
    const whole = edges.filter(({ source, target }) =>
      children.includes(source) && children.includes(target)
    );
    const hints = edges.filter((edge) => !whole.includes(edge));
    const initial = this.parent === null ? this.graph.initial : this.graph.states.get(this.parent)!.initial;
    const starts = initial !== null && children.includes(initial);
    const root: ElkNode = {
      id: "root",
      layoutOptions: OPTIONS,
      children: [
        ...(starts ? [{ id: DOT, width: DOT_PX, height: DOT_PX }] : []),
        ...children.map((id) => ({ id, width: this.sizes.get(id)!.w, height: this.sizes.get(id)!.h })),
      ],
      edges: [
        ...(starts ? [{ id: DOT, sources: [DOT], targets: [initial] }] : []),
        ...whole.map((edge, at): ElkExtendedEdge => {
          const { w, h } = pillSize(pillLines(edge.labels));
          return {
            id: `w${at}`,
            sources: [edge.source],
            targets: [edge.target],
            labels: [{
              id: `l${at}`,
              text: " ",
              width: w,
              height: h,
              layoutOptions: { "elk.edgeLabels.inline": "true", "elk.edgeLabels.placement": "CENTER" },
            }],
          };
        }),
        ...ties(
          children,
          edges.map(({ source, target }) => [sibling(this.parent, source), sibling(this.parent, target)]),
        ),
        ...hints.map(({ source, target }, at): ElkExtendedEdge => ({
          id: `h${at}`,
          sources: [sibling(this.parent, source)],
          targets: [sibling(this.parent, target)],
        })),
      ],
    };
    return read(await this.#elk.layout(root), whole, starts ? initial : null);
  }
}

/** Who is reached by no edge would float to the top: an invisible one ties it to its neighbour. */
function ties(children: readonly string[], edges: readonly (readonly [string, string])[]): ElkExtendedEdge[] {
  return children.flatMap((child, at) => {
    const reached = edges.some(([source, target]) => target === child && source !== child);
    return at === 0 || reached ? [] : [{ id: `t${at}`, sources: [children[at - 1]!], targets: [child] }];
  });
}

function read(root: ElkNode, whole: readonly GraphEdge[], initial: string | null): Arrangement {
  const laid: Laid[] = [], dots: Dot[] = [];
  for (const { id, sections, labels } of root.edges ?? []) {
    const points = (sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) =>
      [startPoint, ...bendPoints, endPoint].map(({ x, y }): Point => [round(x), round(y)])
    );
    if (id === DOT) dots.push({ of: initial!, points });
    if (!id.startsWith("w")) continue;
    const { x, y, width, height } = labels![0]!;
    laid.push({
      edge: whole[Number(id.slice(1))]!,
      points,
      pill: { x: round(x!), y: round(y!), w: width!, h: height! },
    });
  }
  const places = new Map(
    root.children!.filter(({ id }) => id !== DOT).map(({ id, x, y, width, height }) =>
      [id, { x: round(x!), y: round(y!), w: width!, h: height! }] as const
    ),
  );
  return { w: root.width!, h: root.height!, places, laid, dots, between: 0 };
}

const round = (n: number): number => Math.round(n);

export const move = <B extends Box>(box: B, dx: number, dy: number): B => ({
  ...box,
  x: box.x + dx,
  y: box.y + dy,
});

export const movePoints = (points: readonly Point[], dx: number, dy: number): Point[] =>
  points.map(([x, y]) => [x + dx, y + dy]);

export function shift(arrangement: Arrangement, dx: number, dy: number): Arrangement {
  const { places, laid, dots } = arrangement;
  return {
    ...arrangement,
    places: new Map([...places].map(([id, box]) => [id, move(box, dx, dy)])),
    laid: laid.map(({ edge, points, pill }) => ({
      edge,
      points: movePoints(points, dx, dy),
      pill: move(pill, dx, dy),
    })),
    dots: dots.map(({ of, points }) => ({ of, points: movePoints(points, dx, dy) })),
  };
}
