/**
 * The machine's clock, which a test can move on: it stands for actors/host.ts (imports.ts). Each line on stdin is a
 * number of milliseconds; timers that are due by then fire in their order, and a line on stderr says that it is done.
 */
import type { Clock } from "../../actors/host.ts";

export type { Clock, Host } from "../../actors/host.ts";

interface Timer {
  readonly due: number;
  readonly fn: (...args: unknown[]) => void;
  real: ReturnType<typeof setTimeout> | undefined;
}

class MovedClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return Date.now() + this.#ahead;
  }

  setTimeout(fn: (...args: unknown[]) => void, ms: number): Timer {
    const timer: Timer = { due: this.now() + ms, fn, real: undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#disarm(timer as Timer | undefined);
  }

  /** In steps from timer to timer, so that what a timer starts is due in its turn. */
  async advance(ms: number): Promise<void> {
    const goal = this.now() + ms;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= goal).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#ahead += Math.max(0, next.due - this.now());
      this.#fire(next);
      await new Promise((resolve) => setTimeout(resolve)); // what the timer started may set timers of its own
    }
    this.#ahead += Math.max(0, goal - this.now());
    for (const timer of this.#timers) this.#arm(timer);
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.real);
    timer.real = setTimeout(() => this.#fire(timer), Math.max(0, timer.due - this.now()));
  }

  #disarm(timer: Timer | undefined): void {
    if (timer === undefined || !this.#timers.delete(timer)) return;
    clearTimeout(timer.real);
  }

  #fire(timer: Timer): void {
    if (!this.#timers.has(timer)) return;
    this.#disarm(timer);
    timer.fn();
  }
}

const clock = new MovedClock();
export const systemClock: Clock = clock;

async function obey(): Promise<void> {
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      await clock.advance(Number(line));
      console.error(JSON.stringify({ event: "clock.moved", ms: Number(line) }));
    }
  }
}

void obey();
