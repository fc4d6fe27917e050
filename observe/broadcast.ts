/** One text for many readers: printed and encoded once, sent a few times a second. */

/** What happens within this time is sent together. */
const GATHER_MS = 50;
/** Or as soon as there is so much of it. */
const GATHER_BYTES = 32_768;
/** A reader that is this many bytes behind is cut: it can come back with `Last-Event-ID`. */
const MOST_BEHIND = 1 << 20;

export interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** The `desiredSize` at which it is too far behind. */
  readonly floor: number;
}

export function readerOf(controller: ReadableStreamDefaultController<Uint8Array>): Reader {
  return { controller, floor: controller.desiredSize! - MOST_BEHIND };
}

/** Hears of the source while there are readers. */
export class Broadcast {
  readonly #readers = new Set<Reader>();
  readonly #source: (add: (text: string, last: boolean) => void) => () => void;
  #unlisten = () => {};
  #pending = "";
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param source Begins to hear; `last`: nothing comes after it, the readers' answers end. Its result stops it. */
  constructor(source: (add: (text: string, last: boolean) => void) => () => void) {
    this.#source = source;
  }

  /** What is told from now on goes to this reader too; call the result to leave. */
  join(reader: Reader, left: () => void): () => void {
    this.#flush();
    if (this.#readers.size === 0) this.#unlisten = this.#source((text, last) => this.#add(text, last));
    const joined = { ...reader, left };
    this.#readers.add(joined);
    return () => this.#leave(joined);
  }

  #leave(reader: Reader & { left?: () => void }): void {
    if (!this.#readers.delete(reader)) return;
    reader.left?.();
    if (this.#readers.size > 0) return;
    this.#unlisten();
    this.#pending = "";
    this.#stopTimer();
  }

  #add(text: string, last: boolean): void {
    this.#pending += text;
    if (last) return this.#end();
    if (this.#pending.length > GATHER_BYTES) return this.#flush();
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    this.#stopTimer();
    if (this.#pending === "") return;
    const bytes = encoder.encode(this.#pending);
    this.#pending = "";
    for (const reader of [...this.#readers]) {
      if (reader.controller.desiredSize! >= reader.floor) reader.controller.enqueue(bytes);
      else {
        this.#leave(reader);
        reader.controller.error(new Error("the reader is too slow"));
      }
    }
  }

  #end(): void {
    this.#flush();
    for (const reader of [...this.#readers]) {
      this.#leave(reader);
      reader.controller.close();
    }
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

const encoder = new TextEncoder();
