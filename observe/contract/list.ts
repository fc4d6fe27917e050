/** What every list of `/api/v1` answers alike. design.md 2.4; console.md 2.3. */

/** How many rows have one value of a field; of the rows that would match without the terms for that very field. */
export interface Facet {
  readonly value: string;
  readonly count: number;
}

/** Beside the rows, which stand under the name of the list: `{"connections": [...], "total": 1, ...}`. */
export interface ListAnswer {
  /** Which start of the server answers: cursors and event ids of another one mean nothing. */
  readonly epoch: string;
  readonly now: string;
  /** Rows that match `q`. */
  readonly total: number;
  /** Rows of the whole table. */
  readonly all: number;
  /** Give it back as `cursor`; it is the number of rows up to here. Null at the end. */
  readonly next: string | null;
  /** By field, most frequent first. */
  readonly facets: Readonly<Record<string, readonly Facet[]>>;
  readonly tookMs: number;
}

/** What the page may filter and sort a table by, for suggestions. `GET /api/v1/fields`. */
export interface FieldDescription {
  readonly key: string;
  /** `word`: one of `values`; `age` and `ahead`: `>1h`, `<5m`; `number`: `>10`; `text` and `texts`: with `*`. */
  readonly kind: "text" | "texts" | "word" | "number" | "age" | "ahead";
  /** What it may be, when that is a closed set. */
  readonly values: readonly string[] | null;
  readonly sortable: boolean;
  readonly about: string;
}

/** By the name of the table. */
export type Fields = Readonly<Record<string, readonly FieldDescription[]>>;
