/** What stands behind the pair ids that we teach a framer: bounded, the oldest go and are taught anew. */

/** Twice what a framer remembers (`native/src/xml/pairs.rs`): an id that it still knows is rarely gone. */
const MOST = 8192;

export class Slots<K, S> {
  readonly #slots = new Map<number, { readonly key: K; readonly slot: S }>();
  readonly #ids = new Map<K, number>();
  #last = 0;

  /** Undefined for 0, and for an id that is gone: the stanza takes the long way. */
  get(id: number): S | undefined {
    return this.#slots.get(id)?.slot;
  }

  has(key: K): boolean {
    return this.#ids.has(key);
  }

  /** The id to teach for `key`; never reused, so a stale one leads nowhere. */
  idOf(key: K, make: () => S): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = ++this.#last;
    this.#slots.set(id, { key, slot: make() });
    this.#ids.set(key, id);
    if (this.#slots.size > MOST) this.#forgetOldest();
    return id;
  }

  #forgetOldest(): void {
    const [oldest] = this.#slots;
    if (oldest === undefined) return;
    this.#slots.delete(oldest[0]);
    this.#ids.delete(oldest[1].key);
  }
}
