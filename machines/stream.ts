/**
 * What the three stream machines share: the ways in which any stream ends.
 * RFC 6120 4.4, 4.9; protocol.md 4.8, 4.9.
 *  anywhere -> closing.answering -> closing.ending -> closed
 */
import { assign, emit, type EventObject } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Refusal, StreamCondition } from "../xmpp/stream_error.ts";
import { capped } from "./delay.ts";

/** Facts that any stream may meet. */
export type CommonEvent =
  /** The peer did what RFC 6120 calls a stream error; found by the framer, a parser or the filter. */
  | { type: "fault.found"; condition: StreamCondition; cause: Cause }
  /** The peer's stream error. `cause`: what it means for us. */
  | { type: "error.received"; condition: string; cause: Cause }
  /** The peer's closing tag. */
  | { type: "stream.closed" }
  /** We want the stream to end; with `condition` the peer is told why. */
  | { type: "close.requested"; cause: Cause; condition?: StreamCondition }
  /** TCP is over, or the peer's close_notify and FIN came. */
  | { type: "connection.ended"; cause: Cause };

/** Orders that any stream may give. */
export type CommonEffect =
  | { type: "send error"; condition: StreamCondition; cause: Cause }
  /** Flush what is queued for this connection, then the closing tag; nothing is written after it. */
  | { type: "close stream" }
  /** close_notify and FIN. */
  | { type: "end connection" }
  /** No XML, no close_notify. */
  | { type: "drop connection" }
  /** Exactly once, as the last. */
  | { type: "report over"; cause: Cause };

/** How long the closing handshake may take (protocol.md 4.9). */
export interface ClosingTimers {
  readonly closingTimeoutMs: number;
  readonly closeNotifyTimeoutMs: number;
}

/** The connection's state as the API shows it (design.md 2.4). Every state carries exactly one of these tags. */
export type StreamTag = "connecting" | "negotiating" | "established" | "closing" | "closed";

export interface StreamContext {
  readonly timers: ClosingTimers;
  /** Why it ends; the first reason stands. */
  readonly cause: Cause;
}

/** The actions of every stream machine, for its own context, events and effects. */
export function streamActions<C extends StreamContext, E extends EventObject, F extends EventObject>() {
  const order = <const T extends CommonEffect>(effect: T) =>
    emit<C, E, undefined, E, F | CommonEffect>(() => effect);
  return {
    "note cause": assign<C, E, { cause: Cause }, E, never>((_, { cause }) => ({ cause } as Partial<C>)),
    "send error": emit<C, E, { condition: StreamCondition; cause: Cause }, E, F | CommonEffect>(
      (_, { condition, cause }) => ({ type: "send error", condition, cause }),
    ),
    "close stream": order({ type: "close stream" }),
    "end connection": order({ type: "end connection" }),
    "drop connection": order({ type: "drop connection" }),
    "report over": emit<C, E, undefined, E, F | CommonEffect>(
      ({ context: { cause } }) => ({ type: "report over", cause }),
    ),
  };
}

export const streamGuards = {
  "is refused": ({ event }: { event: { type: string } }) => "refusal" in event && event.refusal !== null,
  "has a condition": ({ event }: { event: { type: string } }) =>
    "condition" in event && event.condition !== undefined,
};

type InContext = { readonly context: StreamContext };

export const streamDelays = {
  closing: ({ context }: InContext) => capped(context.timers.closingTimeoutMs),
  closeNotify: ({ context }: InContext) => capped(context.timers.closeNotifyTimeoutMs),
};

/** Ends the stream with an error of ours. RFC 6120 4.9: always fatal, and at most one. */
export const fail = (condition: StreamCondition, cause: Cause) => ({
  target: "#closing",
  actions: [
    { type: "note cause", params: { cause } },
    { type: "send error", params: { condition, cause } },
    "close stream",
  ],
} as const);

/** The same for the receiving side that has not sent its own header, which goes first (RFC 6120 4.9.1.2). */
export const failHeaderless = (condition: StreamCondition, cause: Cause) => ({
  target: "#closing",
  actions: [
    { type: "note cause", params: { cause } },
    "answer header",
    { type: "send error", params: { condition, cause } },
    "close stream",
  ],
} as const);

