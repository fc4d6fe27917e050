/**
 * The named actions, guards and delays of the route, and the rows that several of its states share.
 * protocol.md 2.7, 2.10, 8.4. Pure.
 */
import { assign, emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { NOT_PROVEN, NOT_THERE } from "../xmpp/verdict_error.ts";
import { capped } from "./delay.ts";
import type { RouteEffect, RouteEvent, RouteInput, RouteState } from "./route.ts";

interface Context extends RouteInput {
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
const isOneOf = (conditions: readonly string[], event: RouteEvent) =>
  event.type === "assertion.denied" && event.condition !== null && conditions.includes(event.condition);

interface Failure {
  readonly cause: Cause;
  readonly permanent: boolean;
  readonly retryMs: number;
}
type Carries<E> = { readonly context: Context; readonly event: E };
type Reason = Pick<Failure, "cause" | "retryMs">;

export const noteFailure = (permanent: boolean) => ({
  type: "note failure",
  params: ({ event: { cause, retryMs } }: Carries<Reason>): Failure => ({ cause, retryMs, permanent }),
} as const);

export const noteNegative = {
  type: "note failure",
  params: ({ context, event: { cause } }: Carries<Reason>): Failure => ({
    cause,
    permanent: true,
    retryMs: context.timers.negativePairMs,
  }),
} as const;

export const noteGone = {
  type: "note failure",
  params: ({ context, event: { cause } }: Carries<Reason>): Failure => ({
    cause,
    permanent: true,
    retryMs: context.timers.goneMs,
  }),
} as const;

export const noteTimeout = {
  type: "note failure",
  params: ({ context }: { readonly context: Context }): Failure => ({
    cause: "route.queue-age",
    permanent: false,
    retryMs: context.timers.retryMs,
  }),
} as const;

export const noteLoss = {
  type: "note loss",
  params: ({ event: { cause, retryMs } }: Carries<Reason>) => ({ cause, retryMs }),
} as const;

export const noteDrain = {
  type: "note loss",
  params: ({ event: { cause } }: Carries<Pick<Failure, "cause">>) => ({ cause, retryMs: 0 }),
} as const;

export const noteConnection = {
  type: "note connection",
  params: ({ event: { reused } }: Carries<{ readonly reused: boolean }>) => ({ reused }),
} as const;

export const openConnection = ["obtain connection", "count connection"] as const;

export const reportState = (state: RouteState) => ({ type: "report state", params: { state } } as const);

/** Where nothing is authorised, there is nothing to flush. */
export const drained = { target: "#over", actions: [noteDrain, "bounce queue"] } as const;

/** Also when the pair was opened by the inverse of a grant, on a bidi connection (2.8). */
export const authorised = { target: "#authorised", actions: ["note success", "flush"] } as const;

export const routeSetup = setup({
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
    "obtain connection": emit({ type: "obtain connection" }),
    "request pair": emit({ type: "request pair" }),
    "flush": emit({ type: "flush" }),
    "bounce queue": emit(({ context: { cause, permanent } }) => ({
      type: "bounce queue",
      cause: cause!, // every way to a bounce notes its cause first (tests/machines/safety_test.ts)
      permanent,
    })),
    "check queue": emit({ type: "check queue" }),
    "report state": emit(({ context }, { state }: { state: RouteState }) => ({
      type: "report state",
      state,
      cause: context.cause,
    })),
    "begin anew": assign({ opened: 0, reused: false, askedAgain: false }),
    "count connection": assign({ opened: ({ context }) => context.opened + 1 }),
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
    "a step is left": ({ context, event }) =>
      event.type === "connection.failed" && event.next && context.opened < MAX_CONNECTIONS,
    "is gone": ({ event }) => event.type === "connection.failed" && event.gone,
    "a fresh connection may serve": ({ context }) => context.reused && maySwitch(context),
    "a fresh connection may help": ({ context, event }) =>
      event.type === "assertion.denied" && event.next && maySwitch(context) &&
      (event.kind === "lost" || isOneOf(NOT_PROVEN, event) ||
        (context.reused && isOneOf([...NOT_THERE, "resource-constraint"], event))),
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
});

/** After a revocation there is one request and no search. */
function maySwitch({ opened, askedAgain }: Context): boolean {
  return !askedAgain && opened < MAX_CONNECTIONS;
}
