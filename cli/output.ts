/** Where words go: the answer to stdout, notes and progress to stderr. A reader that went away is no fault. console.md 3.1, 3.3. */
import process from "node:process";
import { reasonOf } from "../config/files.ts";
import { printable, printableJson } from "../observe/printable.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";

/** How this run may look; set once, before its command begins. */
export interface Manners {
  /** `--no-color`. */
  readonly plain: boolean;
  /** `--ascii`. */
  readonly ascii: boolean;
  /** `--quiet`: the answer alone. */
  readonly quiet: boolean;
}

let manners: Manners = { plain: false, ascii: false, quiet: false };

export function behave(wanted: Manners): void {
  manners = wanted;
}

/** Whether answers are coloured. */
export function isColoured(): boolean {
  return !manners.plain && wantsColour(process.env, Deno.stdout.isTerminal());
}

/** FORCE_COLOR wins, then NO_COLOR and TERM=dumb; else a terminal is coloured and nothing else. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal && !NO_COLOR && TERM !== "dumb";
}

/** Whether the reader's locale has more than ASCII. */
export function speaksUtf8(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return !manners.ascii && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
}

const ASCII: Readonly<Record<string, string>> = {
  "…": "~",
  "→": "->",
  "✗": "x",
  "✓": "+",
  "≤": "<=",
  "≥": ">=",
};

/** Our own marks in ASCII; names stay as they are. */
export function inLocale(text: string): string {
  return speaksUtf8() ? text : text.replace(/[…→✗✓≤≥]/g, (mark) => ASCII[mark]!);
}

const encoder = new TextEncoder();
let gone = false;

/** Whether anybody still reads the answer: `| head` has had enough. Ask before going on for ever. */
export function isRead(): boolean {
  return !gone;
}

/** The answer, whole lines. */
export function say(text: string): void {
  write(`${inLocale(text)}\n`);
}

/** A line as it is, for another program. */
export function sayLine(text: string): void {
  write(`${text}\n`);
}

/** Data: nothing in it is changed for the locale's sake. */
export function sayJson(value: unknown): void {
  write(`${printableJson(value, 2)}\n`);
}

/** The same in one line, for what goes on. */
export function sayJsonLine(value: unknown): void {
  write(`${printableJson(value)}\n`);
}

function write(text: string): void {
  hush();
  if (gone) return;
  try {
    writeAll(Deno.stdout, text);
  } catch (error) {
    gone = true;
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new CommandFault(
      EXIT.couldNotTell,
      `the answer cannot be written: ${reasonOf(error)}`,
      "make room where it goes",
    );
  }
}

/** Beside the answer: what was done. */
export function note(text: string): void {
  if (manners.quiet) return;
  complain(inLocale(printable(text)));
}

/**
 * Whole lines to stderr. Where they cannot be written, as on a full disk, work and exit code stay what they are.
 *
 * Not by console.error: Deno's exporter would take it for a log line (OTEL_DENO).
 */
export function complain(text: string): void {
  hush();
  writeBeside(`${text}\n`);
}

function writeBeside(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch {
    // This was the place to say so.
  }
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
}

let line = "";

/** What goes on just now: one line on a terminal that is written over, nothing anywhere else. */
export function progress(text: string): void {
  if (manners.quiet || !Deno.stderr.isTerminal() || process.env.TERM === "dumb") return;
  const width = Deno.consoleSize().columns - 1;
  line = [...inLocale(printable(text))].slice(0, width).join("");
  writeBeside(`\r\x1b[K${line}`);
}

/** Takes the line away again. */
export function hush(): void {
  if (line === "") return;
  line = "";
  clearLine();
}

/** Whatever stands in the line of the terminal: what it echoed, `^C`, is no part of any answer. */
export function clearLine(): void {
  if (Deno.stderr.isTerminal()) writeBeside("\r\x1b[K");
}
