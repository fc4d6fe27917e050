/** One pair, outgoing: from the first stanza to an authorised pair, and back. protocol.md 2.3, 2.5, 2.7, 8.4. Pure. */
import { setup } from "xstate";
import type { Cause } from "../facts/cause.ts";

/** As the API shows it (design.md 2.4). Every state but the final one carries exactly one of these tags. */
export type RouteState =
  | "resolving"
  | "connecting"
  | "requesting"
  | "authorised"
  | "denied"
  | "backoff"
  | "draining";

export type RouteEvent =
  /** The SRV answer may be used. `reuse`: an open connection reaches one of its targets (I-3). */
  | { type: "delegation.found"; reuse: boolean; targets: number }
  | { type: "delegation.refused"; cause: Cause; permanent: boolean; retryMs: number }
  | { type: "connection.ready"; reused: boolean }
  /** One target is used up, or the reused connection went away. */
  | { type: "connection.failed"; cause: Cause; retryMs: number }
  | { type: "assertion.authorised" }
  | {
    type: "assertion.denied";
    cause: Cause;
    condition: string | null;
    kind: "invalid" | "error" | "timeout" | "lost";
    retryMs: number;
  }
  /** The peer took it back. `waiting`: stanzas wait. */
  | { type: "assertion.revoked"; waiting: boolean; retryMs: number; cause: Cause }
  /** The connection, or our own proof of the remote domain, is gone. */
  | { type: "assertion.lost"; waiting: boolean; retryMs: number; cause: Cause }
  /** A stanza waits for the pair; also the answer to `check queue` when some do. */
  | { type: "demand.came" }
  | { type: "drain.wanted"; cause: Cause }
  /** The operator wants it now, or the DNS data changed. */
  | { type: "retry.wanted" };

export type RouteEffect =
  | { type: "resolve" }
  | { type: "reuse connection" }
  /** Target number `target` (from 0) of the delegation. */
  | { type: "obtain connection"; target: number }
  | { type: "request pair" }
  | { type: "flush" }
  | { type: "bounce queue"; cause: Cause; permanent: boolean }
  /** Answer with `demand.came` if stanzas wait. */
  | { type: "check queue" }
  | { type: "report state"; state: RouteState; cause: Cause | null };

export interface RouteTimers {
  /** The whole way to an authorised pair (protocol.md 2.10). */
  readonly attemptTimeoutMs: number;
  /** Back-off when that time is up. */
  readonly retryMs: number;
  /** How long `item-not-found` and `not-allowed` are believed. */
  readonly negativePairMs: number;
  /** How long a route without a connection is kept. */
  readonly keepMs: number;
  readonly shutdownGraceMs: number;
}

/** What protocol.md fixes; the rest of the timers is in `[limits]`. */
export const ROUTE_TIMERS = { attemptTimeoutMs: 90_000, retryMs: 60_000, keepMs: 600_000 } as const;

export interface RouteInput {
  readonly timers: RouteTimers;
}

export const route = setup({
  types: {
    context: {} as RouteInput & { failures: number },
    input: {} as RouteInput,
    events: {} as RouteEvent,
    emitted: {} as RouteEffect,
    tags: {} as RouteState,
  },
}).createMachine({
  id: "route",
  context: ({ input }) => ({ ...input, failures: 0 }),
  initial: "attempting",
  states: {
    attempting: { initial: "resolving", states: { resolving: {}, connecting: {}, requesting: {} } },
    authorised: {},
    denied: {},
    backoff: { initial: "waiting", states: { waiting: {}, resting: {} } },
    draining: {},
    over: { type: "final" },
  },
});
