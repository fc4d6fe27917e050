/**
 * How fast a peer is read: beyond it reading pauses, nothing is dropped (protocol.md 10; LIM-9).
 *
 * Real time on purpose: it spreads the load of this process.
 */

/** What may come at once, in seconds of the rate. */
const BURST_S = 4;

export class Pace {
  #perSecond: number;
  /** Bytes above what the rate has allowed for. */
  #debt = 0;
  #at = performance.now();
  #wake = () => {};

  /** @param perSecond 0: as fast as it comes. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Sets another rate; who waits goes on. */
  set(perSecond: number): void {
    this.#perSecond = perSecond;
    this.#debt = 0;
    this.#wake();
  }

  /** Notes what was read. Undefined when reading may go on, else it settles when it may, or at {@link set}. */
  took(bytes: number): Promise<void> | undefined {
    if (this.#perSecond === 0) return undefined;
    const now = performance.now();
    this.#debt = Math.max(0, this.#debt - (now - this.#at) * this.#perSecond / 1000) + bytes;
    this.#at = now;
    const over = this.#debt - BURST_S * this.#perSecond;
    if (over <= 0) return undefined;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, over * 1000 / this.#perSecond);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
