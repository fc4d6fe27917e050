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

export interface Explanation {
  readonly local: string;
  readonly remote: string;
  readonly verdict: "open" | "closed" | "unknown";
  readonly cause: Cause | null;
  readonly stages: readonly Stage[];
}
