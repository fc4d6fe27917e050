/**
 * The initiating side of one stream over one TCP connection. RFC 6120 4, 5; XEP-0368; protocol.md 2.5 I-6 to I-13. Pure.
 *  connecting -> opening .. securing (`tls_initiating.ts`) -> reopening -> rediscovering -> ready -> established
 *  connecting -> securing (direct TLS); opening | discovering -> ready (cleartext, policy `legacy` alone)
 *  rediscovering -> authenticating .. established (SASL EXTERNAL, `sasl_initiating.ts`)
 */
import type { Cause } from "../facts/cause.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { askIdle, firstIdleMs, type IdleEffect, type IdleEvent, trafficSeen } from "./idle.ts";
import { noteOffer, noteWay, NOTHING_OFFERED, outboundSetup, outOfTurn } from "./outbound_words.ts";
import {
  type Offered,
  saslInitiating,
  type SaslInitiatingEffect,
  type SaslInitiatingEvent,
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
  refusedAnswer,
  silentEndings,
} from "./stream.ts";
import {
  tlsInitiating,
  type TlsInitiatingEffect,
  type TlsInitiatingEvent,
  type TlsUse,
} from "./tls_initiating.ts";

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
  | TlsInitiatingEvent
  | SaslInitiatingEvent
  /** `external`: EXTERNAL is to be used where it is offered. Both hang on which machine was reached (2.10). */
  | { type: "tcp.connected"; tls: TlsUse; external: boolean }
  | { type: "tcp.failed"; cause: Cause }
  /** `old`: it knows no features (4.1); elsewhere than under policy `legacy` that is a refusal. */
  | { type: "header.received"; refusal: Refusal | null; old: boolean }
  | { type: "features.received" } & Offer
  /** Our first request is out: the negotiation timer ends. */
  | { type: "request.written" };

export type OutboundStreamEffect =
  | CommonEffect
  | IdleEffect
  | TlsInitiatingEffect
  | SaslInitiatingEffect
  | { type: "connect" }
  | { type: "open stream" }
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

export interface OutboundStreamInput {
  readonly wantBidi: boolean;
  readonly timers: OutboundStreamTimers;
}

export const outboundStream = outboundSetup.createMachine({
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
        ...tlsInitiating,
        // RFC 6120 4.3.3: a new stream replaces the old one, which is not closed.
        reopening: {
          tags: "negotiating",
          entry: "open stream",
          on: { "header.received": [refusedAnswer, { target: "rediscovering" }] },
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
