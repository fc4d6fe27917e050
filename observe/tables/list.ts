/** The answer to a list, row by row, so that no answer holds up what else is under way. */
import type { ListAnswer } from "../contract.ts";
import type { Sources } from "../live.ts";
import type { Asked } from "./asking.ts";
import type { Rest } from "./pace.ts";
import { type Found, scan } from "./scan.ts";
import type { AnyTable } from "./table.ts";

/** JSON of the rows of a window, and of the rest of the answer. */
export interface Printed {
  readonly rows: readonly { readonly key: string; readonly json: string; readonly row: unknown }[];
  readonly found: Found<unknown>;
  readonly tookMs: number;
}

export async function lookUp(
  table: AnyTable,
  sources: Sources,
  asked: Asked<unknown>,
  now: number,
  rest: Rest,
): Promise<Printed> {
  const began = performance.now();
  const source = table.source(sources);
  const found = await scan(table, source, asked, now, rest);
  const rows: { key: string; json: string; row: unknown }[] = [];
  for (const row of found.rows) {
    const there = source.again(row);
    if (there !== null) {
      rows.push({ key: source.key(there), json: JSON.stringify(table.print(there)), row: there });
    }
    if (rest.due) await rest.take();
  }
  return { rows, found, tookMs: Math.round((performance.now() - began) * 10) / 10 };
}

/** The text of `GET /api/v1/<name>`. */
export function printList(
  name: string,
  { rows, found, tookMs }: Printed,
  { window }: Asked<unknown>,
  about: { readonly epoch: string; readonly now: string },
): string {
  const { total, all, facets } = found;
  const seen = Math.min(window.to, total);
  const answer: ListAnswer = {
    ...about,
    total,
    all,
    next: seen < total ? String(seen) : null,
    facets,
    tookMs,
  };
  return `{"${name}":[${rows.map(({ json }) => json).join(",")}],${JSON.stringify(answer).slice(1)}\n`;
}
