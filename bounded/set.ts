/** A set that forgets its oldest members when it is full; adding a member makes it the youngest. */
import { BoundedMap } from "./map.ts";

export class BoundedSet<T> {
  readonly #members: BoundedMap<T, true>;

  constructor(capacity: number) {
    this.#members = new BoundedMap(capacity);
  }

  get capacity(): number {
    return this.#members.capacity;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: T): boolean {
    return this.#members.get(member) !== undefined;
  }

  add(member: T): void {
    this.#members.set(member, true);
  }
}
