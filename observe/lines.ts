/**
 * Lines on their way out: those of one moment leave as one write, before anything else happens. What warns leaves at once, with
 * all before it, so that no crash swallows its own reason.
 */

/** More does not wait. */
const MOST = 32_768;

export class Lines {
  readonly #write: (bytes: Uint8Array) => number;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #length = 0;

  /** @param write Takes some of it, and says how much; what it throws is nobody's end. */
  constructor(write: (bytes: Uint8Array) => number) {
    this.#write = write;
  }

  add(line: string, urgent: boolean): void {
    if (this.#waiting.length === 0 && !urgent) queueMicrotask(() => this.flush());
    this.#waiting.push(line, "\n");
    this.#length += line.length;
    if (urgent || this.#length > MOST) this.flush();
  }

  flush(): void {
    const text = this.#waiting.join("");
    [this.#waiting, this.#length] = [[], 0];
    this.#writeAll(this.#encoder.encode(text));
  }

  /** On a full disk, or when the reader is gone, lines are lost: the server goes on, and tries again with the next ones. */
  #writeAll(bytes: Uint8Array): void {
    try {
      while (bytes.length > 0) bytes = bytes.subarray(this.#write(bytes));
    } catch {
      // There is nowhere to say it: this was the place.
    }
  }
}
