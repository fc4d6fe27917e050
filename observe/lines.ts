/**
 * Lines on their way out: those of one moment leave as one write, before anything else happens. What warns leaves at once, with
 * all before it, so that no crash swallows its own reason.
 */

/** More does not wait. */
const MOST = 32_768;

const NEWLINE = 10;

export class Lines {
  readonly #write: (bytes: Uint8Array) => number;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #length = 0;
  /** There was room for a part of a line only. */
  #torn = false;

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
    // What comes after a torn line must not be its end.
    this.#writeAll(this.#encoder.encode(this.#torn ? `\n${text}` : text));
  }

  /** On a full disk, or when the reader is gone, lines are lost: the server goes on, and tries again with the next ones. */
  #writeAll(bytes: Uint8Array): void {
    let written = 0;
    try {
      while (written < bytes.length) written += this.#write(bytes.subarray(written));
    } catch {
      // There is nowhere to say it: this was the place.
    }
    if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE;
  }
}
