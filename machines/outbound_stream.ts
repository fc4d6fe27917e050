/**
 * The initiating side of one stream over one TCP connection. RFC 6120 4, 5; XEP-0368; protocol.md 2.5 I-6 to I-13. Pure.
 *  connecting -> opening -> discovering -> proceeding -> securing -> reopening -> rediscovering -> ready -> established
 *  connecting -> securing (direct TLS); opening | discovering -> ready (cleartext, policy `legacy` alone)
 *  rediscovering -> authenticating .. established (SASL EXTERNAL, `sasl_initiating.ts`)
 */
import { and, assign, emit, setup, stateIn } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { capped } from "./delay.ts";
import {
  askIdle,
  firstIdleMs,
  idleActions,
  type IdleContext,
  idleDelays,
  type IdleEffect,
  type IdleEvent,
  trafficSeen,
} from "./idle.ts";
import {
  type Offered,
  saslInitiating,
  type SaslInitiatingEffect,
  type SaslInitiatingEvent,
  saslOutOfTurn,
} from "./sasl_initiating.ts";
import {
  closed,
  closing,
  type ClosingTimers,
  type CommonEffect,
  type CommonEvent,
  drop,
  endings,
  fail,
  noteCause,
  noteRefusal,
  sendRefusal,
  silentEndings,
  streamActions,
  type StreamContext,
  streamDelays,
  streamGuards,
  type StreamTag,
  unexpected,
} from "./stream.ts";

/** What the peer offers (protocol.md 4.4). */
export interface Offer extends Offered {
  readonly starttls: boolean;
  /** SASL EXTERNAL. */
  readonly external: boolean;
  /** A mandatory feature that we do not know, and no way around it. */
  readonly unknownRequired: boolean;
}

export type OutboundStreamEvent =
  | CommonEvent
  | IdleEvent
  | SaslInitiatingEvent
  /** `external`: EXTERNAL is to be used where it is offered. Both hang on which machine was reached (2.10). */
  | { type: "tcp.connected"; tls: TlsUse; external: boolean }
  | { type: "tcp.failed"; cause: Cause }
  /** `old`: it knows no features (4.1); elsewhere than under policy `legacy` that is a refusal. */
  | { type: "header.received"; refusal: Refusal | null; old: boolean }
  | { type: "features.received" } & Offer
  | { type: "tls.proceed" }
  | { type: "tls.refused" }
  /** The handshake is done, and `policy/endpoint` has judged the certificate. */
  | { type: "tls.secured"; refusal: Cause | null }
  | { type: "tls.failed"; cause: Cause }
  /** Our first request is out: the negotiation timer ends. */
  | { type: "request.written" };

export type OutboundStreamEffect =
  | CommonEffect
  | IdleEffect
  | SaslInitiatingEffect
  | { type: "connect" }
  | { type: "open stream" }
  | { type: "send starttls" }
  | { type: "start tls" }
  | { type: "send bidi" }
  /** `authenticated`: the peer let the pair of the header in by SASL EXTERNAL; nothing need be requested for it. */
  | { type: "report established"; bidi: boolean; dna: boolean; errors: boolean; authenticated: boolean };

/** As in `[limits]`. */
export interface OutboundStreamTimers extends ClosingTimers {
  /** Over all addresses. */
  readonly connectTotalMs: number;
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * How the stream is encrypted. `direct`: TLS first (XEP-0368). `required`: STARTTLS, tried even where it is not offered.
 * `offered`: STARTTLS where it is offered, else without TLS; policy `legacy` alone (protocol.md 2.10, rung 4).
 */
export type TlsUse = "direct" | "required" | "offered";

export interface OutboundStreamInput {
  readonly wantBidi: boolean;
  readonly timers: OutboundStreamTimers;
}

interface Context extends StreamContext, IdleContext {
  readonly timers: OutboundStreamTimers;
  readonly wantBidi: boolean;
  readonly wantExternal: boolean;
  readonly tls: TlsUse;
  /** The features inside TLS; `bidi`: we enabled it. */
  readonly offered: Offered;
  readonly authenticated: boolean;
}

const NOTHING_OFFERED: Offered = { bidi: false, dna: false, errors: false, dialback: false };

const refusedHeader = {
  guard: "is refused",
  target: "#closing",
  actions: [noteRefusal, sendRefusal, "close stream"],
} as const;

/** The peer's own words have their one place; anywhere else they are out of turn. */
const outOfTurn = {
  ...saslOutOfTurn,
  "header.received": unexpected,
  "features.received": unexpected,
  "tls.proceed": unexpected,
  "tls.refused": unexpected,
} as const;

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
  params: ({ event: { errors, dialback } }: { readonly event: Offer }) => ({
    ...NOTHING_OFFERED,
    errors,
    dialback,
  }),
} as const;

/** Features count once TLS is there; ours or not, bidi is settled by them. */
const noteOffer = (bidi: boolean) => ({
  type: "note offer",
  params: ({ event: { dna, errors, dialback } }: { readonly event: Offer }) => ({
    bidi,
    dna,
    errors,
    dialback,
  }),
} as const);

const noteWay = {
  type: "note way",
  params: ({ event: { tls, external } }: {
    readonly event: { readonly tls: TlsUse; readonly external: boolean };
  }) => ({ tls, wantExternal: external }),
} as const;

