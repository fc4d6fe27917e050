/** The decisions of the whole server, the newest so many. */
import type { Kept } from "./kept.ts";
import { type ActorKey, keysOf } from "./traces.ts";

const MOST = 20_000;

export class Journal {
  /** From `#head` on; what stands before it is gone. */
  #kept: Kept[] = [];
  #head = 0;
  bytes = 0;

  /** True when one had to go for it. */
  add(kept: Kept): void {
    this.#kept.push(kept);
    this.bytes += kept.bytes;
    if (this.#kept.length - this.#head > MOST) this.drop();
  }

  /** Lets the oldest go. False when there is none. */
  drop(): boolean {
    if (this.#head === this.#kept.length) return false;
    this.bytes -= this.#kept[this.#head]!.bytes;
    this.#head++;
    if (this.#head * 4 > this.#kept.length && this.#head > 64) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
    return true;
  }

  get first(): Kept | undefined {
    return this.#kept[this.#head];
  }

  /** What came after `seq`, oldest first, at most `most`. */
  since(seq: number, most: number): Kept[] {
    const start = this.#after(seq);
    return this.#kept.slice(start, Math.min(start + most, this.#kept.length));
  }

  /** The newest of what came after `seq` and up to `upTo`, oldest first, at most `most`; `left`: there was more. */
  latest(
    seq: number,
    upTo: number,
    most: number,
  ): { readonly kept: readonly Kept[]; readonly left: boolean } {
    const [first, end] = [this.#after(seq), this.#after(upTo)];
    const start = Math.max(first, end - most);
    return { kept: this.#kept.slice(start, end), left: start > first };
  }

  /** Those about a connection or pair that are not among `known`. */
  about(actor: ActorKey, known: readonly Kept[]): Kept[] {
    const own = this.#kept.slice(this.#head).filter(({ about }) => keysOf(about).includes(actor));
    const there = new Set(known);
    return own.filter((kept) => !there.has(kept));
  }

  /** The place of the first one after `seq`: seqs rise, with gaps where steps were. */
  #after(seq: number): number {
    let [low, high] = [this.#head, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#kept[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
