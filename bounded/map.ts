/** A map that forgets its oldest entry when it is full; setting an entry makes it the youngest. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly capacity: number;
  readonly #forgotten: (value: V, key: K) => void;
  /**
   * While one entry makes room for the next: a new iterator would walk over every hole that a deletion left. Not longer: one
   * that waits keeps all tables alive that the map grew out of.
   */
  #oldest: Iterator<K> | null = null;

  /** @param forgotten Hears of every entry that had to make room, when the map is without it; not of what is deleted or replaced. */
  constructor(capacity: number, forgotten: (value: V, key: K) => void = () => {}) {
    this.capacity = capacity;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.capacity) return void (this.#oldest = null);
    this.#oldest ??= this.#entries.keys();
    const oldest = this.#oldest.next().value as K;
    const leaves = this.#entries.get(oldest) as V;
    this.#entries.delete(oldest);
    this.#forgotten(leaves, oldest);
  }

  /** True when there was one. */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** The oldest first. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}
