/**
 * The life of one Proof on one connection. protocol.md 3.9. Pure.
 *  held -> rechecking -> held | suspected | postponed -> ended
 */
import { assign, emit, setup } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { capped } from "./delay.ts";

/** How long a proof counts, from now. */
interface Bounds {
  /** When to re-check, jitter included; kept between `recheckMinMs` and `recheckMaxMs`. */
  readonly softMs: number;
  /** When it ends in any case; null when nothing bounds it. */
  readonly hardMs: number | null;
}

export type ProofEvent =
  /** The re-check proved the domain again: the new bounds, from now. */
  | { type: "recheck.held" } & Bounds
  /** It could not be done: nothing was learned. */
  | { type: "recheck.failed"; cause: Cause }
  | { type: "recheck.bogus" }
  /** Definitely not proven any more. */
  | { type: "recheck.negative"; cause: Cause }
  /** Another request proved the domain again, perhaps by less lasting evidence. */
  | { type: "proof.replaced" } & Bounds
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

export interface ProofInput extends Bounds {
  readonly timers: ProofTimers;
}

interface Context extends ProofInput {
  /** Bogus answers in a row. */
  readonly bogus: number;
  /** Temporary failures in a row. */
  readonly failures: number;
}

const BOGUS_IN_A_ROW = 3;

/** From a failure to the next look. */
export const postponementMs = ({ failures, timers }: Pick<Context, "failures" | "timers">): number =>
  Math.min(timers.postponeMs * 2 ** (failures - 1), timers.postponeMaxMs);

const endFor = {
  type: "end proof",
  params: ({ event }: { readonly event: { readonly cause: Cause } }) => ({ cause: event.cause }),
} as const;

const reportFailure = {
  type: "report postponed",
  params: ({ event }: { readonly event: { readonly cause: Cause } }) => ({ cause: event.cause }),
} as const;

const takeBounds = {
  type: "take bounds",
  params: ({ event: { softMs, hardMs } }: { readonly event: Bounds }) => ({ softMs, hardMs }),
} as const;

/** Both bounds count anew, so the whole state is entered again. */
const renewed = { target: "#proof.alive", reenter: true, actions: takeBounds } as const;

/** Another proof may stand on a cached answer: it ends no suspicion, so the look is taken at once. */
const replaced = {
  target: "#proof.alive.rechecking",
  reenter: true,
  actions: { ...takeBounds, type: "take other bounds" },
} as const;

const disproved = { target: "#proof.ended", actions: endFor } as const;

export const proof = setup({
  types: {
    context: {} as Context,
    input: {} as ProofInput,
    events: {} as ProofEvent,
    emitted: {} as ProofEffect,
  },
  actions: {
    "recheck": emit({ type: "recheck" }),
    "report suspected": emit({ type: "report suspected" }),
    "report postponed": emit((_, { cause }: { cause: Cause }) => ({ type: "report postponed", cause })),
    "end proof": emit((_, { cause }: { cause: Cause }) => ({ type: "end proof", cause })),
    "take bounds": assign((_, bounds: Bounds) => ({ ...bounds, bogus: 0, failures: 0 })),
    "take other bounds": assign((_, bounds: Bounds) => bounds),
    "count bogus": assign({ bogus: ({ context }) => context.bogus + 1, failures: 0 }),
    // protocol.md 3.9: whatever is not bogus ends the suspicion.
    "count failure": assign({ failures: ({ context }) => context.failures + 1, bogus: 0 }),
  },
  guards: { "is the last": ({ context }) => context.bogus + 1 >= BOGUS_IN_A_ROW },
  delays: {
    soft: ({ context: { softMs, timers } }) =>
      capped(Math.min(Math.max(softMs, timers.recheckMinMs), timers.recheckMaxMs)),
    // A proof that nothing bounds, or beyond the longest timer, is renewed many times before this.
    hard: ({ context }) => capped(context.hardMs ?? Infinity),
    recheck: ({ context }) => capped(context.timers.proofTimeoutMs),
    suspicion: ({ context }) => capped(context.timers.suspicionMs),
    postponement: ({ context }) => capped(postponementMs(context)),
  },
}).createMachine({
  id: "proof",
  context: ({ input: { softMs, hardMs, timers } }) => ({ softMs, hardMs, timers, bogus: 0, failures: 0 }),
  initial: "alive",
  states: {
    alive: {
      initial: "held",
      on: { "proof.unused": "ended", "connection.over": "ended", "proof.replaced": replaced },
      after: {
        hard: { target: "ended", actions: { type: "end proof", params: { cause: "proof.expired" } } },
      },
      states: {
        held: {
          on: { "recheck.wanted": "rechecking", "proof.replaced": renewed },
          after: { soft: "rechecking" },
        },
        rechecking: {
          entry: "recheck",
          on: {
            "recheck.held": renewed,
            "recheck.failed": { target: "postponed", actions: ["count failure", reportFailure] },
            "recheck.bogus": [
              {
                guard: "is the last",
                target: "#proof.ended",
                actions: { type: "end proof", params: { cause: "dns.bogus" } },
              },
              { target: "suspected", actions: ["count bogus", "report suspected"] },
            ],
            "recheck.negative": disproved,
          },
          after: {
            recheck: {
              target: "postponed",
              actions: ["count failure", { type: "report postponed", params: { cause: "proof.timeout" } }],
            },
          },
        },
        suspected: { on: { "recheck.wanted": "rechecking" }, after: { suspicion: "rechecking" } },
        // An answer that comes after its time is an answer.
        postponed: {
          on: { "recheck.wanted": "rechecking", "recheck.held": renewed, "recheck.negative": disproved },
          after: { postponement: "rechecking" },
        },
      },
    },
    ended: { type: "final" },
  },
});
