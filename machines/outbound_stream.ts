/** The initiating side of one stream over one TCP connection to one SRV target. RFC 6120 4 to 5; protocol.md 2.5 I-6 to I-13. Pure. */
import type { Cause } from "../facts/cause.ts";
import type { Refusal } from "./conditions.ts";
import { setup } from "xstate";
import type { ClosingTimers, CommonEffect, CommonEvent, StreamContext, StreamTag } from "./stream.ts";

/** What the peer offers (protocol.md 4.4). */
export interface Offer {
  readonly starttls: boolean;
  readonly bidi: boolean;
  readonly dna: boolean;
  readonly errors: boolean;
  /** A mandatory feature that we do not know, and no way around it. */
  readonly unknownRequired: boolean;
}

export type OutboundStreamEvent =
  | CommonEvent
  | { type: "tcp.connected" }
  | { type: "tcp.failed"; cause: Cause }
  | { type: "header.received"; refusal: Refusal | null }
  | { type: "features.received" } & Offer
  | { type: "tls.proceed" }
  | { type: "tls.refused" }
  /** The handshake is done, and `policy/endpoint` has judged the certificate. */
  | { type: "tls.secured"; refusal: Cause | null }
  | { type: "tls.failed"; cause: Cause }
  /** Our first request is out: the negotiation timer ends. */
  | { type: "request.written" }
  /** The answer to `check idle`: there was traffic, or something is pending; ask again in `leftMs`. */
  | { type: "traffic.seen"; leftMs: number };

export type OutboundStreamEffect =
  | CommonEffect
  | { type: "connect" }
  | { type: "open stream" }
  | { type: "send starttls" }
  | { type: "start tls" }
  | { type: "send bidi" }
  | { type: "report established"; bidi: boolean; dna: boolean; errors: boolean }
  /** Answer at once with `close.requested {cause: "stream.idle"}` or `traffic.seen`. */
  | { type: "check idle" };

/** As in `[limits]`. */
export interface OutboundStreamTimers extends ClosingTimers {
  readonly connectTimeoutMs: number;
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface OutboundStreamInput {
  /** The names in our header. */
  readonly local: string;
  readonly remote: string;
  readonly wantBidi: boolean;
  readonly timers: OutboundStreamTimers;
}

interface Context extends StreamContext, OutboundStreamInput {
  readonly timers: OutboundStreamTimers;
}

export const outboundStream = setup({
  types: {
    context: {} as Context,
    input: {} as OutboundStreamInput,
    events: {} as OutboundStreamEvent,
    emitted: {} as OutboundStreamEffect,
    tags: {} as StreamTag,
  },
}).createMachine({
  id: "outbound stream",
  context: ({ input }) => ({ ...input, cause: "stream.closed" }),
  initial: "connecting",
  states: { connecting: {}, negotiating: {}, established: {}, closing: {}, closed: { type: "final" } },
});
