/** Machines that do not speak between server names: with them the first rung is skipped for a day. protocol.md 2.10. */
import { BoundedMap } from "../bounded/map.ts";

/** By where they listen (`host:port`). When full it forgets the oldest: it saves one connection, it proves nothing. */
export class ClassicOnly {
  readonly #until: BoundedMap<string, number>;

  constructor(capacity = 100_000) {
    this.#until = new BoundedMap(capacity);
  }

  get size(): number {
    return this.#until.size;
  }

  /** @param until Milliseconds since the epoch. */
  add(machine: string, until: number): void {
    this.#until.set(machine, until);
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
