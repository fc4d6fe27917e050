/**
 * Lines on their way out: those of one moment leave as one write, before anything else happens. What warns leaves at once, with
 * all before it, so that no crash swallows its own reason.
 */

/** More does not wait. */
const MOST = 32_768;

export class Lines {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #length = 0;

  /** @param write Takes all of it at once. */
  constructor(write: (bytes: Uint8Array) => void) {
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
    if (text !== "") this.#write(this.#encoder.encode(text));
  }
}
