/** A set that forgets its oldest members when it is full. */
export class BoundedSet<T> {
  readonly #members = new Set<T>();
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: T): boolean {
    return this.#members.has(member);
  }

  add(member: T): void {
    this.#members.delete(member);
    this.#members.add(member);
    if (this.#members.size > this.capacity) {
      const [oldest] = this.#members;
      this.#members.delete(oldest as T);
    }
  }
}
