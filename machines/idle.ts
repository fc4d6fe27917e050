/**
 * The idle close of an established stream (protocol.md 4.10). Stanzas never reach a machine, so it asks, and the
 * shell answers `check idle` at once: by `close.requested`, or by `traffic.seen` with what is left of the time.
 */
import { assign, emit, type EventObject } from "xstate";
import { capped } from "./delay.ts";

export type IdleEvent =
  /** There was traffic, or something is pending: ask again in `leftMs`. */
  { type: "traffic.seen"; leftMs: number };

export type IdleEffect = { type: "check idle" };

export interface IdleContext {
  readonly timers: { readonly idleTimeoutMs: number };
  /** Until the next question. */
  readonly idleMs: number;
}

export function idleActions<C extends IdleContext, E extends EventObject, F extends EventObject>() {
  return {
    "check idle": emit<C, E, undefined, E, F | IdleEffect>(() => ({ type: "check idle" })),
    "wait idle": assign<C, E, { idleMs: number }, E, never>((_, { idleMs }) => ({ idleMs } as Partial<C>)),
  };
}

type InContext = { readonly context: IdleContext };

export const idleDelays = { idle: ({ context }: InContext) => capped(context.idleMs) };

const waitLeft = {
  type: "wait idle",
  params: ({ event }: { readonly event: { readonly leftMs: number } }) => ({ idleMs: event.leftMs }),
} as const;

const waitInFull = {
  type: "wait idle",
  params: ({ context }: InContext) => ({ idleMs: context.timers.idleTimeoutMs }),
} as const;

export const trafficSeen = { target: "#established", reenter: true, actions: waitLeft } as const;

export const askIdle = {
  target: "#established",
  reenter: true,
  actions: [waitInFull, "check idle"],
} as const;
