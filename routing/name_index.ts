/** Finds things by a name that several may share. Lean where one name has one thing, as nearly all have. */
export class NameIndex<T extends object> {
  readonly #entries = new Map<string, T | Set<T>>();

  add(name: string, item: T): void {
    const found = this.#entries.get(name);
    if (found === undefined) this.#entries.set(name, item);
    else if (found instanceof Set) found.add(item);
    else if (found !== item) this.#entries.set(name, new Set([found, item]));
  }

  remove(name: string, item: T): void {
    const found = this.#entries.get(name);
    if (found === item) this.#entries.delete(name);
    else if (found instanceof Set && found.delete(item) && found.size === 0) this.#entries.delete(name);
  }

  /** In the order of addition. */
  find(name: string): Iterable<T> {
    const found = this.#entries.get(name);
    if (found === undefined) return [];
    return found instanceof Set ? found : [found];
  }

  /** How many names lead to something. */
  get size(): number {
    return this.#entries.size;
  }
}
