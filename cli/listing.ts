/** What every listing does alike: ask, show as a table or as the API's JSON, count. */
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { type Column, say, sayJson, styled, table, terminalWidth } from "./terminal.ts";

export interface ListOptions extends ServerOptions {
  readonly limit: number;
  readonly wide?: boolean;
}

/** Rows of `/api/v1/NAME` that hold every word of the filter. */
export async function listing<Row>(
  name: string,
  columns: readonly Column<Row>[],
  filter: readonly string[],
  options: ListOptions,
): Promise<number> {
  const query = new URLSearchParams({ limit: String(options.limit), q: filter.join(" ") });
  const answer = await Client.open(options).ask(`/${name}?${query}`);
  if (options.json) {
    sayJson(answer);
    return EXIT.good;
  }
  const rows: readonly Row[] = answer[name];
  if (rows.length > 0) say(table(columns, rows, options.wide ? Infinity : terminalWidth()));
  const shown = rows.length === answer.total ? `${answer.total}` : `${rows.length} of ${answer.total}`;
  say(styled("dim", `${shown} ${answer.total === 1 ? name.replace(/s$/, "") : name}`));
  return EXIT.good;
}
