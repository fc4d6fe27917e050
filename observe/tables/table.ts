/** One table of the API: where its rows come from, what they can be asked by, how they are printed. */
import type { TableName, TableRows } from "../contract.ts";
import type { Source, Sources } from "../live.ts";
import type { FieldsOf } from "./field.ts";
import type { Query } from "./query.ts";

export interface Table<Live, Row> {
  readonly name: TableName;
  readonly fields: FieldsOf<Live>;
  readonly source: (sources: Sources) => Source<Live>;
  readonly print: (row: Live) => Row;
  /** Rows that are gone are looked at too by who asks for this. */
  readonly past?: {
    readonly field: string;
    readonly value: string;
    /** They are few, and stand in every list. */
    readonly always?: boolean;
  };
}

/** With the types of its rows left open. */
// deno-lint-ignore no-explicit-any -- the list of tables is the one place where their rows do not matter
export type AnyTable = Table<any, TableRows[TableName]>;

/** Whether the query asks for what is gone. */
export function reachesBack<Live, Row>({ past }: Table<Live, Row>, query: Query<Live>): boolean {
  return past?.always === true || past !== undefined &&
      query.some(({ field, negated, value }) =>
        field === past.field && !negated && value.toLowerCase() === past.value
      );
}

/** Whether a row is one of those that are gone. */
export function isPast<Live, Row>({ past, fields }: Table<Live, Row>, row: Live): boolean {
  const field = past === undefined ? undefined : fields[past.field];
  return field?.kind === "word" && field.read(row) === past?.value;
}

export const iso = (ms: number | null): string | null => ms === null ? null : new Date(ms).toISOString();
