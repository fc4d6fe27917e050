/** Values by what they have in common; a group without any is gone. */
export class Groups<K, V> {
  readonly #groups = new Map<K, Set<V>>();

  get size(): number {
    return this.#groups.size;
  }

  add(key: K, value: V): void {
    this.#groups.getOrInsertComputed(key, () => new Set()).add(value);
  }

  remove(key: K, value: V): void {
    const group = this.#groups.get(key);
    if (group?.delete(value) && group.size === 0) this.#groups.delete(key);
  }

  /** Live: what is removed while it is walked does not come. */
  of(key: K): Iterable<V> {
    return this.#groups.get(key) ?? [];
  }
}
