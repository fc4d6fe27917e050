/**
 * What the three stream machines share: the ways in which any stream ends.
 * RFC 6120 4.4, 4.9; protocol.md 4.8, 4.9.
 *  anywhere -> closing.answering -> closing.ending -> closed
 */
import { assign, emit, type EventObject } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { StreamCondition } from "./conditions.ts";
import { capped } from "./delay.ts";

/** Facts that any stream may meet. */
export type CommonEvent =
  /** The peer did what RFC 6120 calls a stream error; found by the framer, a parser or the filter. */
  | { type: "fault.found"; condition: StreamCondition; cause: Cause }
  /** The peer's stream error. */
  | { type: "error.received"; condition: string }
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
  cause: Cause;
}

/** The actions of every stream machine: its own context, events and effects make their types. */
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
    "report over": emit<C, E, undefined, E, F | CommonEffect>(({ context }) => ({
      type: "report over",
      cause: context.cause,
    })),
  };
}

type InContext = { readonly context: StreamContext };

export const streamDelays = {
  closing: ({ context }: InContext) => capped(context.timers.closingTimeoutMs),
  closeNotify: ({ context }: InContext) => capped(context.timers.closeNotifyTimeoutMs),
};
