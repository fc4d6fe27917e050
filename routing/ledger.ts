/**
 * What was written on one connection and what of it is known to have arrived. protocol.md 8.3.
 *
 * Confirmation is an `<a/>` or a fence that returned; a peer with neither leaves everything unconfirmed.
 */
export class Ledger {
  #written = 0;
  #confirmed = 0;

  /** Stanzas handed to the socket. */
  wrote(stanzas: number): void {
    this.#written += stanzas;
  }

  /** Everything up to the `count`th stanza of this connection has arrived. Never more than was written. */
  confirmedUpTo(count: number): void {
    this.#confirmed = Math.min(Math.max(this.#confirmed, count), this.#written);
  }

  get written(): number {
    return this.#written;
  }

  /** What a loss now leaves with TCP's promise only (`written_unconfirmed`). */
  get writtenUnconfirmed(): number {
    return this.#written - this.#confirmed;
  }
}
