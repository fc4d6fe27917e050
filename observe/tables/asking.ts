/** What may be asked of a table, read and checked. */
import { Problem } from "../problem.ts";
import { type FieldsOf, findField, isSortable } from "./field.ts";
import { parseQuery, type Query } from "./query.ts";
import type { Sort, Window } from "./keep.ts";
import type { Table } from "./table.ts";

export interface Asked<Live> {
  readonly query: Query<Live>;
  /** Null: as they come. */
  readonly sort: Sort<Live> | null;
  readonly window: Window;
}

const MAX_QUERY = 1000;

/** @param sort A field's name, with a `-` before it from the largest down. @throws {Problem} 400 */
export function readAsked<Live, Row>(
  { fields }: Table<Live, Row>,
  { q, sort, window }: { q: string; sort: string; window: Window },
): Asked<Live> {
  if (q.length > MAX_QUERY) {
    throw new Problem(400, "api.query", "the filter is too long", `at most ${MAX_QUERY} characters`);
  }
  return { query: parseQuery(q, fields), sort: sort === "" ? null : readSort(fields, sort), window };
}

function readSort<Live>(fields: FieldsOf<Live>, text: string): Sort<Live> {
  const descending = text.startsWith("-");
  const [, field] = findField(fields, descending ? text.slice(1) : text) ?? [];
  if (field === undefined || !isSortable(field) || field.kind === "texts") {
    const keys = Object.entries(fields).filter(([, one]) => isSortable(one)).map(([key]) => key);
    throw new Problem(400, "api.query", "the rows cannot be sorted by that", `there are ${keys.join(", ")}`);
  }
  // The youngest is the one that began last.
  return { descending: field.kind === "age" ? !descending : descending, read: field.read };
}
