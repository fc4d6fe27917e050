/** Why a pair is open or not, stage by stage: `GET /api/v1/explain`, `verona explain`. design.md 2.4. */
import type { Cause } from "../../facts/cause.ts";
import type { Detail } from "../../facts/event.ts";

export interface Stage {
  readonly id: string;
  readonly title: string;
  readonly verdict: "ok" | "warn" | "fail" | "skip" | "unknown";
  readonly evidence: Detail;
  readonly elapsedMs: number | null;
  readonly hint: string | null;
}

export type Openness = "open" | "closed" | "unknown";

/** One direction of a pair. */
export interface Way {
  readonly from: string;
  readonly to: string;
  /** `unknown`: nobody has asked for it, or nobody remembers. */
  readonly verdict: Openness;
  readonly cause: Cause | null;
  /** What is known of it, with the names in it. */
  readonly sentence: string;
}

export interface Explanation {
  readonly local: string;
  readonly remote: string;
  /** `closed` when either direction is; else `open` when one is. */
  readonly verdict: Openness;
  /** Of the direction that is closed; of `out` where both are. */
  readonly cause: Cause | null;
  /** What is broken, in which direction; else how both are. */
  readonly headline: string;
  /** `out`: LOCAL to REMOTE, as we ask the peer; `in`: REMOTE to LOCAL, as the peer asks us. */
  readonly directions: { readonly out: Way; readonly in: Way };
  readonly stages: readonly Stage[];
}
