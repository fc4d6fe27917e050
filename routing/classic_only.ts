/** Machines that do not speak between server names: with them the first rung is skipped for a day. protocol.md 2.10. */

/** By where they listen (`host:port`). When full it forgets the oldest: it saves one connection, it proves nothing. */
export class ClassicOnly {
  readonly #until = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#until.size;
  }

  /** @param until Milliseconds since the epoch. */
  add(machine: string, until: number): void {
    this.#until.delete(machine);
    this.#until.set(machine, until);
    if (this.#until.size <= this.#capacity) return;
    const [oldest] = this.#until.keys();
    this.#until.delete(oldest!);
  }

  has(machine: string, now: number): boolean {
    const until = this.#until.get(machine);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(machine);
    return false;
  }

  /** It said that it does (`urn:x-dna:0` on a classic stream). */
  remove(machine: string): void {
    this.#until.delete(machine);
  }
}
