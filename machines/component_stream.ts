/**
 * The stream of one component of ours. XEP-0114; protocol.md 9.1. Pure.
 *  opening -> authenticating -> attached
 */
import { emit, setup } from "xstate";
import type { Refusal } from "../xmpp/stream_error.ts";
import { capped } from "./delay.ts";
import {
  closed,
  closing,
  type ClosingTimers,
  type CommonEffect,
  type CommonEvent,
  drop,
  endings,
  fail,
  headerlessEndings,
  refusedHeader,
  streamActions,
  type StreamContext,
  streamDelays,
  streamGuards,
  type StreamTag,
  unexpected,
} from "./stream.ts";

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

/** The component's own words have their one place; anywhere else they are out of turn. */
const outOfTurn = { "header.received": unexpected, "handshake.received": unexpected } as const;

export const componentStream = setup({
  types: {
    context: {} as Context,
    input: {} as ComponentStreamInput,
    events: {} as ComponentStreamEvent,
    emitted: {} as ComponentStreamEffect,
    tags: {} as StreamTag,
  },
  actions: {
    ...streamActions<Context, ComponentStreamEvent, ComponentStreamEffect>(),
    "answer header": emit({ type: "answer header" }),
    "send handshake": emit({ type: "send handshake" }),
    "report attached": emit({ type: "report attached" }),
  },
  guards: {
    ...streamGuards,
    "knows the secret": ({ event }) => event.type === "handshake.received" && event.right,
  },
  delays: {
    ...streamDelays,
    header: ({ context }) => capped(context.timers.headerTimeoutMs),
    negotiation: ({ context }) => capped(context.timers.negotiationTimeoutMs),
  },
}).createMachine({
  id: "component stream",
  context: ({ input: { timers } }) => ({ timers, cause: "component.gone" }),
  initial: "opening",
  states: {
    opening: {
      tags: "negotiating",
      on: {
        ...headerlessEndings,
        "header.received": [refusedHeader, { target: "authenticating", actions: "answer header" }],
      },
      after: { header: drop("stream.header-timeout") },
    },
    authenticating: {
      tags: "negotiating",
      on: {
        ...endings,
        ...outOfTurn,
        "handshake.received": [
          {
            guard: "knows the secret",
            target: "attached",
            actions: ["send handshake", "report attached"],
          },
          fail("not-authorized", "component.handshake"),
        ],
      },
      after: { negotiation: fail("connection-timeout", "stream.negotiation-timeout") },
    },
    // No time-out: a component may be silent for as long as it likes; TCP keepalive finds a dead one.
    attached: { tags: "established", on: { ...endings, ...outOfTurn } },
    closing,
    closed,
  },
});
