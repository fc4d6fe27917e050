/**
 * Bounded work: so many at once in all and per key, the rest waits; who waits is served key by key, so that one key's
 * flood costs the others one turn each. protocol.md 10 (concurrent proofs, attempts in progress).
 *
 * Where somebody can wait under many keys, turns go party by party first, and then key by key.
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

/** Of one party. */
interface Queues {
  size: number;
  readonly byKey: Map<string, Waiter[]>;
}

/** How many may be inside, and how many may wait; asked every time, because limits can be reloaded. */
export interface Bounds {
  readonly inside: number;
  readonly waiting: number;
}

export class Turnstile {
  readonly #bounds: () => Bounds;
  readonly #inside = new Map<string, number>();
  /** By party, then by key, each in the order in which they have their turn; none is empty. */
  readonly #waiting = new Map<string, Queues>();
  #total = 0;
  #waiters = 0;

  constructor(bounds: () => Bounds) {
    this.#bounds = bounds;
  }

  /**
   * Runs `work` when there is room for `key`.
   *
   * @param party On whose behalf; by default every key is its own.
   */
  async run<T>(
    key: string,
    mostPerKey: number,
    wanted: () => boolean,
    work: () => Promise<T>,
    party: string = key,
  ): Promise<Passage<T>> {
    const turn = await this.#enter(party, key, mostPerKey, wanted);
    if (turn !== "admitted") return { passed: false, why: turn };
    try {
      return { passed: true, value: await work() };
    } finally {
      this.#leave(key);
    }
  }

  #enter(party: string, key: string, mostPerKey: number, wanted: () => boolean): Promise<Turn> | Turn {
    if (!wanted()) return "unwanted";
    if (this.#hasRoom(key, mostPerKey)) {
      this.#admit(key);
      return "admitted";
    }
    if (!this.#mayWait(party)) return "full";
    const queues = this.#waiting.get(party) ?? { size: 0, byKey: new Map<string, Waiter[]>() };
    const queue = queues.byKey.get(key) ?? [];
    this.#waiting.set(party, queues);
    queues.byKey.set(key, queue);
    queues.size++;
    this.#waiters++;
    return new Promise((call) => queue.push({ wanted, mostPerKey, call }));
  }

  /** Where all places are taken, the party with most waiting gives its last one up, unless it is this very one. */
  #mayWait(party: string): boolean {
    if (this.#waiters < this.#bounds().waiting) return true;
    let longest: [string, Queues] | null = null;
    for (const entry of this.#waiting) {
      if (longest === null || entry[1].size > longest[1].size) longest = entry;
    }
    const own = this.#waiting.get(party)?.size ?? 0;
    if (longest === null || longest[1].size <= own + 1) return false;
    const [name, queues] = longest;
    const [key, queue] = [...queues.byKey].at(-1)!;
    const last = queue.pop()!;
    this.#left(name, queues, key, queue);
    last.call("full");
    return true;
  }

  #leave(key: string): void {
    this.#total--;
    const left = this.#inside.get(key)! - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
    this.#next();
  }

  /** One leaves, one enters: of the party that has waited longest for its turn and that there is room for. */
  #next(): void {
    if (this.#total >= this.#bounds().inside) return;
    for (const [party, queues] of this.#waiting) {
      const next = this.#nextOf(party, queues);
      if (next === null) continue;
      if (this.#waiting.delete(party) && queues.size > 0) this.#waiting.set(party, queues); // behind all others
      return next.call("admitted");
    }
  }

  /** The same within one party, key by key; it is admitted. */
  #nextOf(party: string, queues: Queues): Waiter | null {
    for (const [key, queue] of queues.byKey) {
      while (queue[0]?.wanted() === false) this.#take(party, queues, key, queue).call("unwanted");
      const first = queue[0];
      if (first === undefined || !this.#hasRoom(key, first.mostPerKey)) continue;
      this.#take(party, queues, key, queue);
      if (queues.byKey.delete(key)) queues.byKey.set(key, queue); // behind all others
      this.#admit(key);
      return first;
    }
    return null;
  }

  #take(party: string, queues: Queues, key: string, queue: Waiter[]): Waiter {
    const first = queue.shift()!;
    this.#left(party, queues, key, queue);
    return first;
  }

  /** One waits no more: nothing empty is kept. */
  #left(party: string, queues: Queues, key: string, queue: readonly Waiter[]): void {
    this.#waiters--;
    queues.size--;
    if (queue.length === 0) queues.byKey.delete(key);
    if (queues.size === 0) this.#waiting.delete(party);
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
