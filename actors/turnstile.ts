/** Bounded work: so many at once in all and per key, the rest waits in order. protocol.md 10 (concurrent proofs). */

interface Waiter {
  readonly key: string;
  readonly mostPerKey: number;
  readonly enter: () => void;
}

export class Turnstile {
  readonly #most: () => number;
  readonly #inside = new Map<string, number>();
  readonly #waiting: Waiter[] = [];
  #total = 0;

  /** @param most How many may be inside at once; asked every time, because limits can be reloaded. */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** Runs `work` when there is room for `key`; null when it is not wanted any more by then. */
  async run<T>(
    key: string,
    mostPerKey: number,
    wanted: () => boolean,
    work: () => Promise<T>,
  ): Promise<T | null> {
    await this.#enter(key, mostPerKey);
    try {
      return wanted() ? await work() : null;
    } finally {
      this.#leave(key);
    }
  }

  #enter(key: string, mostPerKey: number): Promise<void> | void {
    if (this.#hasRoom(key, mostPerKey)) return this.#admit(key);
    return new Promise((enter) => this.#waiting.push({ key, mostPerKey, enter }));
  }

  #leave(key: string): void {
    this.#total--;
    const left = this.#inside.get(key)! - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
    // One leaves, one enters: whoever has waited longest among those that there is room for.
    const next = this.#waiting.findIndex((waiter) => this.#hasRoom(waiter.key, waiter.mostPerKey));
    if (next === -1) return;
    const [waiter] = this.#waiting.splice(next, 1);
    this.#admit(waiter!.key);
    waiter!.enter();
  }

  #hasRoom(key: string, mostPerKey: number): boolean {
    return this.#total < this.#most() && (this.#inside.get(key) ?? 0) < mostPerKey;
  }

  #admit(key: string): void {
    this.#total++;
    this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
  }
}

/** So many per second with a burst; `waitMs` says how long the next one has to wait. */
export class Rate {
  #tokens: number;
  #at: number;

  constructor(readonly perSecond: number, readonly burst: number, now: number) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one, if need be one of the future: its time is the result, 0 for now. */
  waitMs(now: number): number {
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.perSecond) * 1000);
  }
}
