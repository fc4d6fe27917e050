/**
 * One question to an authoritative server: is this key yours? XEP-0220 2.1.2; protocol.md 3.7, 7.4. Pure.
 *  resolving -> connecting -> asking -> answered | dropped
 */
import { emit, setup } from "xstate";
import type { Callback } from "../facts/callback.ts";
import type { Cause } from "../facts/cause.ts";
import { capped } from "./delay.ts";

/** What came of it; the cause is null only when the domain is confirmed. */
interface Result {
  readonly outcome: Callback["outcome"];
  readonly cause: Cause | null;
}

/** Why there is nobody to ask, or nobody left. */
interface Failure {
  readonly outcome: "error" | "unresolved" | "unreachable" | "busy";
  readonly cause: Cause;
}

export type VerificationEvent =
  /** It is known where to ask. */
  | { type: "server.found" }
  | { type: "server.missing" } & Failure
  /** The stream is usable. `same`: its server showed the very certificate that the originating server did (XEP-0344). */
  | { type: "connection.ready"; same: boolean }
  | { type: "connection.failed" } & Failure
  /** On that connection, with the addresses and the id that were asked about. */
  | { type: "answer.received"; verdict: "valid" | "invalid" | "error" }
  | { type: "connection.over" } & Failure
  /** Nobody waits for the result any more. */
  | { type: "request.over" };

export type VerificationEffect =
  | { type: "resolve" }
  /** A fresh connection, or one of ours that is there; never the one that the request came on (BID-12). */
  | { type: "connect" }
  | { type: "send verify" }
  /** Ends the attempt, or the connection if it was opened for this question alone (DB-21). */
  | { type: "let go" }
  /** Once, as the last; not when it was dropped. */
  | { type: "report" } & Result;

export interface VerificationTimers {
  /** For all of it. */
  readonly verifyTimeoutMs: number;
}

export interface VerificationInput {
  readonly timers: VerificationTimers;
}

type OfEvent<E> = { readonly event: E };

const reportFailure = {
  type: "report",
  params: ({ event: { outcome, cause } }: OfEvent<Failure>): Result => ({ outcome, cause }),
} as const;

const result = (outcome: Callback["outcome"], cause: Cause | null) =>
  ({ type: "report", params: { outcome, cause } }) as const;

const answered = <R>(
  report: R,
) => ({ target: "#verification.answered", actions: ["let go", report] } as const);

export const verification = setup({
  types: {
    context: {} as VerificationInput,
    input: {} as VerificationInput,
    events: {} as VerificationEvent,
    emitted: {} as VerificationEffect,
  },
  actions: {
    "resolve": emit({ type: "resolve" }),
    "connect": emit({ type: "connect" }),
    "send verify": emit({ type: "send verify" }),
    "let go": emit({ type: "let go" }),
    "report": emit((_, { outcome, cause }: Result) => ({ type: "report", outcome, cause })),
  },
  guards: {
    "shows the same certificate": ({ event }) => event.type === "connection.ready" && event.same,
    "is confirmed": ({ event }) => event.type === "answer.received" && event.verdict === "valid",
    "is refuted": ({ event }) => event.type === "answer.received" && event.verdict === "invalid",
  },
  delays: { verify: ({ context }) => capped(context.timers.verifyTimeoutMs) },
}).createMachine({
  id: "verification",
  context: ({ input: { timers } }) => ({ timers }),
  initial: "verifying",
  states: {
    verifying: {
      initial: "resolving",
      on: { "request.over": { target: "dropped", actions: "let go" } },
      after: { verify: answered(result("unreachable", "dialback.timeout")) },
      states: {
        resolving: {
          entry: "resolve",
          on: { "server.found": "connecting", "server.missing": answered(reportFailure) },
        },
        connecting: {
          entry: "connect",
          on: {
            "connection.ready": [
              { guard: "shows the same certificate", ...answered(result("same-certificate", null)) },
              { target: "asking" },
            ],
            "connection.failed": answered(reportFailure),
          },
        },
        asking: {
          entry: "send verify",
          on: {
            "answer.received": [
              { guard: "is confirmed", ...answered(result("confirmed", null)) },
              { guard: "is refuted", ...answered(result("refuted", "dialback.refuted")) },
              answered(result("error", "dialback.error")),
            ],
            "connection.over": answered(reportFailure),
          },
        },
      },
    },
    answered: { type: "final" },
    dropped: { type: "final" },
  },
});
