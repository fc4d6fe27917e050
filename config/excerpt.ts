/** A line of the configuration with marks under the place: never what a secret is. console.md 3.4. */
import { cells } from "./cells.ts";
import type { Place } from "./locate.ts";

/** Of a long line, so much. */
const WIDTH = 76;
/** So much of it stands before the place. */
const BEFORE = 24;
const HIDDEN = "(hidden)";
/** A key that holds one, or what somebody may have called it; the name of a file is none. */
const SECRET = /(?:secret|sercet|passw|token)(?!\w*_file)/i;

/**
 * The line at `place` and the marks under it.
 *
 * @param about What is said of it: where that speaks of a secret, the line's value is hidden.
 */
export function excerpt(text: string, place: Place, about: string): readonly [line: string, marks: string] {
  const lines = text.split(/\r\n|\n|\r/);
  const line = withoutSecrets(lines.slice(0, place.line - 1).join("\n"), lines[place.line - 1] ?? "", about);
  const column = Math.min(place.column, line.length + 1);
  const length = Math.max(1, Math.min(place.length, line.length - column + 1));
  const from = line.length <= WIDTH ? 0 : Math.max(0, column - 1 - BEFORE);
  const [head, tail] = [from > 0 ? "…" : "", from + WIDTH < line.length ? "…" : ""];
  const shown = head + line.slice(from, from + WIDTH) + tail;
  const marked = line.slice(column - 1, column - 1 + length).slice(0, WIDTH - (column - 1 - from));
  return [
    shown.replaceAll("\t", " "),
    " ".repeat(cells(head + line.slice(from, column - 1))) + "^".repeat(Math.max(1, cells(marked))),
  ];
}

/** A file by its name: no secret, though secrets/ may be where it lies. */
const PATH = /^\s*[\w-]+_file\s*=\s*(?:"[^"]*"|'[^']*')/;

function withoutSecrets(before: string, line: string, about: string): string {
  if (insideSecret(before)) return HIDDEN;
  const [path = ""] = SECRET.test(about) ? [] : PATH.exec(line) ?? [];
  return path + secretHidden(line.slice(path.length), about);
}

function secretHidden(line: string, about: string): string {
  const equals = SECRET.test(about)
    ? line.indexOf("=")
    : line.indexOf("=", SECRET.exec(line)?.index ?? line.length);
  if (equals >= 0) return `${line.slice(0, equals + 1)} ${HIDDEN}`;
  // It names one, and is cut off: nothing says where the secret begins.
  const named = SECRET.exec(line);
  return named === null ? line : line.slice(0, named.index + named[0].length);
}

/** What begins such a value that goes on over the lines: a long text or a list. */
const LONG_SECRET = new RegExp(`${SECRET.source}[^\\n=]*=\\s*("""|'''|\\[)`, "gi");

/** Whether a text of several lines that holds a secret has not ended yet. */
function insideSecret(before: string): boolean {
  const open = [...before.matchAll(LONG_SECRET)].at(-1);
  if (open === undefined) return false;
  const end = open[1] === "[" ? "]" : open[1]!;
  return !before.slice(open.index + open[0].length).includes(end);
}
