/** The routing table as JSON: pairs of domains, and the connections that carry them. design.md 2.4; protocol.md 2.2. */
import type { Cause } from "../../facts/cause.ts";
import type { ListAnswer } from "./list.ts";
import type { EventList } from "./events.ts";

export type RouteState =
  | "resolving"
  | "connecting"
  | "requesting"
  | "authorised"
  | "denied"
  | "backoff"
  | "draining";

export interface RouteRow {
  readonly local: string;
  readonly remote: string;
  readonly state: RouteState;
  /** In order; the first is used. */
  readonly send: readonly string[];
  readonly recv: readonly string[];
  /** Stanzas that wait, their bytes, and since when the oldest does. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly queuedSince: string | null;
  readonly prooftype: string | null;
  /** The hard bound of the proof, and the soft one. */
  readonly expires: string | null;
  readonly recheckAt: string | null;
  /** The revocation bound that we state for this pair, in ms (protocol.md 3.9). */
  readonly boundMs: number | null;
  /** Attempts that failed in a row, and when the next one may be made; null when none is planned. */
  readonly failures: number;
  readonly nextAttemptAt: string | null;
  readonly reason: Cause | null;
  /** Why we refuse it ourselves now, whatever is proven: nothing is tried as long as that holds. */
  readonly refusal: Cause | null;
  /** When an operator's block of it ends. */
  readonly blockedUntil: string | null;
}

/** One connection of a pair, in order, and why it stands there. */
export interface RouteConnection {
  readonly id: string;
  readonly direction: "send" | "recv";
  /** From 1. */
  readonly order: number;
  /** It is the one that is written to. */
  readonly used: boolean;
  readonly prooftype: string | null;
}

/** `GET /api/v1/routes/:local/:remote`. */
export interface RouteDetail extends RouteRow, EventList {
  readonly connections: readonly RouteConnection[];
}

export interface RouteList extends ListAnswer {
  readonly routes: readonly RouteRow[];
}
