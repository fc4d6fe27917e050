/** Which of the rows that match are kept: those of the window, in order. What is not asked for is let go at once. */
import { comparing, order, type SortKey } from "./order.ts";
import type { Rest } from "./pace.ts";

export interface Sort<Live> {
  readonly descending: boolean;
  readonly read: (row: Live) => SortKey;
}

/** Rows `[from, to)` of those that match. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Keeper<Live> {
  /** @param place How many matched before it. */
  offer(row: Live, place: number): void;
  rows(rest: Rest): Promise<readonly Live[]>;
}

/** @param size About how many rows there are. */
export function keeper<Live>(sort: Sort<Live> | null, window: Window, size: number): Keeper<Live> {
  if (sort === null) return new InPlace(window);
  // Near the beginning it is enough to know the best ones.
  return window.to * 8 <= size ? new Best(sort, window) : new All(sort, window);
}

class InPlace<Live> implements Keeper<Live> {
  readonly #window: Window;
  readonly #rows: Live[] = [];

  constructor(window: Window) {
    this.#window = window;
  }

  offer(row: Live, place: number): void {
    if (place >= this.#window.from && place < this.#window.to) this.#rows.push(row);
  }

  rows(): Promise<readonly Live[]> {
    return Promise.resolve(this.#rows);
  }
}

class All<Live> implements Keeper<Live> {
  readonly #sort: Sort<Live>;
  readonly #window: Window;
  readonly #rows: Live[] = [];
  readonly #keys: SortKey[] = [];

  constructor(sort: Sort<Live>, window: Window) {
    this.#sort = sort;
    this.#window = window;
  }

  offer(row: Live): void {
    this.#rows.push(row);
    this.#keys.push(this.#sort.read(row));
  }

  async rows(rest: Rest): Promise<readonly Live[]> {
    const places = await order(this.#keys, this.#sort.descending, rest);
    const { from, to } = this.#window;
    return [...places.subarray(from, to)].map((place) => this.#rows[place]!);
  }
}

interface Kept<Live> {
  readonly row: Live;
  readonly key: SortKey;
  readonly place: number;
}

/** The first so many in order: what is behind the last of them is not even remembered. */
class Best<Live> implements Keeper<Live> {
  readonly #sort: Sort<Live>;
  readonly #window: Window;
  readonly #compare: (a: SortKey, b: SortKey) => number;
  #kept: Kept<Live>[] = [];
  /** The last one that still counts, once there are enough. */
  #worst: Kept<Live> | null = null;

  constructor(sort: Sort<Live>, window: Window) {
    this.#sort = sort;
    this.#window = window;
    this.#compare = comparing(sort.descending);
  }

  offer(row: Live, place: number): void {
    const key = this.#sort.read(row);
    if (this.#worst !== null && this.#compare(key, this.#worst.key) >= 0) return;
    this.#kept.push({ row, key, place });
    if (this.#kept.length >= 2 * this.#window.to) this.#cut();
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => this.#compare(a.key, b.key) || a.place - b.place)
      .slice(0, this.#window.to);
    if (this.#kept.length === this.#window.to) this.#worst = this.#kept.at(-1) ?? null;
  }

  rows(): Promise<readonly Live[]> {
    this.#cut();
    return Promise.resolve(this.#kept.slice(this.#window.from).map(({ row }) => row));
  }
}
