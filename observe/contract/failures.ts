/** What fails, grouped, and why: `GET /api/v1/failures`, `/failures/:id`. console.md 3.5, 6 E. */
import type { Cause, Fault } from "../../facts/cause.ts";
import type { Detail } from "../../facts/event.ts";
import type { EventRow } from "./events.ts";
import type { Stage } from "./explanation.ts";

/** `remote`: the domain; `peer`: the address of its server. */
export type FailureGrouping = "cause" | "remote" | "peer";

export interface FailureGroup {
  /** The cause, the domain or the address. */
  readonly key: string;
  /** The cause that was seen most. */
  readonly cause: Cause;
  readonly text: string;
  readonly fault: Fault;
  readonly domains: number;
  readonly pairs: number;
  readonly attempts: number;
  /** Attempts by quarter of an hour, the oldest first; the last one is still filling. */
  readonly series: readonly number[];
  readonly first: string;
  readonly last: string;
  /** Its failures, the latest first, at most 50: `/failures/:id`. */
  readonly failures: readonly FailureRow[];
}

/** One cause at one domain. */
export interface FailureRow {
  readonly id: string;
  readonly cause: Cause;
  readonly remote: string | null;
  readonly peer: string | null;
  readonly pairs: number;
  readonly attempts: number;
  readonly last: string;
  /** It works again. */
  readonly recovered: boolean;
}

export interface FailureList {
  readonly epoch: string;
  readonly now: string;
  readonly group: FailureGrouping;
  readonly since: string;
  /** Groups. */
  readonly total: number;
  readonly next: string | null;
  /** In all groups. */
  readonly attempts: number;
  readonly failures: readonly FailureGroup[];
}

/** Everything that is known of one failure, for whoever has to mend it. */
export interface Why {
  readonly id: string;
  readonly cause: Cause;
  /** One sentence with the names in it. */
  readonly what: string;
  /** The cause's own sentence. */
  readonly text: string;
  readonly fault: Fault;
  /** Who can mend it, in words. */
  readonly who: string;
  /** What to do next, in words. */
  readonly next: string;
  /** When it is tried again by itself. */
  readonly retryAt: string | null;
  /** A command to see it for oneself. */
  readonly verify: string;
  readonly local: string | null;
  readonly remote: string | null;
  readonly peer: string | null;
  readonly direction: "in" | "out" | null;
  /** DNS, TCP, TLS, proof, pair: how far it came. */
  readonly stages: readonly Stage[];
  readonly evidence: Detail;
  readonly history: {
    readonly attempts: number;
    readonly first: string;
    readonly last: string;
    readonly lastSuccess: string | null;
    /** Attempts by quarter of an hour. */
    readonly series: readonly number[];
  };
  /** Of the pairs that suffer, at most 50. */
  readonly pairs: readonly { readonly local: string; readonly remote: string }[];
  readonly pairCount: number;
  /** The connection of the last attempt, and the latest events about it. */
  readonly connection: string | null;
  readonly events: readonly EventRow[];
  readonly recovered: boolean;
  /** All of it as text without secrets, for a mail or an issue. */
  readonly report: string;
}
