/** A statechart as it is drawn: boxes, edges and texts with their places, in pixels. console.md 1.6. */

/** One transition, as its label says it. */
export interface Label {
  /** `source|event|n`, as traces name it: the n-th alternative that the source lists for the event. */
  readonly key: string;
  /** The event; `after NAME` for a delay. */
  readonly event: string;
  readonly guard?: string;
}

/**
 * A line of text in a state's box. `stay`: the transition changes no state. `end`: it ends what the machine stands for, so it
 * is folded into a row here and drawn as an edge only on demand.
 */
export interface Row {
  readonly kind: "entry" | "exit" | "stay" | "end";
  readonly text: string;
  /** The transitions that it stands for. */
  readonly labels: readonly Label[];
  /** Where an `end` leads. */
  readonly target?: string;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface ChartState extends Box {
  /** Path from the root, joined by dots: `negotiating.opening`. */
  readonly id: string;
  readonly name: string;
  /** `region`: a child of a parallel state. */
  readonly kind: "atomic" | "compound" | "parallel" | "region" | "final";
  readonly parent: string | null;
  readonly rows: readonly Row[];
}

export type Point = readonly [x: number, y: number];

export interface ChartEdge {
  /** `source>target`; a folded one has `!` in front. */
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly labels: readonly Label[];
  readonly points: readonly Point[];
  /** Where the label's pill stands, and its lines; null for an initial arrow. */
  readonly pill: (Box & { readonly lines: readonly PillLine[] }) | null;
  /** `initial`: from a dot. `end`: drawn on demand. */
  readonly kind: "step" | "end" | "initial";
}

export interface PillLine {
  readonly kind: "event" | "after" | "guard" | "more";
  readonly text: string;
}

export interface Chart {
  /** `outbound_stream`. */
  readonly id: string;
  /** SHA-256 of the definition that it was drawn from. */
  readonly hash: string;
  readonly width: number;
  readonly height: number;
  /** Parents before their children. */
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

/** Every common monospace face is 0.55 to 0.602 em wide: texts fit without being measured. */
export const EM = 0.602;
export const NAME_PX = 13;
export const TEXT_PX = 11;
/** From line to line. */
export const LINE_PX = 14;
/** From the box to its text. */
export const PAD_PX = 8;
export const HEAD_PX = 24;
