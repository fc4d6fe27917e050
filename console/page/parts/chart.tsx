/** A machine's chart with what is active, what happened last, and where it has been. console.md 1.6. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  type Chart,
  type ChartEdge,
  type ChartState,
  HEAD_PX,
  LINE_PX,
  PAD_PX,
  type Row,
  TEXT_PX,
} from "../../chart/chart.ts";
import { arrowOf, pathOf, pillLineY, SIGN } from "../../chart/svg.ts";
import { onKeys } from "../keys.ts";
import { ancestry, leaves, type Standing } from "./trace.ts";

export interface ChartProps {
  readonly chart: Chart;
  readonly standing: Standing;
  /** Transitions to the end as edges too. */
  readonly ends: boolean;
  /** How many actors sit in each state. */
  readonly heat?: ReadonlyMap<string, number>;
  readonly label: string;
}

/** Below this, texts are smaller than 8.5 px (console.md D1.8): then the picture is moved, and follows what is active. */
const LEAST_SCALE = 8.5 / TEXT_PX;

/** Null: as large as fits, but readable. `whole`: all of it, however small. */
type Zoom = number | "whole" | null;

/** How large all of it would be, and how large it may be shown at least. */
interface Fits {
  readonly whole: number;
  readonly readable: number;
}

export function ChartView(
  props: ChartProps & { readonly zoom: Zoom; readonly onScale: (scale: number, fits: Fits) => void },
) {
  const { chart, standing, zoom, onScale } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [fits, setFits] = useState<Fits>({ whole: 1, readable: 1 });
  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth, clientHeight } = frame.current!;
      const whole = Math.min(clientWidth / chart.width, clientHeight / chart.height, 1.25);
      setFits({ whole, readable: Math.max(LEAST_SCALE, whole) });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [chart]);
  const scale = zoom === "whole" ? fits.whole : zoom ?? fits.readable;
  useEffect(() => onScale(scale, fits), [scale, fits]);
  // Where not all of it is seen, the picture follows what is active.
  useEffect(() => {
    if (scale > fits.whole * 1.01) {
      frame.current!.querySelector("[data-leaf]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }, [standing.state, scale]);
  return (
    <div class="chart-frame" ref={frame} tabIndex={0} role="region" aria-label="Chart">
      <Drawing {...props} scale={scale} />
    </div>
  );
}

function Drawing({ chart, standing, ends, heat, label, scale }: ChartProps & { readonly scale: number }) {
  const on = new Set(leaves(standing.state ?? "").flatMap(ancestry));
  const leaf = new Set(leaves(standing.state ?? ""));
  const holds = new Set(chart.states.map(({ parent }) => parent));
  const most = Math.max(1, ...heat?.values() ?? []);
  const box = (state: ChartState) => (
    <StateBox
      key={state.id}
      state={state}
      holds={holds.has(state.id)}
      active={on.has(state.id)}
      leaf={leaf.has(state.id)}
      seen={standing.visited.has(state.id)}
      hot={standing.hot}
      heat={heat?.get(state.id)}
      warmth={(heat?.get(state.id) ?? 0) / most}
    />
  );
  const edges = chart.edges.filter(({ kind }) => kind !== "end" || ends);
  return (
    <svg
      class="chart"
      role="img"
      aria-label={label}
      width={chart.width * scale}
      height={chart.height * scale}
      viewBox={`0 0 ${chart.width} ${chart.height}`}
    >
      {chart.states.filter(({ id }) => holds.has(id)).map(box)}
      {edges.map((edge) => <EdgeLine key={edge.id} edge={edge} standing={standing} />)}
      {chart.states.filter(({ id }) => !holds.has(id)).map(box)}
      {edges.map((edge) => <EdgePill key={edge.id} edge={edge} standing={standing} />)}
    </svg>
  );
}

interface BoxProps {
  readonly state: ChartState;
  readonly holds: boolean;
  readonly active: boolean;
  readonly leaf: boolean;
  readonly seen: boolean;
  readonly hot: ReadonlySet<string>;
  readonly heat: number | undefined;
  readonly warmth: number;
}

function StateBox(
  { state: { id, x, y, w, h, name, kind, rows }, holds, active, leaf, seen, hot, heat, warmth }: BoxProps,
) {
  const css = [
    "state",
    holds && "holds",
    kind,
    active && "on",
    leaf && "leaf",
    seen && "seen",
    heat !== undefined && "warm",
  ]
    .filter(Boolean).join(" ");
  const rim = kind === "final" ? 3 : 0;
  return (
    <g
      class={css}
      data-state={id}
      {...(active ? { "data-active": "" } : {})}
      {...(leaf ? { "data-leaf": "" } : {})}
    >
      {leaf && <rect class="halo" x={x - 4} y={y - 4} width={w + 8} height={h + 8} rx="11" />}
      <rect
        class="box"
        x={x}
        y={y}
        width={w}
        height={h}
        rx="8"
        {...(warmth > 0 ? { style: { "--warmth": String(0.12 + 0.6 * warmth) } } : {})}
      />
      {rim > 0 && (
        <rect
          class="rim"
          x={x + rim}
          y={y + rim}
          width={w - 2 * rim}
          height={h - 2 * rim}
          rx="6"
        />
      )}
      <text class="state-name" x={x + PAD_PX + rim / 2} y={y + HEAD_PX - 7 + rim / 2}>{name}</text>
      {kind === "parallel" && (
        <text class="tag" x={x + w - PAD_PX} y={y + HEAD_PX - 7} text-anchor="end">parallel</text>
      )}
      {heat !== undefined && (
        <text class="heat" x={x + w - PAD_PX} y={y + HEAD_PX - 7} text-anchor="end">{heat}</text>
      )}
      {rows.map((row, at) => (
        <RowText
          key={at}
          row={row}
          hot={hot}
          x={x + PAD_PX + rim / 2}
          y={y + HEAD_PX + 7 + at * LINE_PX + rim / 2}
        />
      ))}
    </g>
  );
}

function RowText(
  { row: { kind, text, labels, target }, hot, x, y }: {
    row: Row;
    hot: ReadonlySet<string>;
    x: number;
    y: number;
  },
) {
  const isHot = labels.some(({ key }) => hot.has(key));
  return (
    <text class={`row ${kind}${isHot ? " hot" : ""}`} x={x} y={y}>
      {SIGN[kind]}
      {text}
      {labels.length > 0 && <title>{labels.map(said).join("\n")}{target ? ` → ${target}` : ""}</title>}
    </text>
  );
}

const said = ({ event, guard }: { event: string; guard?: string }): string =>
  guard ? `${event} [${guard}]` : event;

function walk({ labels, kind }: ChartEdge, { hot, walked, visited }: Standing): string {
  if (kind === "initial") return visited.size > 0 ? "edge initial" : "edge initial";
  const keys = labels.map(({ key }) => key);
  return `edge ${kind}${
    keys.some((key) => hot.has(key)) ? " hot" : keys.some((key) => walked.has(key)) ? " seen" : ""
  }`;
}

function EdgeLine({ edge, standing }: { edge: ChartEdge; standing: Standing }) {
  const [x, y] = edge.points[0]!;
  return (
    <g class={walk(edge, standing)} data-edge={edge.id}>
      {edge.kind === "initial" && <circle class="dot" cx={x} cy={y} r="4" />}
      <path class="line" d={pathOf(edge.points)} />
      <path class="head" d={arrowOf(edge.points)} />
      <title>{edge.labels.map(said).join("\n")}</title>
    </g>
  );
}

function EdgePill({ edge, standing }: { edge: ChartEdge; standing: Standing }) {
  const { pill } = edge;
  if (pill === null) return null;
  return (
    <g class={`${walk(edge, standing)} label`} data-label={edge.id}>
      <rect class="pill-box" x={pill.x} y={pill.y} width={pill.w} height={pill.h} rx="4" />
      {pill.lines.map(({ kind, text }, at) => (
        <text key={at} class={kind} x={pill.x + pill.w / 2} y={pillLineY(pill, at)} text-anchor="middle">
          {text}
        </text>
      ))}
      <title>{edge.labels.map(said).join("\n")}</title>
    </g>
  );
}

const STEPS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2];

/** Fit, real size, larger, smaller: by button and by key. */
export function useZoom() {
  const [zoom, setZoom] = useState<Zoom>(null);
  const [scale, setScale] = useState(1);
  const [fits, setFits] = useState<Fits>({ whole: 1, readable: 1 });
  const onScale = (scale: number, fits: Fits) => {
    setScale(scale);
    setFits(fits);
  };
  const cut = fits.whole < fits.readable;
  const larger = () => setZoom(STEPS.find((step) => step > scale + 0.01) ?? 2);
  const smaller = () => setZoom(STEPS.findLast((step) => step < scale - 0.01) ?? 0.5);
  useEffect(
    () => onKeys({ "+": larger, "=": larger, "-": smaller, "0": () => setZoom(null), "1": () => setZoom(1) }),
    [scale],
  );
  const buttons = (
    <div class="zoom" role="group" aria-label="Zoom">
      <button type="button" class="button" aria-label="smaller" onClick={smaller}>−</button>
      <button
        type="button"
        class="button"
        aria-pressed={zoom === null}
        onClick={() => setZoom(zoom === null ? 1 : null)}
      >
        {zoom === null ? "Fit" : zoom === "whole" ? "Whole" : "Zoom"} {Math.round(scale * 100)} %
      </button>
      <button type="button" class="button" aria-label="larger" onClick={larger}>+</button>
      {cut && (
        <button
          type="button"
          class="button"
          aria-pressed={zoom === "whole"}
          onClick={() => setZoom(zoom === "whole" ? null : "whole")}
        >
          Whole
        </button>
      )}
    </div>
  );
  return { zoom, onScale, buttons };
}
