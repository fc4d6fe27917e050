/** The stream of one component of ours. XEP-0114; protocol.md 9.1. Pure. */
import { setup } from "xstate";
import type { Refusal } from "./conditions.ts";
import type { ClosingTimers, CommonEffect, CommonEvent, StreamContext, StreamTag } from "./stream.ts";

export type ComponentStreamEvent =
  | CommonEvent
  | { type: "header.received"; refusal: Refusal | null }
  | { type: "handshake.received"; right: boolean };

export type ComponentStreamEffect =
  | CommonEffect
  /** Also ordered before `send error` when the fault lies in or before the component's header. */
  | { type: "answer header" }
  | { type: "send handshake" }
  | { type: "report attached" };

/** As in `[limits]`. */
export interface ComponentStreamTimers extends ClosingTimers {
  readonly headerTimeoutMs: number;
  readonly negotiationTimeoutMs: number;
}

export interface ComponentStreamInput {
  readonly timers: ComponentStreamTimers;
}

interface Context extends StreamContext {
  readonly timers: ComponentStreamTimers;
}

export const componentStream = setup({
  types: {
    context: {} as Context,
    input: {} as ComponentStreamInput,
    events: {} as ComponentStreamEvent,
    emitted: {} as ComponentStreamEffect,
    tags: {} as StreamTag,
  },
}).createMachine({
  id: "component stream",
  context: ({ input }) => ({ ...input, cause: "component.gone" }),
  initial: "opening",
  states: { opening: {}, authenticating: {}, attached: {}, closing: {}, closed: { type: "final" } },
});
