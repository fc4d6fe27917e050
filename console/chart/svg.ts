/** A chart as an SVG file of its own, for documents: light or dark as the reader's system is. console.md 1.6. */
import {
  type Chart,
  type ChartEdge,
  type ChartState,
  HEAD_PX,
  LINE_PX,
  PAD_PX,
  type Point,
} from "./chart.ts";

const STYLE = `
svg{--ground:#fff;--box:#fff;--inner:#f7f9fb;--line:#8a97a8;--text:#1b2430;--muted:#5d6979;--guard:#6d3fc0;--after:#8a5a00;--end:#b3263c}
@media(prefers-color-scheme:dark){svg{--ground:#0f1419;--box:#141a21;--inner:#10161c;--line:#66758a;--text:#e4eaf1;--muted:#93a0b1;--guard:#b79cf0;--after:#e0a33e;--end:#f0788a}}
text{font:11px 'JetBrains Mono',ui-monospace,'DejaVu Sans Mono',monospace;fill:var(--muted)}
.name{font-size:13px;font-weight:600;fill:var(--text)}.guard{fill:var(--guard)}.after{fill:var(--after)}.end{fill:var(--end)}
rect{fill:var(--box);stroke:var(--line)}.holds{fill:var(--inner)}.region{stroke-dasharray:4 3}.pill{fill:var(--ground);stroke-opacity:.45}
path{fill:none;stroke:var(--line);stroke-width:1.3}.head,.dot{fill:var(--line);stroke:none}`;

export function printSvg({ id, width, height, states, edges }: Chart): string {
  const name = id.replaceAll("_", " ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${
      escape(name)
    }">`,
    `<title>${escape(name)}</title><style>${STYLE}</style>`,
    `<rect width="${width}" height="${height}" style="fill:var(--ground);stroke:none"/>`,
    ...states.filter(({ id }) => holds(states, id)).map((state) => box(state, true)),
    ...edges.filter(({ kind }) => kind !== "end").map(line),
    ...states.filter(({ id }) => !holds(states, id)).map((state) => box(state, false)),
    ...edges.map(pill),
    "</svg>\n",
  ].join("\n");
}

const holds = (states: readonly ChartState[], id: string): boolean =>
  states.some(({ parent }) => parent === id);

function box({ x, y, w, h, name, kind, rows }: ChartState, holds: boolean): string {
  const rim = kind === "final" ? 3 : 0;
  const rect = (by: number, css: string) =>
    `<rect class="${css}" x="${x + by}" y="${y + by}" width="${w - 2 * by}" height="${h - 2 * by}" rx="${
      8 - by
    }"/>`;
  const css = [holds ? "holds" : "", kind === "region" ? "region" : ""].join(" ").trim();
  const text = (at: number, css: string, words: string) =>
    `<text class="${css}" x="${x + PAD_PX + rim / 2}" y="${y + at}">${escape(words)}</text>`;
  return [
    rect(0, css),
    ...(rim > 0 ? [rect(rim, css)] : []),
    text(HEAD_PX - 7 + rim / 2, "name", name),
    ...rows.map(({ kind, text: words }, at) =>
      text(HEAD_PX + 7 + at * LINE_PX + rim / 2, kind, `${SIGN[kind]}${words}`)
    ),
  ].join("");
}

/** Before a row's text; colour alone says nothing. */
export const SIGN = { entry: "", exit: "", stay: "↻ ", end: "✕ " } as const;

function line({ points, kind }: ChartEdge): string {
  const dot = kind === "initial"
    ? `<circle class="dot" cx="${points[0]![0]}" cy="${points[0]![1]}" r="4"/>`
    : "";
  return `${dot}<path d="${pathOf(points)}"/><path class="head" d="${arrowOf(points)}"/>`;
}

function pill({ pill }: ChartEdge): string {
  if (pill === null) return "";
  const { x, y, w, h, lines } = pill;
  return `<rect class="pill" x="${x}" y="${y}" width="${w}" height="${h}" rx="4"/>` +
    lines.map(({ kind, text }, at) =>
      `<text class="${kind}" x="${x + w / 2}" y="${pillLineY(pill, at)}" text-anchor="middle">${
        escape(text)
      }</text>`
    ).join("");
}

/** The base line of a pill's line. */
export function pillLineY({ y, h, lines }: NonNullable<ChartEdge["pill"]>, at: number): number {
  return y + (h - lines.length * LINE_PX) / 2 + at * LINE_PX + 10.5;
}

const ROUND_PX = 6;

/** The way of an edge with its corners rounded. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const parts = [`M${first![0]} ${first![1]}`];
  for (const [at, [x, y]] of rest.entries()) {
    const before = points[at]!, after = rest[at + 1];
    if (after === undefined) {
      parts.push(`L${x} ${y}`);
      continue;
    }
    const r = Math.min(ROUND_PX, distance(before, [x, y]) / 2, distance([x, y], after) / 2);
    const [ax, ay] = towards([x, y], before, r), [bx, by] = towards([x, y], after, r);
    parts.push(`L${ax} ${ay}Q${x} ${y} ${bx} ${by}`);
  }
  return parts.join("");
}

/** The head of the arrow, at the end of the way. */
export function arrowOf(points: readonly Point[]): string {
  const [x, y] = points.at(-1)!, [fx, fy] = points.at(-2)!;
  const dx = Math.sign(x - fx), dy = Math.sign(y - fy);
  return `M${x} ${y}L${x - 8 * dx - 4 * dy} ${y - 8 * dy - 4 * dx}L${x - 8 * dx + 4 * dy} ${
    y - 8 * dy + 4 * dx
  }Z`;
}

const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.abs(ax - bx) + Math.abs(ay - by);

const towards = ([x, y]: Point, [tx, ty]: Point, by: number): Point => [
  x + Math.sign(tx - x) * by,
  y + Math.sign(ty - y) * by,
];

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]!);
