/**
 * One assertion of the peer on one connection: request, proof, verdict. protocol.md 2.6.1 Q1 to Q12. Pure.
 *  received -> proving -> granted | denied | dropped
 */
import { emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Denial } from "../xmpp/verdict_error.ts";
import { capped } from "./delay.ts";

interface Refused {
  readonly cause: Cause;
  readonly denial: Denial;
}

export type AssertionInEvent =
  /** Q1 to Q7 passed and there is room: the proof may be looked for. */
  | { type: "request.admitted" }
  /** Q8: authorised here already, by a proof that still holds. */
  | { type: "request.known" }
  | { type: "request.refused" } & Refused
  /** The shell holds the Proof. */
  | { type: "proof.found" }
  | { type: "proof.missing" } & Refused
  | { type: "connection.over" };

export type AssertionInEffect =
  | { type: "collect evidence" }
  /** Enter the pair in the tables; always before `send valid` (Q12). */
  | { type: "grant" }
  | { type: "send valid" }
  | { type: "send error" } & Refused;

export interface AssertionInTimers {
  readonly proofTimeoutMs: number;
}

export interface AssertionInInput {
  readonly timers: AssertionInTimers;
}

const sendDenial = {
  type: "send error",
  params: ({ event: { cause, denial } }: { readonly event: Refused }) => ({ cause, denial }),
} as const;

const wait = (cause: Cause, condition: Denial["condition"]) => ({
  target: "denied",
  actions: { type: "send error", params: { cause, denial: { type: "wait", condition } } },
} as const);

export const assertionIn = setup({
  types: {
    context: {} as AssertionInInput,
    input: {} as AssertionInInput,
    events: {} as AssertionInEvent,
    emitted: {} as AssertionInEffect,
  },
  actions: {
    "collect evidence": emit({ type: "collect evidence" }),
    "grant": emit({ type: "grant" }),
    "send valid": emit({ type: "send valid" }),
    "send error": emit((_, { cause, denial }: Refused) => ({ type: "send error", cause, denial })),
  },
  delays: { proof: ({ context }) => capped(context.timers.proofTimeoutMs) },
}).createMachine({
  id: "assertion in",
  context: ({ input: { timers } }) => ({ timers }),
  initial: "received",
  states: {
    received: {
      on: {
        "request.admitted": "proving",
        "request.known": { target: "granted", actions: "send valid" },
        "request.refused": { target: "denied", actions: sendDenial },
        "connection.over": "dropped",
      },
      after: { proof: wait("limit.proofs", "resource-constraint") },
    },
    proving: {
      entry: "collect evidence",
      on: {
        // Q12: the tables first, so that no stanza behind the verdict is lost to a race.
        "proof.found": { target: "granted", actions: ["grant", "send valid"] },
        "proof.missing": { target: "denied", actions: sendDenial },
        "connection.over": "dropped",
      },
      after: { proof: wait("proof.timeout", "remote-server-timeout") },
    },
    granted: { type: "final" },
    denied: { type: "final" },
    dropped: { type: "final" },
  },
});
