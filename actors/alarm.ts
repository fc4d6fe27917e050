/** One timer that is put off far more often than it rings: it costs nothing until then. */
import type { Clock } from "./host.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: unknown = null;
  #at: number | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at` (milliseconds since the epoch) at the earliest; null: not at all. */
  set(at: number | null): void {
    this.#at = at;
    if (at !== null && this.#timer === null) this.#arm(at);
  }

  stop(): void {
    this.#at = null;
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(at: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#woken(), Math.max(0, at - this.#clock.now()));
  }

  /** It was put off meanwhile, or called off. */
  #woken(): void {
    this.#timer = null;
    if (this.#at === null) return;
    if (this.#at > this.#clock.now()) return this.#arm(this.#at);
    this.#at = null;
    this.#ring();
  }
}