/** Ends the connection without XML: TLS failed, or the peer does not speak. */
export const drop = (cause: Cause) => ({
  target: "#closed",
  actions: [{ type: "note cause", params: { cause } }, "drop connection"],
} as const);

type OfEvent<E> = { readonly event: E };

/** Notes the cause that the event carries. */
export const noteCause = {
  type: "note cause",
  params: ({ event: { cause } }: OfEvent<{ readonly cause: Cause }>) => ({ cause }),
} as const;

/** Sends the stream error that the event carries. */
export const sendError = {
  type: "send error",
  params: (
    { event: { condition = "undefined-condition", cause } }: OfEvent<
      { readonly condition?: StreamCondition; readonly cause: Cause }
    >,
  ) => ({ condition, cause }),
} as const;

/** Notes and sends the stream error that answers a refused header; only behind the guard `is refused`. */
export const noteRefusal = {
  type: "note cause",
  params: ({ event: { refusal } }: OfEvent<{ readonly refusal: Refusal | null }>) => ({
    cause: refusal!.cause,
  }),
} as const;
export const sendRefusal = {
  type: "send error",
  params: ({ event: { refusal } }: OfEvent<{ readonly refusal: Refusal | null }>) => refusal!,
} as const;

/** How an open stream ends, in every state that has no other way. */
export const endings = {
  "fault.found": { target: "#closing", actions: [noteCause, sendError, "close stream"] },
  // RFC 6120 4.9.1.1: an error is answered by closing, never by another error.
  "error.received": { target: "#closing", actions: [noteCause, "close stream"] },
  "stream.closed": {
    target: "#closing.ending",
    actions: [{ type: "note cause", params: { cause: "stream.closed" } }, "close stream"],
  },
  "close.requested": [
    { guard: "has a condition", target: "#closing", actions: [noteCause, sendError, "close stream"] },
    { target: "#closing", actions: [noteCause, "close stream"] },
  ],
  "connection.ended": { target: "#closed", actions: noteCause },
} as const;

/** The same where XML cannot be sent: TCP is not open yet, or the TLS handshake is under way. */
export const silentEndings = {
  "fault.found": { target: "#closed", actions: [noteCause, "drop connection"] },
  "error.received": { target: "#closed", actions: [noteCause, "drop connection"] },
  "stream.closed": drop("stream.closed"),
  "close.requested": { target: "#closed", actions: [noteCause, "drop connection"] },
  "connection.ended": { target: "#closed", actions: noteCause },
} as const;

/** The receiving side before it has sent its own header, which then goes before the error (RFC 6120 4.9.1.2). */
export const headerlessEndings = {
  ...silentEndings,
  "fault.found": { target: "#closing", actions: [noteCause, "answer header", sendError, "close stream"] },
  "close.requested": [
    {
      guard: "has a condition",
      target: "#closing",
      actions: [noteCause, "answer header", sendError, "close stream"],
    },
    silentEndings["close.requested"],
  ],
} as const;

/** The receiving side refuses the peer's header. */
export const refusedHeader = {
  guard: "is refused",
  target: "#closing",
  actions: [noteRefusal, "answer header", sendRefusal, "close stream"],
} as const;

/** The initiating side refuses the peer's header. */
export const refusedAnswer = {
  guard: "is refused",
  target: "#closing",
  actions: [noteRefusal, sendRefusal, "close stream"],
} as const;

/** What the peer does out of its turn. */
export const unexpected = fail("unsupported-stanza-type", "stream.unexpected");

/** The closing handshake (protocol.md 4.9). Our closing tag is out, so nothing but the end may follow. */
export const closing = {
  id: "closing",
  tags: "closing",
  initial: "answering",
  on: { "connection.ended": "closed" },
  states: {
    // Input is processed until the peer's own tag; what cannot be parsed any more will not bring it.
    answering: {
      on: { "stream.closed": "ending", "fault.found": "ending" },
      after: { closing: { target: "#closed", actions: "drop connection" } },
    },
    ending: {
      entry: "end connection",
      after: { closeNotify: { target: "#closed", actions: "drop connection" } },
    },
  },
} as const;

export const closed = { id: "closed", type: "final", tags: "closed", entry: "report over" } as const;
