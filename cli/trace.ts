/** `verona trace CONNECTION`, `verona trace --pair LOCAL REMOTE`: what happened, live with --follow. console.md 3.1, 3.6. */
import type { EventRow, TraceFile } from "../observe/contract.ts";
import { type Line, sequence, type Start, startOf } from "../observe/sequence.ts";
import { type Lanes, printLine, printMermaid, printOffset, printSaying } from "../observe/trace_text.ts";
import { parseDuration } from "../config/units.ts";
import { printableJson } from "../observe/printable.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { follow } from "./follow.ts";
import { isRead, note, say, sayJson, sayJsonLine } from "./output.ts";
import { inBothForms, shown } from "./shown.ts";
import { styled } from "./terminal.ts";
import { askTrace, openTrace, type Traced } from "./trace_source.ts";

export interface TraceOptions extends ServerOptions {
  readonly pair?: readonly string[];
  readonly follow?: true;
  /** `1m`, `-1m`, or a time. */
  readonly since?: string;
  readonly open?: string;
  readonly export?: string;
}

/** Shows, follows or exports one trace. @param id Of a connection; undefined with `pair` and `open`. */
export async function trace(id: string | undefined, options: TraceOptions): Promise<number> {
  const subject = subjectOf(id, options);
  const since = options.since === undefined ? -Infinity : parseSince(options.since);
  if (subject === null) return show(await openTrace(options.open!), since, options);
  const client = Client.open(options);
  const file = await askTrace(client, subject);
  if (options.follow !== true) return show(file, since, options);
  const screen = new Screen(options.json === true, since, startOf(file.events));
  screen.show(file.events);
  if (file.ended && file.connection !== null) return EXIT.good;
  const last = file.events.at(-1)?.seq ?? 0;
  for await (const events of follow(client, subject, `${file.epoch}-${last}`)) {
    screen.show(events);
    if (!isRead()) break;
  }
  return EXIT.good;
}

/** Null: a file is opened. */
function subjectOf(id: string | undefined, { pair, open, follow, ...rest }: TraceOptions): Traced | null {
  const ways = [id, pair, open].filter((way) => way !== undefined);
  if (ways.length !== 1) throw wrong("Give a connection, or --pair LOCAL REMOTE, or --open FILE");
  if (follow === true && (open !== undefined || rest.export !== undefined)) {
    throw wrong("--follow goes neither with --open nor with --export");
  }
  if (open !== undefined) return null;
  if (id !== undefined) return { connection: id };
  if (pair!.length !== 2) throw wrong("--pair takes two domains, LOCAL and REMOTE");
  return { local: pair![0]!, remote: pair![1]! };
}

const wrong = (message: string) => new CommandFault(EXIT.wrongUse, message, "for example `verona trace c-1`");

/** Milliseconds since the epoch. */
function parseSince(text: string): number {
  const ago = parseDuration(text.replace(/^-/, ""));
  const at = ago === null ? Date.parse(text) : Date.now() - ago;
  if (!Number.isNaN(at)) return at;
  throw new CommandFault(EXIT.wrongUse, `"${text}" is neither a duration such as 5m nor a time`);
}

async function show(file: TraceFile, since: number, options: TraceOptions): Promise<number> {
  if (options.export !== undefined) await exportTo(options.export, file);
  else if (options.json === true) {
    sayJson({
      ...file,
      events: file.events.filter((e) => Date.parse(e.at) >= since),
    });
  } else {
    new Screen(false, since, startOf(file.events)).show(file.events);
    say(styled("dim", shown(summary(file))));
    const others = elsewhere(file);
    if (others !== null) say(styled("dim", shown(others)));
  }
  return EXIT.good;
}

function summary({ events, left, ended, connection, route }: TraceFile): string {
  const what = connection ?? `${route!.local} → ${route!.remote}`;
  const gone = left === 0 ? "" : `, ${left} between the first and the last ones were let go`;
  return `${events.length} events of ${what}${ended ? ", which has ended" : ""}${gone}`;
}

/** Of a pair: what else was said on the connections that it used, or tried, stands in their own traces. */
function elsewhere({ events, route }: TraceFile): string | null {
  if (route === null) return null;
  const ids = [...new Set(events.flatMap(({ connection }) => connection ?? []))].slice(-MOST_NAMED);
  if (ids.length === 0) return null;
  const all = ids.length === 1 ? "" : ` (and ${ids.slice(0, -1).join(", ")})`;
  return `verona trace ${ids.at(-1)} shows all that was said on its connection${all}`;
}

const MOST_NAMED = 8;

/** Lines as they come. */
class Screen {
  constructor(readonly json: boolean, readonly since: number, private start: Start) {}

  show(events: readonly EventRow[]): void {
    if (this.json) {
      for (const event of events) if (Date.parse(event.at) >= this.since) sayJsonLine(event);
      return;
    }
    if (Number.isNaN(this.start.began)) this.start = startOf(events);
    const { began, encrypted } = this.start;
    for (const line of sequence(events, this.start)) {
      if (began + line.tMs >= this.since) say(printStyled(line));
    }
    const secured = events.some(({ type }) => type === "connection.secured");
    this.start = { began, encrypted: encrypted || secured };
  }
}

const WIDTH = 72;

function printStyled(line: Line): string {
  const saying = inBothForms(printSaying(line));
  const text = line.ok ? saying : styled("red", saying);
  const states = line.states.length === 0
    ? ""
    : `${" ".repeat(Math.max(2, WIDTH - saying.length))}${styled("dim", shown(line.states.join("; ")))}`;
  return `${styled("dim", printOffset(line.tMs).padStart(9))}  ${text}${states}`;
}

/** By the ending of the name: `.json`, `.mmd`, `.txt`. */
async function exportTo(path: string, file: TraceFile): Promise<void> {
  await Deno.writeTextFile(path, printAs(path, file)).catch((error) => {
    if (error instanceof CommandFault) throw error;
    throw new CommandFault(EXIT.wrongUse, `Cannot write ${path}: ${error.message}`);
  });
  note(`${path}: ${summary(file)}`);
}

function printAs(path: string, file: TraceFile): string {
  if (path.endsWith(".json")) return printableJson(file, 1) + "\n";
  const lines = sequence(file.events);
  if (path.endsWith(".mmd")) return printMermaid(lines, lanesOf(file));
  if (path.endsWith(".txt")) return lines.map((line) => printLine(line) + "\n").join("");
  throw new CommandFault(EXIT.wrongUse, `Cannot tell the format of ${path}`, "end it in .json, .mmd or .txt");
}

function lanesOf({ row, route }: TraceFile): Lanes {
  const local = row?.local ?? route?.local ?? "this server";
  return { local, peer: row?.remote ?? row?.peer ?? route?.remote ?? "peer" };
}
