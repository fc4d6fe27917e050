/**
 * One assertion of the peer on one connection: request, proof, verdict. protocol.md 2.6.1 Q1 to Q12. Pure.
 *  received -> proving -> granted | denied | dropped
 */
import { emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Denial, ErrorDenial } from "../xmpp/verdict_error.ts";
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
  | { type: "send error"; cause: Cause; denial: ErrorDenial }
  /** The key was refuted and nothing else is valid here (7.4); always before `close stream`. */
  | { type: "send invalid"; cause: Cause }
  | { type: "close stream"; cause: Cause };

export interface AssertionInTimers {
  readonly proofTimeoutMs: number;
}

export interface AssertionInInput {
  readonly timers: AssertionInTimers;
}

const because = ({ event: { cause } }: { readonly event: Refused }) => ({ cause });

/** XEP-0220 2.2.1: after `invalid` the stream MUST be closed. */
const refuse = [
  {
    guard: "is refuted",
    target: "denied",
    actions: [{ type: "send invalid", params: because }, { type: "close stream", params: because }],
  },
  {
    target: "denied",
    actions: {
      type: "send error",
      params: ({ event: { cause, denial } }: { readonly event: Refused }) => ({
        cause,
        denial: denial as ErrorDenial, // the guard above took the other form
      }),
    },
  },
] as const;

const wait = (cause: Cause, condition: ErrorDenial["condition"]) => ({
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
    "send error": emit((_, { cause, denial }: { cause: Cause; denial: ErrorDenial }) => ({
      type: "send error",
      cause,
      denial,
    })),
    "send invalid": emit((_, { cause }: { cause: Cause }) => ({ type: "send invalid", cause })),
    "close stream": emit((_, { cause }: { cause: Cause }) => ({ type: "close stream", cause })),
  },
  guards: { "is refuted": ({ event }) => "denial" in event && event.denial.type === "invalid" },
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
        "request.refused": refuse,
        "connection.over": "dropped",
      },
      after: { proof: wait("limit.proofs", "resource-constraint") },
    },
    proving: {
      entry: "collect evidence",
      on: {
        // Q12: the tables first, so that no stanza behind the verdict is lost to a race.
        "proof.found": { target: "granted", actions: ["grant", "send valid"] },
        "proof.missing": refuse,
        "connection.over": "dropped",
      },
      after: { proof: wait("proof.timeout", "remote-server-timeout") },
    },
    granted: { type: "final" },
    denied: { type: "final" },
    dropped: { type: "final" },
  },
});
