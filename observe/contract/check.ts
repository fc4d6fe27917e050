/** One real attempt to open a pair, stage by stage: `POST /api/v1/check`, `verona check --json`. design.md 2.4; console.md 3.5. */
import type { Cause, Fault } from "../../facts/cause.ts";
import type { Stage } from "./explanation.ts";

export interface CheckReport {
  readonly schema: "verona.check/1";
  readonly domain: string;
  /** As whom it was asked; null when the attempt ended before anything was asked. */
  readonly from: string | null;
  /** How far it went; what stands beyond is skipped. */
  readonly stage: "dns" | "tcp" | "tls" | "proof" | "pair";
  readonly started: string;
  readonly elapsedMs: number;
  /** `open`: good as far as it went. `unknown`: it could not be told. */
  readonly verdict: "open" | "closed" | "unknown";
  /** Stages that say "warn". */
  readonly warnings: number;
  readonly cause: Cause | null;
  readonly text: string | null;
  readonly fault: Fault | null;
  /** What to do next. */
  readonly next: string | null;
  /** A command to see the cause for oneself. */
  readonly verify: string | null;
  readonly stages: readonly Stage[];
  /** What the check says nothing about. */
  readonly notTested: readonly string[];
}

/** One line of the streamed answer: stages as they are decided, the whole report last. */
export type CheckLine = { readonly stage: Stage } | { readonly report: CheckReport };
