/** The rows of a table, page by page as they come into view, changed in place by what the socket says. */
import { useEffect, useMemo, useReducer, useRef } from "preact/hooks";
import type {
  Facet,
  Keyed,
  ListAnswer,
  ServerFrame,
  TableName,
  TableRows,
} from "../../../observe/contract.ts";
import { get } from "../api.ts";
import { type Heard, renew, revived, subscribe } from "../socket.ts";

/** Rows asked for at once. */
const PAGE = 100;
const DEBOUNCE_MS = 60;
const DIM_AFTER_MS = 300;

export interface Rows<Row> {
  readonly total: number;
  readonly all: number;
  readonly facets: Readonly<Record<string, readonly Facet[]>>;
  readonly error: unknown;
  readonly loaded: boolean;
  readonly dimmed: boolean;
  /** Rows that have come since, and are not shown yet. */
  readonly fresh: number;
  readonly paused: boolean;
  at(index: number): Row | null;
  refresh(): void;
  pause(paused: boolean): void;
}

interface Window_ {
  readonly from: number;
  readonly to: number;
}

/** All that is known of one filter and order. */
class Book<Name extends TableName> implements Rows<TableRows[Name]> {
  total = 0;
  all = 0;
  facets: Readonly<Record<string, readonly Facet[]>> = {};
  error: unknown = null;
  loaded = false;
  dimmed = false;
  fresh = 0;
  paused = false;
  readonly #rows = new Map<number, TableRows[Name]>();
  readonly #places = new Map<string, number>();
  readonly #asked = new Set<number>();
  #abort = new AbortController();
  #window: Window_ = { from: 0, to: PAGE };

  constructor(
    readonly name: Name,
    readonly q: string,
    readonly sort: string,
    readonly keyOf: (row: TableRows[Name]) => string,
    readonly changed: () => void,
  ) {}

  at(index: number): TableRows[Name] | null {
    return this.#rows.get(index) ?? null;
  }

  /** Asks for what is in view and not there. */
  look(window: Window_): void {
    this.#window = window;
    const first = Math.floor(window.from / PAGE),
      last = Math.floor(Math.max(window.from, window.to - 1) / PAGE);
    for (let page = first; page <= last; page++) {
      if (!this.#asked.has(page) && (!this.loaded || page * PAGE < this.total)) void this.#load(page);
    }
  }

  frame() {
    const { from } = this.#window;
    const start = Math.floor(from / PAGE) * PAGE;
    return {
      sub: this.name,
      ...(this.q === "" ? {} : { q: this.q }),
      ...(this.sort === "" ? {} : { sort: this.sort }),
      window: [start, start + 2 * PAGE] as const,
    };
  }

  refresh = (): void => {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#asked.clear();
    this.fresh = 0;
    this.look(this.#window);
  };

  pause = (paused: boolean): void => {
    this.paused = paused;
    if (!paused) this.refresh();
    this.changed();
  };

  close(): void {
    this.#abort.abort();
  }

  async #load(page: number): Promise<void> {
    this.#asked.add(page);
    const { signal } = this.#abort;
    const dim = setTimeout(() => {
      this.dimmed = true;
      this.changed();
    }, DIM_AFTER_MS);
    const query = new URLSearchParams({ cursor: String(page * PAGE), limit: String(PAGE) });
    if (this.q !== "") query.set("q", this.q);
    if (this.sort !== "") query.set("sort", this.sort);
    try {
      const answer = await get<ListAnswer & Record<Name, readonly TableRows[Name][]>>(
        `/${this.name}?${query}`,
        signal,
      );
      this.#take(page * PAGE, answer[this.name], answer);
      this.error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#asked.delete(page);
      this.error = error;
      this.loaded = true;
    } finally {
      clearTimeout(dim);
    }
    this.dimmed = false;
    this.changed();
  }

  #take(from: number, rows: readonly TableRows[Name][], { total, all, facets }: Partial<ListAnswer>): void {
    // A filter that now matches less leaves nothing behind its end.
    if (total! < this.total) {
      for (const at of [...this.#rows.keys()]) if (at >= total!) this.#rows.delete(at);
    }
    this.total = total!;
    this.all = all ?? total!;
    this.facets = facets ?? {};
    this.loaded = true;
    for (const [at, row] of rows.entries()) this.#put(from + at, row);
  }

  #put(at: number, row: TableRows[Name]): void {
    this.#rows.set(at, row);
    this.#places.set(this.keyOf(row), at);
  }

  hear(frame: Heard): void {
    if (this.paused) return;
    if (frame.op === "tick") return this.refresh();
    if (frame.op === "snapshot") this.#snapshot(frame);
    else if (frame.op === "patch") this.#patch(frame);
    else if (frame.op === "resync") this.refresh();
  }

  #snapshot(frame: ServerFrame & { op: "snapshot" }): void {
    if (frame.topic === "overview") return;
    const { q, sort, window, rows, ...answer } = frame.data as {
      q: string;
      sort: string;
      window: readonly [number, number];
      rows: readonly Keyed<TableRows[Name]>[];
    } & ListAnswer;
    // It was under way when the filter was changed.
    if (q !== this.q || sort !== this.sort) return;
    this.#take(window[0], rows.map(({ row }) => row), answer);
    this.changed();
  }

  #patch({ data }: ServerFrame & { op: "patch" }): void {
    for (const { row } of data.changed as readonly Keyed<TableRows[Name]>[]) {
      const at = this.#places.get(this.keyOf(row));
      if (at !== undefined) this.#rows.set(at, row);
    }
    this.fresh = data.fresh + data.gone.length;
    this.all = data.all;
    // A table that fits the window has nothing that could jump away.
    if (this.fresh > 0 && this.total < PAGE / 2) this.refresh();
    this.changed();
  }
}

const KEYS: { readonly [Name in TableName]: (row: TableRows[Name]) => string } = {
  connections: ({ id }) => id,
  routes: ({ local, remote }) => `${local} ${remote}`,
  proofs: ({ domain, connection }) => `${connection} ${domain}`,
  domains: ({ name }) => name,
};

export function useRows<Name extends TableName>(
  name: Name,
  q: string,
  sort: string,
  window: Window_,
): Rows<TableRows[Name]> {
  const [, redraw] = useReducer((turn: number, _: void) => turn + 1, 0);
  const back = revived.value;
  const book = useMemo(() => new Book(name, q, sort, KEYS[name], redraw as () => void), [name, q, sort]);
  const shown = useRef<Book<Name> | null>(null);
  if (book.loaded) shown.current = book;
  useEffect(() => {
    book.look(window);
    const stop = subscribe(name, () => book.frame(), (frame) => book.hear(frame));
    return () => {
      stop();
      book.close();
    };
  }, [book]);
  useEffect(() => {
    if (back > 0) book.refresh();
  }, [back]);
  useEffect(() => {
    const wait = setTimeout(() => {
      book.look(window);
      renew(name, () => book.frame());
    }, DEBOUNCE_MS);
    return () => clearTimeout(wait);
  }, [book, window.from, window.to]);
  // What was shown stays until the next filter has its first answer. It is known while drawing, not after it: else the rows of
  // the filter before the last one stood there for a moment, and keys were counted against them.
  const last = shown.current;
  if (!book.loaded && last !== null && last.error === null) {
    const { total, all, facets } = last;
    return Object.assign(Object.create(book), {
      total,
      all,
      facets,
      loaded: true,
      dimmed: true,
      at: (index: number) => last.at(index),
    });
  }
  return book;
}
