/** How answers look: colours where they are wanted, tables cut to the terminal. console.md 3.3. */
import { styleText } from "node:util";
import { cells } from "../config/cells.ts";
import { isColoured } from "./output.ts";
import { shown } from "./shown.ts";

type Style = Parameters<typeof styleText>[0];

/** Coloured where that is wanted (console.md 3.3). */
export function styled(style: Style, text: string): string {
  return isColoured() ? styleText(style, text, { validateStream: false }) : text;
}

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number | null;
  readonly style?: (row: Row) => Style | null;
}

/** Columns of the terminal; no bound when stdout is a pipe, so that nothing is lost in one. */
export function terminalWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/** Lines of the terminal; no bound when stdout is a pipe. */
export function terminalHeight(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().rows : Infinity;
}

/** A table without borders, two spaces between columns, numbers to the right, no line wider than `width`. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const texts = rows.map((row) => columns.map(({ cell }) => shown(String(cell(row) ?? "-") || "-")));
  const titles = columns.map(({ title }) => shown(title));
  const widths = fit(
    titles.map((title, i) => longest([title, ...texts.map((line) => line[i]!)])),
    width,
  );
  const numeric = columns.map(({ cell }) =>
    rows.length > 0 && rows.every((r) => typeof cell(r) === "number")
  );
  const place = (text: string, i: number) => pad(cut(text, widths[i]!), widths[i]!, numeric[i]!);
  const line = (row: readonly string[]) => row.map(place);
  const header = line(titles).join("  ").trimEnd();
  const body = rows.map((row, n) =>
    line(texts[n]!).map((text, i) => {
      const style = columns[i]!.style?.(row) ?? null;
      return style === null ? text : styled(style, text);
    }).join("  ").trimEnd()
  );
  return [styled("bold", header), ...body].join("\n");
}

const longest = (texts: readonly string[]): number => Math.max(...texts.map(cells));

/** The widest columns give way first; none below this, whatever the terminal. */
const NARROWEST = 8;

function fit(widths: readonly number[], width: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, w) => sum + w + 2, -2) - width;
  while (excess > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if (fitted[widest]! <= NARROWEST) break;
    fitted[widest]!--;
    excess--;
  }
  return fitted;
}

function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (cells(kept + character) > width - 1) break;
    kept += character;
  }
  return kept + "…";
}

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - cells(text)));
  return right ? space + text : text + space;
}

/** How long until a time of the API; null when there is none. */
export function ahead(at: string | null): string | null {
  return at === null ? null : span(Date.parse(at) - Date.now());
}

/** "12 s", "3 h", "5 d": how long ago or ahead a time stands. */
export function span(ms: number): string {
  const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  for (const [unit, name] of units) {
    if (Math.abs(ms) >= unit) return `${Math.floor(Math.abs(ms) / unit)} ${name}`;
  }
  return "0 s";
}

/** "16 ms", "3.1 s": how long something took. */
export function lasted(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** At most `width` characters a line, the further ones set in as far as the text begins. */
export function wrapped(before: string, text: string, width: number): string {
  const lines = [before];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!, fits = [...line].length + [...word].length < width;
    if (fits || line.length <= before.length) {
      lines[lines.length - 1] = line === before ? line + word : `${line} ${word}`;
    } else lines.push(" ".repeat(before.length) + word);
  }
  return lines.join("\n");
}
