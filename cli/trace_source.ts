/** Where a trace comes from: the running server, or a file that was exported. */
import type { EventList, TraceFile } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import type { Client } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";

/** One connection, or one pair. */
export type Traced = { readonly connection: string } | { readonly local: string; readonly remote: string };

export const pathOf = (traced: Traced): string =>
  "connection" in traced
    ? `/connections/${encodeURIComponent(traced.connection)}`
    : `/routes/${encodeURIComponent(traced.local)}/${encodeURIComponent(traced.remote)}`;

export async function askTrace(client: Client, traced: Traced): Promise<TraceFile> {
  const list: EventList = await client.ask(ANSWERS.events, `${pathOf(traced)}/events`);
  const isConnection = "connection" in traced;
  // A closed one may have left the table already, and its trace not.
  const row = isConnection ? await client.ask(ANSWERS.connection, pathOf(traced)).catch(() => null) : null;
  const { epoch, ended, left, events } = list;
  return {
    schema: SCHEMA,
    exportedAt: new Date().toISOString(),
    epoch,
    connection: isConnection ? traced.connection : null,
    route: isConnection ? null : traced,
    row,
    ended,
    left,
    events,
  };
}

const SCHEMA = "verona.trace/1";

/** @throws {CommandFault} When it is no trace. */
export async function openTrace(path: string): Promise<TraceFile> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new CommandFault(EXIT.wrongUse, `Cannot read ${path}: ${error.message}`);
  });
  const file = parse(text);
  if (isTrace(file)) return file;
  throw new CommandFault(
    EXIT.wrongUse,
    `${path} is no trace of schema ${SCHEMA}`,
    "`verona trace c-1 --export FILE.json` writes one",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isTrace(file: unknown): file is TraceFile {
  if (typeof file !== "object" || file === null) return false;
  const { schema, events, connection, route } = file as Partial<Record<keyof TraceFile, unknown>>;
  const named = typeof connection === "string" || (typeof route === "object" && route !== null);
  return schema === SCHEMA && named && Array.isArray(events) && events.every(isEvent);
}

function isEvent(event: unknown): boolean {
  const { seq, at, type } = (event ?? {}) as Record<string, unknown>;
  return typeof seq === "number" && typeof type === "string" && !Number.isNaN(Date.parse(String(at)));
}
