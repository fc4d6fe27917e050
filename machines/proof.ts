/** The life of one Proof on one connection. protocol.md 3.9. Pure. */
import { setup } from "xstate";
import type { Cause } from "../facts/cause.ts";

export type ProofEvent =
  /** The re-check proved the domain again: the new bounds, from now. */
  | { type: "recheck.held"; softMs: number; hardMs: number | null }
  /** It could not be done: nothing was learned. */
  | { type: "recheck.failed"; cause: Cause }
  | { type: "recheck.bogus" }
  /** Definitely not proven any more. */
  | { type: "recheck.negative"; cause: Cause }
  /** The operator asks for one now. */
  | { type: "recheck.wanted" }
  | { type: "proof.unused" }
  | { type: "connection.over" };

export type ProofEffect =
  | { type: "recheck" }
  | { type: "report suspected" }
  | { type: "report postponed"; cause: Cause }
  /** Revoke every pair that rests on it. */
  | { type: "end proof"; cause: Cause };

export interface ProofTimers {
  readonly recheckMinMs: number;
  readonly recheckMaxMs: number;
  /** How long one re-check may take. */
  readonly proofTimeoutMs: number;
  /** Between the re-checks of a suspicion. */
  readonly suspicionMs: number;
  /** The first wait after a temporary failure; each further one is twice as long. */
  readonly postponeMs: number;
  readonly postponeMaxMs: number;
}

/** What protocol.md 3.9 fixes; the rest of the timers is in `[limits]`. */
export const PROOF_TIMERS = { suspicionMs: 20_000, postponeMs: 60_000, postponeMaxMs: 1_800_000 } as const;

export interface ProofInput {
  /** When to re-check, from now, jitter included; kept between `recheckMinMs` and `recheckMaxMs`. */
  readonly softMs: number;
  /** When it ends in any case, from now; null when nothing bounds it. */
  readonly hardMs: number | null;
  readonly timers: ProofTimers;
}

export const proof = setup({
  types: {
    context: {} as ProofInput,
    input: {} as ProofInput,
    events: {} as ProofEvent,
    emitted: {} as ProofEffect,
  },
}).createMachine({
  id: "proof",
  context: ({ input }) => ({ ...input }),
  initial: "alive",
  states: {
    alive: { initial: "held", states: { held: {}, rechecking: {}, suspected: {}, postponed: {} } },
    ended: { type: "final" },
  },
});
