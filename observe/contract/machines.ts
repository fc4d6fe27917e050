/** The machines that every connection and pair is: `GET /api/v1/machines`, `/machines/:id`. console.md 1.6. */
import type { Chart } from "../../console/chart/chart.ts";
import type { MachineConfig } from "../../console/chart/config.ts";

export interface MachineList {
  readonly machines: readonly { readonly id: string; readonly name: string }[];
}

/** A state for who reads a list in place of a chart. */
export interface OutlineState {
  /** Dotted from the machine's root. */
  readonly id: string;
  readonly name: string;
  readonly events: readonly string[];
  readonly states: readonly OutlineState[];
}

export interface MachineView {
  /** `outbound_stream`, as its file in machines/. */
  readonly id: string;
  /** As traces name it: `outbound stream`. */
  readonly name: string;
  /** SHA-256 of its definition. */
  readonly hash: string;
  readonly states: readonly OutlineState[];
  /** For xstate and Stately's tools. */
  readonly config: MachineConfig;
  /** Null when the one that was laid out belongs to another definition. */
  readonly chart: Chart | null;
}

/** Where the API gets them from. */
export interface MachineLibrary {
  readonly ids: readonly string[];
  find(id: string): MachineView | null;
  /** Null when there is none, or no chart of it. */
  print(id: string, format: "json" | "svg" | "mermaid"): string | null;
}
