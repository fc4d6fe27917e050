/** One assertion of the peer on one connection: request, proof, verdict. protocol.md 2.6.1 Q1 to Q12. Pure. */
import { setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Denial } from "./conditions.ts";

export type AssertionInEvent =
  /** Q1 to Q7 passed and there is room: the proof may be looked for. */
  | { type: "request.admitted" }
  /** Q8: authorised here already, by a proof that still holds. */
  | { type: "request.known" }
  | { type: "request.refused"; cause: Cause; denial: Denial }
  /** The shell holds the Proof. */
  | { type: "proof.found" }
  | { type: "proof.missing"; cause: Cause; denial: Denial }
  | { type: "connection.over" };

export type AssertionInEffect =
  | { type: "collect evidence" }
  /** Enter the pair in the tables; always before `send valid` (Q12). */
  | { type: "grant" }
  | { type: "send valid" }
  | { type: "send error"; cause: Cause; denial: Denial };

export interface AssertionInTimers {
  readonly proofTimeoutMs: number;
}

export interface AssertionInInput {
  readonly timers: AssertionInTimers;
}

export const assertionIn = setup({
  types: {
    context: {} as AssertionInInput,
    input: {} as AssertionInInput,
    events: {} as AssertionInEvent,
    emitted: {} as AssertionInEffect,
  },
}).createMachine({
  id: "assertion in",
  context: ({ input }) => ({ ...input }),
  initial: "received",
  states: {
    received: {},
    proving: {},
    granted: { type: "final" },
    denied: { type: "final" },
    dropped: { type: "final" },
  },
});
