/**
 * Lines on their way out: those of one moment leave as one write. What warns leaves at once, with all before it, so that no
 * crash swallows its own reason.
 */

const GATHER_MS = 20;
/** More does not wait. */
const MOST = 32_768;

export class Lines {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #length = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param write Takes all of it at once. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  add(line: string, urgent: boolean): void {
    this.#waiting.push(line, "\n");
    this.#length += line.length;
    if (urgent || this.#length > MOST) return this.flush();
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const text = this.#waiting.join("");
    [this.#timer, this.#waiting, this.#length] = [null, [], 0];
    if (text !== "") this.#write(this.#encoder.encode(text));
  }
}
