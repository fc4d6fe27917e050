/** Machines that could not be reached a short while ago. A request may dial one only (LIM-13): these are dialled last. */
const REMEMBERED_MS = 300_000;
const MOST = 10_000;

export class Unreached {
  readonly #now: () => number;
  /** Until when, oldest first: all are remembered equally long. */
  readonly #until = new Map<string, number>();

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(endpoint: string): boolean {
    return (this.#until.get(endpoint) ?? 0) > this.#now();
  }

  add(endpoint: string): void {
    this.#until.delete(endpoint);
    this.#until.set(endpoint, this.#now() + REMEMBERED_MS);
    for (const [oldest, until] of this.#until) {
      if (until > this.#now() && this.#until.size <= MOST) break;
      this.#until.delete(oldest);
    }
  }

  remove(endpoint: string): void {
    this.#until.delete(endpoint);
  }
}
