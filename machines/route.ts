/** One pair, outgoing: from the first stanza to an authorised pair, and back. protocol.md 2.3, 2.5, 2.7, 8.4. Pure. */
import { assign, emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { capped } from "./delay.ts";

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

interface Context extends RouteInput {
  /** Number of targets of the delegation, and the next one to try. */
  readonly targets: number;
  readonly next: number;
  /** Connections opened in this attempt. */
  readonly opened: number;
  /** The pair is asked for on a connection that was there before. */
  readonly reused: boolean;
  /** The one re-request after a revocation was made. */
  readonly askedAgain: boolean;
  /** The last failure. */
  readonly cause: Cause | null;
  readonly permanent: boolean;
  readonly retryMs: number;
  /** In a row; the shell makes the next `retryMs` of it. */
  readonly failures: number;
}

/** protocol.md 2.10: connections per attempt. */
const MAX_CONNECTIONS = 4;

/** The rows of 2.7, by the condition of the verdict error. */
const NOT_THERE = ["item-not-found", "not-allowed"];
const NOT_PROVEN = ["not-authorized", "forbidden", "not-acceptable"];
const isOneOf = (conditions: readonly string[], event: RouteEvent) =>
  event.type === "assertion.denied" && event.condition !== null && conditions.includes(event.condition);

interface Failure {
  readonly cause: Cause;
  readonly permanent: boolean;
  readonly retryMs: number;
}
type Carries<E> = { readonly context: Context; readonly event: E };
type Reason = Pick<Failure, "cause" | "retryMs">;

const noteFailure = (permanent: boolean) => ({
  type: "note failure",
  params: ({ event: { cause, retryMs } }: Carries<Reason>): Failure => ({ cause, retryMs, permanent }),
} as const);

const noteNegative = {
  type: "note failure",
  params: ({ context, event: { cause } }: Carries<Reason>): Failure => ({
    cause,
    permanent: true,
    retryMs: context.timers.negativePairMs,
  }),
} as const;

const noteTimeout = {
  type: "note failure",
  params: ({ context }: { readonly context: Context }): Failure => ({
    cause: "route.queue-age",
    permanent: false,
    retryMs: context.timers.retryMs,
  }),
} as const;

const noteLoss = {
  type: "note loss",
  params: ({ event: { cause, retryMs } }: Carries<Reason>) => ({ cause, retryMs }),
} as const;

const noteDrain = {
  type: "note loss",
  params: ({ event: { cause } }: Carries<Pick<Failure, "cause">>) => ({ cause, retryMs: 0 }),
} as const;

const noteTargets = {
  type: "note targets",
  params: ({ event: { targets } }: Carries<{ readonly targets: number }>) => ({ targets }),
} as const;

const noteConnection = {
  type: "note connection",
  params: ({ event: { reused } }: Carries<{ readonly reused: boolean }>) => ({ reused }),
} as const;

const openConnection = ["obtain connection", "count connection"] as const;

const reportState = (state: RouteState) => ({ type: "report state", params: { state } } as const);

/** Where nothing is authorised, there is nothing to flush. */
const drained = { target: "#over", actions: [noteDrain, "bounce queue"] } as const;

/** Also when the pair was opened by the inverse of a grant, on a bidi connection (2.8). */
const authorised = { target: "#authorised", actions: ["note success", "flush"] } as const;

export const route = setup({
  types: {
    context: {} as Context,
    input: {} as RouteInput,
    events: {} as RouteEvent,
    emitted: {} as RouteEffect,
    tags: {} as RouteState,
  },
  actions: {
    "resolve": emit({ type: "resolve" }),
    "reuse connection": emit({ type: "reuse connection" }),
    "obtain connection": emit(({ context }) => ({ type: "obtain connection", target: context.next })),
    "request pair": emit({ type: "request pair" }),
    "flush": emit({ type: "flush" }),
    "bounce queue": emit(({ context: { cause, permanent } }) => ({
      type: "bounce queue",
      cause: cause ?? "route.backoff",
      permanent,
    })),
    "check queue": emit({ type: "check queue" }),
    "report state": emit(({ context }, { state }: { state: RouteState }) => ({
      type: "report state",
      state,
      cause: context.cause,
    })),
    "begin anew": assign({ targets: 0, next: 0, opened: 0, reused: false, askedAgain: false }),
    "note targets": assign((_, { targets }: { targets: number }) => ({ targets })),
    "count connection": assign({
      next: ({ context }) => context.next + 1,
      opened: ({ context }) => context.opened + 1,
    }),
    "note connection": assign((_, { reused }: { reused: boolean }) => ({ reused })),
    "note asked again": assign({ askedAgain: true }),
    "note success": assign({ cause: null, permanent: false, failures: 0 }),
    "note loss": assign((_, loss: Reason) => ({ ...loss, permanent: false })),
    "note failure": assign(({ context }, failure: Failure) => ({
      ...failure,
      failures: context.failures + 1,
    })),
  },
  guards: {
    "an open connection reaches it": ({ event }) => event.type === "delegation.found" && event.reuse,
    "is permanent": ({ event }) => event.type === "delegation.refused" && event.permanent,
    "a target is left": ({ context }) => hasTarget(context),
    "a fresh connection may serve": ({ context }) => maySwitch(context),
    "a fresh connection may help": ({ context, event }) =>
      event.type === "assertion.denied" && maySwitch(context) &&
      (event.kind === "lost" || isOneOf([...NOT_THERE, "resource-constraint"], event)),
    "is not there": ({ event }) => isOneOf(NOT_THERE, event),
    "is not proven": ({ event }) => isOneOf([...NOT_PROVEN, "policy-violation"], event),
    "is invalid": ({ event }) => event.type === "assertion.denied" && event.kind === "invalid",
    "may ask again": ({ context, event }) =>
      event.type === "assertion.revoked" && event.waiting && !context.askedAgain,
    "stanzas wait": ({ event }) => "waiting" in event && event.waiting,
    "stanzas wait and may go": ({ event }) =>
      event.type === "assertion.lost" && event.waiting && event.retryMs === 0,
  },
  delays: {
    attempt: ({ context }) => capped(context.timers.attemptTimeoutMs),
    retry: ({ context }) => capped(context.retryMs),
    keep: ({ context }) => capped(context.timers.keepMs),
    grace: ({ context }) => capped(context.timers.shutdownGraceMs),
  },
}).createMachine({
  id: "route",
  context: ({ input: { timers } }) => ({
    timers,
    targets: 0,
    next: 0,
    opened: 0,
    reused: false,
    askedAgain: false,
    cause: null,
    permanent: false,
    retryMs: 0,
    failures: 0,
  }),
  initial: "attempting",
  states: {
    attempting: {
      id: "attempting",
      initial: "resolving",
      on: { "drain.wanted": drained, "assertion.authorised": authorised },
      after: { attempt: { target: "backoff", actions: [noteTimeout, "bounce queue"] } },
      states: {
        resolving: {
          tags: "resolving",
          entry: ["begin anew", reportState("resolving"), "resolve"],
          on: {
            "delegation.found": [
              {
                guard: "an open connection reaches it",
                target: "connecting",
                actions: [noteTargets, "reuse connection"],
              },
              { target: "connecting", actions: [noteTargets, ...openConnection] },
            ],
            "delegation.refused": [
              { guard: "is permanent", target: "#denied", actions: [noteFailure(true), "bounce queue"] },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
          },
        },
        connecting: {
          tags: "connecting",
          entry: reportState("connecting"),
          on: {
            "connection.ready": { target: "requesting", actions: noteConnection },
            "connection.failed": [
              { guard: "a target is left", actions: openConnection },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
          },
        },
        requesting: {
          id: "requesting",
          tags: "requesting",
          entry: [reportState("requesting"), "request pair"],
          on: {
            "assertion.lost": [
              { guard: "a fresh connection may serve", target: "connecting", actions: openConnection },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
            // protocol.md 2.7, row by row.
            "assertion.denied": [
              { guard: "a fresh connection may help", target: "connecting", actions: openConnection },
              { guard: "is not there", target: "#denied", actions: [noteNegative, "bounce queue"] },
              { guard: "is not proven", target: "#denied", actions: [noteFailure(true), "bounce queue"] },
              { guard: "is invalid", target: "#denied", actions: [noteFailure(false), "bounce queue"] },
              { target: "#backoff", actions: [noteFailure(false), "bounce queue"] },
            ],
          },
        },
      },
    },
    // Nothing is waited for: it ends with its assertion.
    authorised: {
      id: "authorised",
      tags: "authorised",
      entry: reportState("authorised"),
      on: {
        "drain.wanted": { target: "draining", actions: noteDrain },
        // one request at once if stanzas wait; denied, or revoked again, they are bounced.
        "assertion.revoked": [
          { guard: "may ask again", target: "#requesting", actions: [noteLoss, "note asked again"] },
          { guard: "stanzas wait", target: "denied", actions: [noteFailure(false), "bounce queue"] },
          { target: "backoff.resting", actions: noteLoss },
        ],
        // 8.4: nothing is bounced for a loss; what waits goes when it may.
        "assertion.lost": [
          { guard: "stanzas wait and may go", target: "attempting", actions: noteLoss },
          { target: "backoff", actions: noteLoss },
        ],
      },
    },
    denied: {
      id: "denied",
      tags: "denied",
      entry: reportState("denied"),
      on: {
        "drain.wanted": drained,
        "assertion.authorised": authorised,
        "demand.came": { actions: "bounce queue" },
        "retry.wanted": "attempting",
      },
      after: { retry: "backoff.resting" },
    },
    backoff: {
      id: "backoff",
      tags: "backoff",
      entry: reportState("backoff"),
      initial: "waiting",
      on: { "drain.wanted": drained, "assertion.authorised": authorised, "retry.wanted": "attempting" },
      states: {
        // 8.4: stanzas that come now wait for the next attempt, as long as their queue lets them.
        waiting: { after: { retry: "resting" } },
        // Reconnect only on demand.
        resting: {
          entry: "check queue",
          on: { "demand.came": "#attempting" },
          after: { keep: "#over" },
        },
      },
    },
    draining: {
      tags: "draining",
      entry: [reportState("draining"), "flush"],
      on: {
        "demand.came": { actions: "bounce queue" },
        "assertion.revoked": { target: "over", actions: "bounce queue" },
        "assertion.lost": { target: "over", actions: "bounce queue" },
      },
      after: { grace: { target: "over", actions: "bounce queue" } },
    },
    over: { id: "over", type: "final" },
  },
});

/** 2.7: a denial on a connection that served other pairs is tried once more on one of our own. */
function maySwitch(context: Context): boolean {
  return context.reused && !context.askedAgain && hasTarget(context);
}

function hasTarget({ next, targets, opened }: Context): boolean {
  return next < targets && opened < MAX_CONNECTIONS;
}
