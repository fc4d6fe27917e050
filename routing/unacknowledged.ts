/** The bytes of stanzas that were written and may be needed again: copied by the batch, let go by the count. protocol.md 8.3. */

/** Whole stanzas back to back; the first `acknowledged` of them are not needed any more. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly acknowledged: number;
  /** When the first of them was written, milliseconds since the epoch. */
  readonly since: number;
}

interface Chunk {
  readonly buffer: Uint8Array;
  readonly since: number;
  used: number;
  stanzas: number;
  acknowledged: number;
}

/** Buffers of these two sizes are used again: zeroing new ones would cost more than the copy. */
const SMALL = 16 * 1024;
const LARGE = 256 * 1024;
/** A run longer than this is one of many: it gets the large size. */
const RUN = 4096;
const IDLE = { [SMALL]: [], [LARGE]: [] } as Record<number, Uint8Array[]>;
const MOST_IDLE = 16;
/** What one chunk holds was written within this time, so that its `since` says when. */
const SPAN_MS = 1000;

export class Unacknowledged {
  #chunks: Chunk[] = [];
  #stanzas = 0;
  #bytes = 0;

  get stanzas(): number {
    return this.#stanzas;
  }

  /** About how many bytes are needed still: what is acknowledged of a chunk is taken at its average. */
  get bytes(): number {
    const [head] = this.#chunks;
    return head === undefined ? 0 : this.#bytes - Math.floor(head.used * head.acknowledged / head.stanzas);
  }

  /** When the oldest was written; null when there is none. */
  get since(): number | null {
    return this.#chunks[0]?.since ?? null;
  }

  /** Copies `stanzas` stanzas that stand back to back from `start` to `end`. */
  add(source: Uint8Array, start: number, end: number, stanzas: number, now: number): void {
    const length = end - start;
    const chunk = this.#roomFor(length, now);
    chunk.buffer.set(source.subarray(start, end), chunk.used);
    chunk.used += length;
    chunk.stanzas += stanzas;
    this.#bytes += length;
    this.#stanzas += stanzas;
  }

  /** The oldest `stanzas` are not needed any more. */
  acknowledge(stanzas: number): void {
    this.#stanzas -= stanzas;
    for (let left = stanzas; left > 0;) {
      const head = this.#chunks[0]!;
      const here = Math.min(left, head.stanzas - head.acknowledged);
      head.acknowledged += here;
      left -= here;
      if (head.acknowledged === head.stanzas) this.#letGo(this.#chunks.shift()!);
    }
  }

  /** Everything, in order; nothing is kept afterwards. */
  takeAll(): Piece[] {
    const pieces = this.#chunks.map(({ buffer, used, acknowledged, since }) => ({
      bytes: buffer.slice(0, used),
      acknowledged,
      since,
    }));
    this.clear();
    return pieces;
  }

  clear(): void {
    for (const chunk of this.#chunks) this.#letGo(chunk);
    this.#chunks = [];
    this.#stanzas = 0;
  }

  #roomFor(length: number, now: number): Chunk {
    const last = this.#chunks.at(-1);
    const fits = last !== undefined && last.buffer.length - last.used >= length;
    if (fits && now - last.since < SPAN_MS) return last;
    const buffer = obtain(length);
    const chunk = { buffer, since: now, used: 0, stanzas: 0, acknowledged: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  #letGo({ buffer, used }: Chunk): void {
    this.#bytes -= used;
    const idle = IDLE[buffer.length];
    if (idle !== undefined && idle.length < MOST_IDLE) idle.push(buffer);
  }
}

function obtain(length: number): Uint8Array {
  const size = length <= RUN ? SMALL : length <= LARGE ? LARGE : length;
  return IDLE[size]?.pop() ?? new Uint8Array(size);
}
