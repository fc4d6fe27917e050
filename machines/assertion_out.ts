/**
 * One assertion of ours on one connection: request, verdict, revocation. protocol.md 2.5 I-14, I-15, 2.7. Pure.
 *  waiting -> requested -> authorised -> revoked | lost | withdrawn
 */
import { emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { capped } from "./delay.ts";

export type AssertionOutEvent =
  /** Fewer than `unanswered_requests` of ours are open on this connection. */
  | { type: "turn.came" }
  | { type: "verdict.valid" }
  | { type: "verdict.invalid" }
  | { type: "verdict.error"; condition: string }
  | { type: "connection.over"; cause: Cause }
  /** Our own proof that the peer speaks for the remote domain ended, or the operator revoked the pair. */
  | { type: "proof.ended"; cause: Cause };

/** The pair leaves the binding table. `peer`: the route hears `assertion.revoked`; else `assertion.lost`. */
interface Withdrawal {
  readonly by: "peer" | "us" | "connection";
  readonly cause: Cause;
}

/** It never was authorised. `lost`: the connection, or our own proof of the remote domain, is gone. */
interface WhyDenied {
  readonly cause: Cause;
  /** Of the peer's verdict error. */
  readonly condition: string | null;
  readonly kind: "invalid" | "error" | "timeout" | "lost";
}

export type AssertionOutEffect =
  | { type: "send request" }
  | { type: "authorise" }
  | { type: "withdraw" } & Withdrawal
  | { type: "report denied" } & WhyDenied;

export interface AssertionOutTimers {
  /** How long a request may wait for its turn: as long as its stanzas. */
  readonly queueAgeMs: number;
  readonly verdictTimeoutMs: number;
}

export interface AssertionOutInput {
  readonly timers: AssertionOutTimers;
}

type OfEvent<E> = { readonly event: E };

const withdrawBy = (by: "peer" | "us" | "connection") => ({
  type: "withdraw",
  params: ({ event }: OfEvent<{ readonly cause: Cause }>) => ({ by, cause: event.cause }),
} as const);

const revokedByPeer = { type: "withdraw", params: { by: "peer", cause: "peer.revoked" } } as const;

const timedOut = {
  type: "report denied",
  params: { cause: "peer.verdict-timeout", condition: null, kind: "timeout" },
} as const;

const reportLost = {
  type: "report denied",
  params: ({ event: { cause } }: OfEvent<{ readonly cause: Cause }>): WhyDenied => ({
    cause,
    condition: null,
    kind: "lost",
  }),
} as const;

const reportError = {
  type: "report denied",
  params: ({ event: { condition } }: OfEvent<{ readonly condition: string }>): WhyDenied => ({
    cause: "peer.denied",
    condition,
    kind: "error",
  }),
} as const;

/** Nothing is authorised yet, so nothing is to be withdrawn. */
const pending = {
  "connection.over": { target: "lost", actions: reportLost },
  "proof.ended": { target: "withdrawn", actions: reportLost },
} as const;

export const assertionOut = setup({
  types: {
    context: {} as AssertionOutInput,
    input: {} as AssertionOutInput,
    events: {} as AssertionOutEvent,
    emitted: {} as AssertionOutEffect,
  },
  actions: {
    "send request": emit({ type: "send request" }),
    "authorise": emit({ type: "authorise" }),
    "withdraw": emit((_, what: Withdrawal) => ({ type: "withdraw", ...what })),
    "report denied": emit((_, why: WhyDenied) => ({ type: "report denied", ...why })),
  },
  delays: {
    turn: ({ context }) => capped(context.timers.queueAgeMs),
    verdict: ({ context }) => capped(context.timers.verdictTimeoutMs),
  },
}).createMachine({
  id: "assertion out",
  context: ({ input: { timers } }) => ({ timers }),
  initial: "waiting",
  states: {
    waiting: {
      on: { ...pending, "turn.came": { target: "requested", actions: "send request" } },
      after: { turn: { target: "denied", actions: timedOut } },
    },
    requested: {
      on: {
        ...pending,
        "verdict.valid": { target: "authorised", actions: "authorise" },
        "verdict.invalid": {
          target: "denied",
          actions: {
            type: "report denied",
            params: { cause: "peer.invalid", condition: null, kind: "invalid" },
          },
        },
        "verdict.error": { target: "denied", actions: reportError },
      },
      after: { verdict: { target: "denied", actions: timedOut } },
    },
    // A second `valid` is a duplicate and means nothing; any other verdict is a revocation (2.7).
    authorised: {
      on: {
        "verdict.invalid": { target: "revoked", actions: revokedByPeer },
        "verdict.error": { target: "revoked", actions: revokedByPeer },
        "connection.over": { target: "lost", actions: withdrawBy("connection") },
        "proof.ended": { target: "withdrawn", actions: withdrawBy("us") },
      },
    },
    // Final: a verdict that comes now finds no assertion, and is nobody's.
    denied: { type: "final" },
    revoked: { type: "final" },
    lost: { type: "final" },
    withdrawn: { type: "final" },
  },
});
