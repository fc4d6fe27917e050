/** What every listing does alike: ask, show as a table or as the API's JSON, count; once, or again and again. console.md 3.3. */
import { setTimeout as delay } from "node:timers/promises";
import { nearestWord } from "../config/nearest.ts";
import type { ListAnswer, TableName } from "../observe/contract.ts";
import { LISTS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { isRead, say, sayJson, sayJsonLine } from "./output.ts";
import { type Column, styled, table, terminalHeight, terminalWidth } from "./terminal.ts";
import { leniently } from "./which_server.ts";

export interface ListOptions extends ServerOptions {
  readonly limit: number;
  readonly wide?: boolean;
  readonly columns?: readonly string[];
  readonly sort?: string;
  readonly watch?: boolean;
  /** Seconds between two looks. */
  readonly every: number;
}

/** A column that can be asked for by its id; `extra` ones are not shown otherwise. */
export interface ListColumn<Row> extends Column<Row> {
  readonly id: string;
  readonly extra?: true;
}

/** Rows of `/api/v1/NAME` that the filter leaves. */
export async function listing<Row>(
  name: TableName,
  columns: readonly ListColumn<Row>[],
  filter: readonly string[],
  options: ListOptions,
): Promise<number> {
  const wanted = options.columns ?? leniently(options.config)?.columns[name];
  const shown = chosen(columns, wanted);
  const query = new URLSearchParams({ limit: String(options.limit), q: filter.join(" ") });
  if (options.sort !== undefined) query.set("sort", options.sort);
  const client = Client.open(options);
  const look = (): Promise<ListAnswer & Record<string, readonly Row[]>> =>
    client.ask(LISTS[name], `/${name}?${query}`);
  if (options.watch) return await watch(name, shown, look, options);
  print(name, shown, await look(), options);
  return EXIT.good;
}

function chosen<Row>(
  columns: readonly ListColumn<Row>[],
  wanted: readonly string[] | undefined,
): readonly ListColumn<Row>[] {
  if (wanted === undefined) return columns.filter(({ extra }) => extra !== true);
  return wanted.map((id) => {
    const found = columns.find((column) => column.id === id.toLowerCase());
    if (found !== undefined) return found;
    const ids = columns.map((column) => column.id);
    const near = nearestWord(id, ids);
    const next = near === null ? `there are ${ids.join(", ")}` : `did you mean "${near}"?`;
    throw new CommandFault(EXIT.wrongUse, `there is no column "${id}"`, next);
  });
}

function print<Row>(
  name: string,
  columns: readonly ListColumn<Row>[],
  answer: ListAnswer & Record<string, readonly Row[]>,
  { json, wide }: ListOptions,
): void {
  if (json) return sayJson(answer);
  say(inWords(name, columns, answer[name]!, answer, wide ? Infinity : terminalWidth()));
}

function inWords<Row>(
  name: string,
  columns: readonly ListColumn<Row>[],
  rows: readonly Row[],
  { total, all }: ListAnswer,
  width: number,
): string {
  const lines = rows.length > 0 ? [table(columns, rows, width)] : [];
  const what = all === 1 ? name.replace(/s$/, "") : name;
  return [...lines, styled("dim", `${count(rows.length, total, all)} ${what}`)].join("\n");
}

/** "3", "2 of 10 001", or "500 shown, 2 000 of 10 001". */
function count(shown: number, total: number, all: number): string {
  const group = (number: number) => String(number).replace(/\B(?=(\d{3})+$)/g, " ");
  const matching = total === all ? group(total) : `${group(total)} of ${group(all)}`;
  return shown === total ? matching : `${group(shown)} shown, ${matching}`;
}

/** Until Ctrl-C, or until nobody reads it: on a terminal the table stays where it is, elsewhere one stands below the other; JSON a line each. */
async function watch<Row>(
  name: string,
  columns: readonly ListColumn<Row>[],
  look: () => Promise<ListAnswer & Record<string, readonly Row[]>>,
  { json, wide, every }: ListOptions,
): Promise<number> {
  const screen = !json && Deno.stdout.isTerminal();
  while (isRead()) {
    const answer = await look();
    if (json) sayJsonLine(answer);
    else {
      const rows = answer[name]!.slice(0, screen ? Math.max(1, terminalHeight() - 3) : undefined);
      const text = inWords(name, columns, rows, answer, wide ? Infinity : terminalWidth());
      say(screen ? `\x1b[H\x1b[J${text}` : `${styled("dim", answer.now)}\n${text}\n`);
    }
    await delay(every * 1000);
  }
  return EXIT.good;
}
