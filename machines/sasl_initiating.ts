/**
 * SASL EXTERNAL on the initiating side, between the features and the first request. RFC 6120 6; protocol.md 7.1. Pure.
 *  rediscovering -> authenticating -> (answering ->) restarting -> concluding -> established; refused -> ready
 */
import type { Cause } from "../facts/cause.ts";
import { drop, fail, refusedAnswer } from "./stream.ts";

export type SaslInitiatingEvent =
  /** `<success/>`: the peer takes us for the `from` of our header. */
  | { type: "sasl.succeeded" }
  | { type: "sasl.failed" }
  /** It asks for the response that it had already. */
  | { type: "sasl.challenged" };

export type SaslInitiatingEffect =
  | { type: "send auth" }
  | { type: "send response" };

/** The peer's features before SASL, as far as they count after it. */
export interface Offered {
  readonly bidi: boolean;
  readonly dna: boolean;
  readonly errors: boolean;
  /** It knows `<db:result/>`: by its features, or by its stream header. */
  readonly dialback: boolean;
}

/** SASL's words where nobody asked for them. */
export const saslOutOfTurn = {
  "sasl.succeeded": fail("unsupported-stanza-type", "stream.unexpected"),
  "sasl.failed": fail("unsupported-stanza-type", "stream.unexpected"),
  "sasl.challenged": fail("unsupported-stanza-type", "stream.unexpected"),
} as const;

const refused = [
  // X0178: a request with a key may follow on the same stream, if the peer knows what that is.
  { guard: "dialback is known", target: "ready", actions: "report established" },
  {
    target: "#closing",
    actions: [{ type: "note cause", params: { cause: "sasl.refused" as Cause } }, "close stream"],
  },
] as const;

const succeeded = { target: "restarting", actions: "note authenticated" } as const;

const noteFurther = {
  type: "note further offer",
  params: ({ event: { dna, errors } }: { readonly event: Pick<Offered, "dna" | "errors"> }) => ({
    dna,
    errors,
  }),
} as const;

/** States of the negotiation. */
export const saslInitiating = {
  authenticating: {
    tags: "negotiating",
    entry: "send auth",
    on: {
      "sasl.succeeded": succeeded,
      "sasl.failed": refused,
      "sasl.challenged": { target: "answering", actions: "send response" },
    },
  },
  answering: {
    tags: "negotiating",
    on: { "sasl.succeeded": succeeded, "sasl.failed": refused },
  },
  // RFC 6120 6.4.6: a new stream replaces the old one, which is not closed.
  restarting: {
    tags: "negotiating",
    entry: "open stream",
    on: {
      "header.received": [refusedAnswer, { target: "concluding" }],
    },
    after: { header: drop("stream.header-timeout") },
  },
  concluding: {
    tags: "negotiating",
    on: {
      "features.received": [
        { guard: "demands the unknown", ...fail("unsupported-feature", "stream.feature-required") },
        { target: "#established", actions: [noteFurther, "report established"] },
      ],
    },
    after: { header: drop("stream.header-timeout") },
  },
} as const;
