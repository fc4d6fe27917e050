/**
 * From the first header into TLS on the initiating side, or past it where policy `legacy` alone allows that.
 * RFC 6120 5; RFC 7590 3.1; XEP-0368; protocol.md 2.5 I-7 to I-10, 2.10. Pure.
 *  opening -> discovering -> proceeding -> securing -> reopening; opening | discovering -> ready (cleartext)
 */
import type { Cause } from "../facts/cause.ts";
import type { Offered } from "./sasl_initiating.ts";
import { drop, fail, noteCause, refusedAnswer, silentEndings } from "./stream.ts";

/**
 * How the stream is encrypted. `direct`: TLS first (XEP-0368). `required`: STARTTLS, tried even where it is not offered.
 * `offered`: STARTTLS where it is offered, else without TLS; policy `legacy` alone (protocol.md 2.10, rung 4).
 */
export type TlsUse = "direct" | "required" | "offered";

export type TlsInitiatingEvent =
  | { type: "tls.proceed" }
  | { type: "tls.refused" }
  /** The handshake is done, and `policy/endpoint` has judged the certificate. */
  | { type: "tls.secured"; refusal: Cause | null }
  | { type: "tls.failed"; cause: Cause };

export type TlsInitiatingEffect =
  | { type: "send starttls" }
  | { type: "start tls" };

/** What the framer cannot bring during the handshake. */
const neverHere = {
  "sasl.succeeded": drop("stream.unexpected"),
  "sasl.failed": drop("stream.unexpected"),
  "sasl.challenged": drop("stream.unexpected"),
  "header.received": drop("stream.unexpected"),
  "features.received": drop("stream.unexpected"),
  "tls.proceed": drop("stream.unexpected"),
  "tls.refused": drop("stream.unexpected"),
} as const;

const noteDoubt = {
  type: "note cause",
  params: ({ event: { refusal } }: { readonly event: { readonly refusal: Cause | null } }) => ({
    cause: refusal!,
  }),
} as const;

/** Without TLS nothing may rest on what anybody could have offered; errors say only how we are denied. */
const noteClearOffer = {
  type: "note offer",
  params: ({ event: { errors, dialback } }: { readonly event: Pick<Offered, "errors" | "dialback"> }) => ({
    bidi: false,
    dna: false,
    errors,
    dialback,
  }),
} as const;

/** States of the negotiation. */
export const tlsInitiating = {
  opening: {
    tags: "negotiating",
    entry: "open stream",
    on: {
      "header.received": [
        refusedAnswer,
        { guard: "does without features", target: "ready", actions: "report established" },
        { target: "discovering" },
      ],
    },
    after: { header: drop("stream.header-timeout") },
  },
  discovering: {
    tags: "negotiating",
    // RFC 7590 3.1: STARTTLS is tried even where it was not offered; nothing else counts before TLS.
    on: {
      "features.received": [
        {
          guard: "demands the unknown without TLS",
          ...fail("unsupported-feature", "stream.feature-required"),
        },
        {
          guard: "does without TLS",
          target: "ready",
          actions: [noteClearOffer, "report established"],
        },
        { target: "proceeding", actions: "send starttls" },
      ],
    },
    after: { header: drop("stream.header-timeout") },
  },
  proceeding: {
    tags: "negotiating",
    on: {
      "tls.proceed": { target: "securing", actions: "start tls" },
      "tls.refused": {
        target: "#closing",
        actions: [{ type: "note cause", params: { cause: "tls.refused" } }, "close stream"],
      },
    },
    // Whoever does not know the word may say nothing at all.
    after: { tls: fail("connection-timeout", "tls.timeout") },
  },
  securing: {
    tags: "negotiating",
    on: {
      ...silentEndings,
      ...neverHere,
      // A certificate that does not prove the target never gets a second header (I-10).
      "tls.secured": [{
        guard: "is refused",
        target: "#closed",
        actions: [noteDoubt, "drop connection"],
      }, { target: "reopening" }],
      "tls.failed": { target: "#closed", actions: [noteCause, "drop connection"] },
    },
    after: { tls: drop("tls.timeout") },
  },
} as const;