export const outboundStream = setup({
  types: {
    context: {} as Context,
    input: {} as OutboundStreamInput,
    events: {} as OutboundStreamEvent,
    emitted: {} as OutboundStreamEffect,
    tags: {} as StreamTag,
  },
  actions: {
    ...streamActions<Context, OutboundStreamEvent, OutboundStreamEffect>(),
    ...idleActions<Context, OutboundStreamEvent, OutboundStreamEffect>(),
    "connect": emit({ type: "connect" }),
    "open stream": emit({ type: "open stream" }),
    "send starttls": emit({ type: "send starttls" }),
    "start tls": emit({ type: "start tls" }),
    "send bidi": emit({ type: "send bidi" }),
    "note way": assign((_, way: { tls: TlsUse; wantExternal: boolean }) => way),
    "send auth": emit({ type: "send auth" }),
    "send response": emit({ type: "send response" }),
    "note offer": assign((_, offered: Offered) => ({ offered })),
    // What it offered before SASL, it need not repeat.
    "note further offer": assign(({ context: { offered } }, further: Pick<Offered, "dna" | "errors">) => ({
      offered: { ...offered, dna: offered.dna || further.dna, errors: offered.errors || further.errors },
    })),
    "note authenticated": assign({ authenticated: true }),
    "report established": emit(({ context: { offered: { bidi, dna, errors }, authenticated } }) => ({
      type: "report established",
      ...{ bidi, dna, errors, authenticated },
    })),
  },
  guards: {
    ...streamGuards,
    "demands the unknown": ({ event }) => event.type === "features.received" && event.unknownRequired,
    "demands the unknown without TLS": and(["does without TLS", "demands the unknown"]),
    "bidi is offered and wanted": ({ context, event }) =>
      event.type === "features.received" && event.bidi && context.wantBidi,
    "bidi and EXTERNAL are offered and wanted": and([
      "bidi is offered and wanted",
      "EXTERNAL is offered and wanted",
    ]),
    "EXTERNAL is offered and wanted": ({ context, event }) =>
      event.type === "features.received" && event.external && context.wantExternal,
    "dialback is known": ({ context }) => context.offered.dialback,
    "is handshaking": stateIn({ negotiating: "securing" }),
    "speaks TLS first": ({ event }) => event.type === "tcp.connected" && event.tls === "direct",
    "does without TLS": ({ context, event }) =>
      event.type === "features.received" && context.tls === "offered" && !event.starttls,
    "does without features": ({ context, event }) =>
      event.type === "header.received" && context.tls === "offered" && event.old,
  },
  delays: {
    ...streamDelays,
    ...idleDelays,
    connect: ({ context }) => capped(context.timers.connectTotalMs),
    header: ({ context }) => capped(context.timers.headerTimeoutMs),
    negotiation: ({ context }) => capped(context.timers.negotiationTimeoutMs),
    tls: ({ context }) => capped(context.timers.tlsTimeoutMs),
  },
}).createMachine({
  id: "outbound stream",
  context: ({ input: { wantBidi, timers } }) => ({
    wantBidi,
    wantExternal: false,
    tls: "required",
    offered: NOTHING_OFFERED,
    authenticated: false,
    timers,
    idleMs: firstIdleMs(timers),
    cause: "stream.closed",
  }),
  initial: "connecting",
  states: {
    connecting: {
      tags: "connecting",
      entry: "connect",
      on: {
        ...silentEndings,
        "tcp.connected": [
          { guard: "speaks TLS first", target: "negotiating.securing", actions: [noteWay, "start tls"] },
          { target: "negotiating", actions: noteWay },
        ],
        "tcp.failed": { target: "closed", actions: noteCause },
      },
      after: { connect: drop("tcp.timeout") },
    },
    negotiating: {
      initial: "opening",
      // protocol.md 8.5: from the TCP connection to our first request.
      after: {
        negotiation: [
          { guard: "is handshaking", ...drop("stream.negotiation-timeout") },
          fail("connection-timeout", "stream.negotiation-timeout"),
        ],
      },
      on: {
        ...endings,
        ...outOfTurn,
      },
      states: {
        opening: {
          tags: "negotiating",
          entry: "open stream",
          on: {
            "header.received": [
              refusedHeader,
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
        // RFC 6120 4.3.3: a new stream replaces the old one, which is not closed.
        reopening: {
          tags: "negotiating",
          entry: "open stream",
          on: { "header.received": [refusedHeader, { target: "rediscovering" }] },
          after: { header: drop("stream.header-timeout") },
        },
        rediscovering: {
          tags: "negotiating",
          on: {
            "features.received": [
              {
                guard: "demands the unknown",
                ...fail("unsupported-feature", "stream.feature-required"),
              },
              {
                guard: "bidi and EXTERNAL are offered and wanted",
                target: "authenticating",
                actions: [noteOffer(true), "send bidi"],
              },
              {
                guard: "EXTERNAL is offered and wanted",
                target: "authenticating",
                actions: noteOffer(false),
              },
              {
                guard: "bidi is offered and wanted",
                target: "ready",
                actions: [noteOffer(true), "send bidi", "report established"],
              },
              { target: "ready", actions: [noteOffer(false), "report established"] },
            ],
          },
          after: { header: drop("stream.header-timeout") },
        },
        ...saslInitiating,
        ready: { tags: "established", on: { "request.written": "#established" } },
      },
    },
    established: {
      id: "established",
      tags: "established",
      on: {
        ...endings,
        ...outOfTurn,
        "traffic.seen": trafficSeen,
      },
      after: { idle: askIdle },
    },
    closing,
    closed,
  },
});
