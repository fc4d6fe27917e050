/** One timer that is put off far more often than it rings: putting it off costs nothing. */
import type { Clock } from "./host.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: unknown = null;
  /** When the timer fires, and when it is wanted to ring; null: not at all. */
  #fires = 0;
  #at: number | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings once at `at`, milliseconds since the epoch; what was set before does not count any more. */
  set(at: number | null): void {
    this.#at = at;
    if (at !== null && (this.#timer === null || at < this.#fires)) this.#arm(at);
  }

  stop(): void {
    this.#at = null;
    this.#disarm();
  }

  #arm(at: number): void {
    this.#disarm();
    this.#fires = at;
    this.#timer = this.#clock.setTimeout(() => this.#woken(), Math.max(0, at - this.#clock.now()));
  }

  #disarm(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** It may have been put off meanwhile, or called off. */
  #woken(): void {
    this.#timer = null;
    if (this.#at === null) return;
    if (this.#at > this.#clock.now()) return this.#arm(this.#at);
    this.#at = null;
    this.#ring();
  }
}
