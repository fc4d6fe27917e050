/** The receiving side of one stream. RFC 6120 4 to 5; protocol.md 2.6. Pure. */
import type { Cause } from "../facts/cause.ts";
import type { Refusal } from "./conditions.ts";
import { setup } from "xstate";
import type { ClosingTimers, CommonEffect, CommonEvent, StreamContext, StreamTag } from "./stream.ts";

/** Which names the peer's header carries (protocol.md R-2). */
export type HeaderMode = "server-name" | "classic";

export type InboundStreamEvent =
  | CommonEvent
  | { type: "header.received"; mode: HeaderMode; refusal: Refusal | null }
  | { type: "starttls.received" }
  | { type: "tls.secured" }
  | { type: "tls.failed"; cause: Cause }
  | { type: "bidi.received" }
  /** Any `<db:result/>` without `type`. */
  | { type: "request.received" }
  /** The first authorised pair that counts: ends the negotiation timer. */
  | { type: "pair.opened" }
  /** The answer to `check idle`: there was traffic, or something is pending; ask again in `leftMs`. */
  | { type: "traffic.seen"; leftMs: number };

export type InboundStreamEffect =
  | CommonEffect
  /** Also ordered before `send error` when the fault lies in or before the peer's header. */
  | { type: "answer header" }
  | { type: "send features"; stage: "plain" | "secure" }
  | { type: "send proceed" }
  /** `<failure/>` of STARTTLS; `close stream` follows. */
  | { type: "send tls failure" }
  | { type: "start tls" }
  | { type: "enable bidi" }
  /** The connection is proven: the limits for unproven peers end. */
  | { type: "raise limits" }
  | { type: "report established"; mode: HeaderMode }
  /** Answer at once with `close.requested {cause: "stream.idle"}` or `traffic.seen`. */
  | { type: "check idle" };

/** As in `[limits]`. */
export interface InboundStreamTimers extends ClosingTimers {
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface InboundStreamInput {
  readonly timers: InboundStreamTimers;
}

interface Context extends StreamContext, InboundStreamInput {
  readonly timers: InboundStreamTimers;
  mode: HeaderMode;
}

export const inboundStream = setup({
  types: {
    context: {} as Context,
    input: {} as InboundStreamInput,
    events: {} as InboundStreamEvent,
    emitted: {} as InboundStreamEffect,
    tags: {} as StreamTag,
  },
}).createMachine({
  id: "inbound stream",
  context: ({ input }) => ({ ...input, mode: "classic", cause: "stream.closed" }),
  initial: "negotiating",
  states: { negotiating: {}, established: {}, closing: {}, closed: { type: "final" } },
});
