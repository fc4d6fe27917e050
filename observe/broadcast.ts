/** One text for many readers: printed and encoded once, sent a few times a second. */

/** What happens within this time is sent together. */
const GATHER_MS = 100;
/** Or as soon as there is so much of it. */
const GATHER_BYTES = 32_768;
/** A reader that is this many bytes behind is cut: it can come back with `Last-Event-ID`. */
const MOST_BEHIND = 1 << 20;

/** Readers, too, give way first: so many frames at once, and so many a second after them. */
const BURST = 2000;
const PER_SECOND = 500;

/** Whether sessions still hold is asked so often when nothing is sent; and whenever something is. */
const SESSIONS_MS = 1000;

export interface Reader {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** The `desiredSize` at which it is too far behind. */
  readonly floor: number;
  /** Whether its session goes on. */
  readonly holds: () => boolean;
}

export function readerOf(
  controller: ReadableStreamDefaultController<Uint8Array>,
  holds: () => boolean,
): Reader {
  return { controller, floor: controller.desiredSize! - MOST_BEHIND, holds };
}

/** Begins to hear of frames, each printed when it is wanted; the result ends it. */
type Source = (add: (print: () => string, last: boolean) => void) => () => void;

/** Hears of the source while there are readers. */
export class Broadcast {
  readonly #readers = new Set<Reader>();
  readonly #source: Source;
  #unlisten = () => {};
  #pending = "";
  #skipped = 0;
  #credit = BURST;
  #creditAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sessions: ReturnType<typeof setInterval> | null = null;

  /** @param source `last`: nothing comes after it, the readers' answers end. */
  constructor(source: Source) {
    this.#source = source;
  }

  /** What is told from now on goes to this reader too; call the result to leave. */
  join(reader: Reader, left: (tooSlow: boolean) => void): () => void {
    this.#flush();
    if (this.#readers.size === 0) this.#unlisten = this.#source((print, last) => this.#add(print, last));
    this.#sessions ??= setInterval(() => this.#dismiss(), SESSIONS_MS);
    const joined = { ...reader, left };
    this.#readers.add(joined);
    return () => this.#leave(joined);
  }

  #leave(reader: Reader & { left?: (tooSlow: boolean) => void }, tooSlow = false): void {
    if (!this.#readers.delete(reader)) return;
    reader.left?.(tooSlow);
    if (this.#readers.size > 0) return;
    this.#unlisten();
    this.#pending = "";
    this.#stopTimer();
    clearInterval(this.#sessions!);
    this.#sessions = null;
  }

  /** Their sessions are over. */
  #dismiss(): void {
    for (const reader of [...this.#readers]) {
      if (reader.holds()) continue;
      this.#leave(reader);
      reader.controller.close();
    }
  }

  #add(print: () => string, last: boolean): void {
    if (last || this.#affords()) this.#pending += print();
    else this.#skipped++;
    if (last) return this.#end();
    if (this.#pending.length > GATHER_BYTES) return this.#flush();
    this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #affords(): boolean {
    const now = performance.now();
    this.#credit = Math.min(BURST, this.#credit + (now - this.#creditAt) * PER_SECOND / 1000);
    this.#creditAt = now;
    if (this.#credit < 1) return false;
    this.#credit--;
    return true;
  }

  #flush(): void {
    this.#stopTimer();
    if (this.#skipped > 0) this.#pending += `event: skipped\ndata: {"skipped":${this.#skipped}}\n\n`;
    this.#skipped = 0;
    if (this.#pending === "") return;
    this.#dismiss();
    const bytes = encoder.encode(this.#pending);
    this.#pending = "";
    for (const reader of [...this.#readers]) {
      if (reader.controller.desiredSize! >= reader.floor) reader.controller.enqueue(bytes);
      else {
        this.#leave(reader, true);
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
