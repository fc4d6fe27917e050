/**
 * SASL EXTERNAL on the receiving side, beside requests, before the first authorised pair. RFC 6120 6; protocol.md 7.1. Pure.
 *  offering | requesting -> restarting -> requesting, where the pair of the header opens at once
 */
import type { Cause } from "../facts/cause.ts";
import type { SaslCondition } from "../xmpp/sasl_external.ts";
import { drop, fail, headerlessEndings, refusedHeader } from "./stream.ts";

/** What the shell made of a claim: the identity is the one that the certificate proved, or why not. */
export type ClaimOutcome = "accepted" | SaslCondition;

export type SaslReceivingEvent =
  /** `<auth/>`; "challenge": without the response that it should have had. It replaces an exchange under way. */
  | { type: "auth.received"; outcome: ClaimOutcome | "challenge" }
  | { type: "response.received"; outcome: ClaimOutcome }
  | { type: "auth.aborted" };

export type SaslReceivingEffect =
  | { type: "send challenge" }
  /** The next header begins a new stream. */
  | { type: "send success" }
  /** Behind our features, so that nothing of ours gets between the streams, and before any stanza of the new one. */
  | { type: "admit header pair" }
  | { type: "send failure"; condition: SaslCondition };

export interface SaslContext {
  /** A challenge of ours has no answer yet. */
  readonly challenged: boolean;
  readonly claimsFailed: number;
  readonly authenticated: boolean;
  /** There is no TLS, and none will come. */
  readonly clear: boolean;
}

/** protocol.md 7.1: then the stream ends. */
const MOST_FAILURES = 3;

interface Seen {
  readonly context: SaslContext;
  readonly event: { readonly type: string; readonly outcome?: string };
}

export const saslGuards = {
  "is accepted": ({ event }: Seen) => event.outcome === "accepted",
  "lacks its response": ({ event }: Seen) => event.outcome === "challenge",
  "answers a challenge": ({ context, event }: Seen) => context.challenged && event.outcome === "accepted",
  "was challenged": ({ context }: Seen) => context.challenged,
  "is in the clear": ({ context }: Seen) => context.clear,
  "has failed too often": ({ context }: Seen) => context.claimsFailed >= MOST_FAILURES,
};

const tooOften = fail("policy-violation", "sasl.failures" as Cause);

const failWith = (condition: SaslCondition) => ({
  actions: [{ type: "send failure", params: { condition } }, "note failure"],
} as const);

const failAsJudged = {
  actions: [
    {
      type: "send failure",
      params: ({ event }: { readonly event: { readonly outcome: string } }) => ({
        condition: event.outcome as SaslCondition,
      }),
    },
    "note failure",
  ],
} as const;

const accepted = {
  target: "restarting",
  actions: ["note authenticated", "send success"],
} as const;

/** Until a pair is open. */
export const saslReceiving = {
  "auth.received": [
    { guard: "is accepted", ...accepted },
    { guard: "lacks its response", actions: ["note challenge", "send challenge"] },
    { guard: "has failed too often", ...tooOften },
    failAsJudged,
  ],
  "response.received": [
    { guard: "answers a challenge", ...accepted },
    { guard: "has failed too often", ...tooOften },
    { guard: "was challenged", ...failAsJudged },
    failWith("malformed-request"),
  ],
  "auth.aborted": [{ guard: "has failed too often", ...tooOften }, failWith("aborted")],
} as const;

/** Before TLS a claim proves nothing, whatever it says. RFC 6120 6.5.4. */
export const saslInClear = {
  "auth.received": [{ guard: "has failed too often", ...tooOften }, failWith("encryption-required")],
} as const;

/** Where nothing is left to be proven by SASL. */
export const saslRefused = {
  "auth.received": [
    { guard: "has failed too often", ...tooOften },
    { guard: "is in the clear", ...failWith("encryption-required") },
    failWith("not-authorized"),
  ],
  "response.received": [{ guard: "has failed too often", ...tooOften }, failWith("malformed-request")],
  "auth.aborted": [{ guard: "has failed too often", ...tooOften }, failWith("aborted")],
} as const;

/** RFC 6120 6.4.6: a new stream replaces the old one, which is not closed. */
export const restarting = {
  tags: "established",
  on: {
    ...headerlessEndings,
    "auth.received": drop("stream.unexpected"),
    "response.received": drop("stream.unexpected"),
    "auth.aborted": drop("stream.unexpected"),
    "starttls.received": drop("stream.unexpected"),
    "header.received": [
      refusedHeader,
      {
        target: "requesting",
        actions: [
          "answer header",
          { type: "send features", params: { stage: "authenticated", external: false } },
          "admit header pair",
        ],
      },
    ],
  },
  after: { header: drop("stream.header-timeout") },
} as const;
