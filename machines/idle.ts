/**
 * The checks and the idle close of an established stream (protocol.md 4.10, 8.5). Stanzas never reach a machine, so it
 * asks, and the shell does what is due and answers `check idle` at once: by `close.requested`, or by `traffic.seen` with
 * the time until it wants to be asked again.
 */
import { assign, emit, type EventObject } from "xstate";
import { capped } from "./delay.ts";

export type IdleEvent =
  /** It is needed still: ask again in `leftMs`. */
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

/** The first question comes soon: only the shell knows how long the peer bears silence. */
export function firstIdleMs({ idleTimeoutMs }: IdleContext["timers"]): number {
  return Math.min(idleTimeoutMs, 10_000);
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
