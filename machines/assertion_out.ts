/** One assertion of ours on one connection: request, verdict, revocation. protocol.md 2.5 I-14, I-15, 2.7. Pure. */
import { setup } from "xstate";
import type { Cause } from "../facts/cause.ts";

export type AssertionOutEvent =
  /** Fewer than `unanswered_requests` of ours are open on this connection. */
  | { type: "turn.came" }
  | { type: "verdict.valid" }
  | { type: "verdict.invalid" }
  | { type: "verdict.error"; condition: string }
  | { type: "connection.over"; cause: Cause }
  /** Our own proof that the peer speaks for the remote domain ended, or the operator revoked the pair. */
  | { type: "proof.ended"; cause: Cause };

export type AssertionOutEffect =
  | { type: "send request" }
  | { type: "authorise" }
  /** Take the pair from the binding table. `peer`: tell the route `assertion.revoked`; else `assertion.lost`. */
  | { type: "withdraw"; by: "peer" | "us" | "connection"; cause: Cause }
  | {
    type: "report denied";
    cause: Cause;
    condition: string | null;
    kind: "invalid" | "error" | "timeout" | "lost";
  };

export interface AssertionOutTimers {
  /** How long a request may wait for its turn. */
  readonly turnTimeoutMs: number;
  readonly verdictTimeoutMs: number;
}

export interface AssertionOutInput {
  readonly timers: AssertionOutTimers;
}

export const assertionOut = setup({
  types: {
    context: {} as AssertionOutInput,
    input: {} as AssertionOutInput,
    events: {} as AssertionOutEvent,
    emitted: {} as AssertionOutEffect,
  },
}).createMachine({
  id: "assertion out",
  context: ({ input }) => ({ ...input }),
  initial: "waiting",
  states: {
    waiting: {},
    requested: {},
    authorised: {},
    denied: { type: "final" },
    revoked: { type: "final" },
    lost: { type: "final" },
    withdrawn: { type: "final" },
  },
});
