/** What every actor gets from outside: time, chance, and somebody to tell. */
import type { Happening, Subject } from "../facts/event.ts";
import type { Tracer } from "../observe/recorder.ts";
import { timers } from "../wire/timers.ts";

/** The only clock; xstate's own timers run on it too. Times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  setTimeout(fn: (...args: unknown[]) => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

export interface Host {
  readonly clock: Clock;
  /** In [0, 1). For jitter and SRV weights, never for secrets. */
  random(): number;
  /** One decision for log, event stream and metrics. Never throws. */
  tell(happening: Happening): void;
  /** Where the steps between decisions go; null when nobody could ever read them. */
  readonly trace: Tracing | null;
}

export interface Tracing {
  /** Where the steps of one connection or pair go, or of what the one does for the other. Nothing in it throws. */
  of(about: Subject): Tracer;
  /** Whether steps about it are kept now: under load not everybody's are. */
  wants(about: Subject): boolean;
  /** What is shown in the place of a localpart. */
  readonly hide: (localpart: string) => string;
}

/** The clock of the machine we run on. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (fn, ms) => timers.set(fn, ms),
  clearTimeout: (id) => timers.clear(id),
};
