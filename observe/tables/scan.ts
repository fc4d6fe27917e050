/** Looks at every row of a table, counts what matches, and keeps what is asked for. console.md 2.3. */
import type { Facet } from "../contract.ts";
import type { Source } from "../live.ts";
import { isCounted } from "./field.ts";
import { keeper, type Sort, type Window } from "./keep.ts";
import type { Rest } from "./pace.ts";
import type { Query, Term } from "./query.ts";
import { isPast, reachesBack, type Table } from "./table.ts";

export interface Found<Live> {
  readonly rows: readonly Live[];
  readonly total: number;
  readonly all: number;
  readonly facets: Readonly<Record<string, readonly Facet[]>>;
}

export async function scan<Live, Row>(
  table: Table<Live, Row>,
  source: Source<Live>,
  asked: { readonly query: Query<Live>; readonly sort: Sort<Live> | null; readonly window: Window },
  now: number,
  rest: Rest,
): Promise<Found<Live>> {
  const { query, sort, window } = asked;
  if (query.length === 0 && sort === null) {
    const known = source.counted();
    if (Object.keys(known).length > 0) return await leaf(source, known, window, rest);
  }
  const back = reachesBack(table, query);
  const tally = new Tally(table);
  const kept = keeper(sort, window, source.size);
  let [total, all] = [0, 0];
  for (const row of back ? both(source) : source.rows()) {
    if ((++all & 15) === 0 && rest.due) await rest.take();
    const failing = judge(query, row, now);
    tally.count(row, failing);
    if (failing !== null) continue;
    kept.offer(row, total++);
  }
  return { rows: await kept.rows(rest), total, all, facets: tally.facets() };
}

/** Nothing is asked but some rows as they come: no other one is looked at. */
async function leaf<Live>(
  source: Source<Live>,
  known: ReturnType<Source<Live>["counted"]>,
  { from, to }: Window,
  rest: Rest,
): Promise<Found<Live>> {
  const rows: Live[] = [];
  let at = 0;
  for (const row of source.rows()) {
    if (at >= to) break;
    if (at >= from) rows.push(row);
    if ((++at & 63) === 0 && rest.due) await rest.take();
  }
  const facets = Object.fromEntries(
    Object.entries(known).map(([field, counts]) => [
      field,
      sorted(Object.entries(counts).map(([value, count]) => ({ value, count }))),
    ]),
  );
  return { rows, total: source.size, all: source.size, facets };
}

function* both<Live>(source: Source<Live>): Iterable<Live> {
  yield* source.rows();
  yield* source.past();
}

const SEVERAL = Symbol("several");
/** Null: it matches. Else the one field whose terms alone fail it, null for bare words, or that there are several. */
type Failing = { readonly by: string | null | typeof SEVERAL } | null;

function judge<Live>(query: Query<Live>, row: Live, now: number): Failing {
  let failing: Term<Live> | null = null;
  for (const term of query) {
    if (term.test(row, now)) continue;
    if (failing !== null && failing.field !== term.field) return { by: SEVERAL };
    failing = term;
  }
  return failing === null ? null : { by: failing.field };
}

/** Whether a row is one of those that are asked for: one that is gone only by who asks for such. */
export function belongs<Live, Row>(
  table: Table<Live, Row>,
  query: Query<Live>,
  row: Live,
  now: number,
): boolean {
  return judge(query, row, now) === null && (!isPast(table, row) || reachesBack(table, query));
}

/** Facets: of each counted field, what there would be without the terms for that very field. */
class Tally<Live, Row> {
  readonly #fields: readonly {
    readonly key: string;
    readonly read: (row: Live) => string | null;
    readonly counts: Map<string, { value: string; count: number }>;
  }[];

  constructor({ fields }: Table<Live, Row>) {
    this.#fields = Object.entries(fields).filter(([, field]) => isCounted(field)).map(([key, field]) => ({
      key,
      read: field.read as (row: Live) => string | null,
      counts: new Map(),
    }));
  }

  count(row: Live, failing: Failing): void {
    if (failing?.by === SEVERAL) return;
    for (const { key, read, counts } of this.#fields) {
      if (failing !== null && failing.by !== key) continue;
      const value = read(row);
      if (value === null) continue;
      const known = counts.get(value);
      if (known === undefined) counts.set(value, { value, count: 1 });
      else known.count++;
    }
  }

  facets(): Record<string, Facet[]> {
    return Object.fromEntries(this.#fields.map(({ key, counts }) => [key, sorted([...counts.values()])]));
  }
}

/** Values of a facet that are told. */
const MOST_VALUES = 50;

function sorted(facets: readonly Facet[]): Facet[] {
  return facets.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count).slice(0, MOST_VALUES);
}
