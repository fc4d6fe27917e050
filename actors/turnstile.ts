/**
 * Bounded work: so many at once in all and per key, the rest waits; who waits is served key by key, so that one key's
 * flood costs the others one turn each. protocol.md 10 (concurrent proofs).
 */

/** What became of work that had to pass. */
export type Passage<T> =
  | { readonly passed: true; readonly value: T }
  /** `unwanted`: by its turn nobody wanted it any more. `full`: too many wait, of this key most of all. */
  | { readonly passed: false; readonly why: "unwanted" | "full" };

type Turn = "admitted" | "unwanted" | "full";

interface Waiter {
  readonly wanted: () => boolean;
  readonly mostPerKey: number;
  readonly call: (turn: Turn) => void;
}

/** How many may be inside, and how many may wait; asked every time, because limits can be reloaded. */
export interface Bounds {
  readonly inside: number;
  readonly waiting: number;
}

export class Turnstile {
  readonly #bounds: () => Bounds;
  readonly #inside = new Map<string, number>();
  /** In the order in which the keys have their turn; none is empty. */
  readonly #waiting = new Map<string, Waiter[]>();
  #total = 0;
  #waiters = 0;

  constructor(bounds: () => Bounds) {
    this.#bounds = bounds;
  }

  /** Runs `work` when there is room for `key`. */
  async run<T>(
    key: string,
    mostPerKey: number,
    wanted: () => boolean,
    work: () => Promise<T>,
  ): Promise<Passage<T>> {
    const turn = await this.#enter(key, mostPerKey, wanted);
    if (turn !== "admitted") return { passed: false, why: turn };
    try {
      return { passed: true, value: await work() };
    } finally {
      this.#leave(key);
    }
  }

  #enter(key: string, mostPerKey: number, wanted: () => boolean): Promise<Turn> | Turn {
    if (!wanted()) return "unwanted";
    if (this.#hasRoom(key, mostPerKey)) {
      this.#admit(key);
      return "admitted";
    }
    if (!this.#mayWait(key)) return "full";
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    this.#waiters++;
    return new Promise((call) => queue.push({ wanted, mostPerKey, call }));
  }

  /** Where all places are taken, the longest queue gives its last one up, unless it is this very key's. */
  #mayWait(key: string): boolean {
    if (this.#waiters < this.#bounds().waiting) return true;
    let longest: [string, Waiter[]] | null = null;
    for (const entry of this.#waiting) {
      if (longest === null || entry[1].length > longest[1].length) longest = entry;
    }
    const own = this.#waiting.get(key)?.length ?? 0;
    if (longest === null || longest[1].length <= own + 1) return false;
    longest[1].pop()!.call("full");
    this.#waiters--;
    return true;
  }

  #leave(key: string): void {
    this.#total--;
    const left = this.#inside.get(key)! - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
    this.#next();
  }

  /** One leaves, one enters: of the key that has waited longest for its turn and that there is room for. */
  #next(): void {
    for (const [key, queue] of this.#waiting) {
      while (queue[0]?.wanted() === false) this.#take(queue).call("unwanted");
      const first = queue[0];
      if (first !== undefined && !this.#hasRoom(key, first.mostPerKey)) continue;
      this.#waiting.delete(key);
      if (first === undefined) continue;
      this.#take(queue);
      if (queue.length > 0) this.#waiting.set(key, queue); // behind all others
      this.#admit(key);
      return first.call("admitted");
    }
  }

  #take(queue: Waiter[]): Waiter {
    this.#waiters--;
    return queue.shift()!;
  }

  #hasRoom(key: string, mostPerKey: number): boolean {
    return this.#total < this.#bounds().inside && (this.#inside.get(key) ?? 0) < mostPerKey;
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
