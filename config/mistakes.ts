/** What is wrong with a configuration, and how it is said. console.md 3.4. */
import type { TomlError } from "smol-toml";
import { excerpt } from "./excerpt.ts";
import { locate } from "./locate.ts";

/** One thing wrong. `line`, `column` and `excerpt` are null when it is not in the file (environment, or missing). */
export interface Mistake {
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string;
  readonly message: string;
  /** The line itself, and marks under the place. */
  readonly excerpt: readonly [line: string, marks: string] | null;
}

/** The key of a mistake in the writing itself: the reader stops there. */
export const SYNTAX = "TOML";

/** One that no line of the file shows. */
export function elsewhere(key: string, message: string): Mistake {
  return { line: null, column: null, key, message, excerpt: null };
}

/** At the key, or at the nearest table that is written there. */
export function at(text: string, path: readonly PropertyKey[], message: string): Mistake {
  const [place, key] = [locate(text, path), path.map(String).join(".")];
  if (place === null) return elsewhere(key, message);
  const { line, column } = place;
  // A path is no secret, though what is said of it may speak of the one that belongs into the file.
  const about = key.endsWith("_file") ? key : `${key} ${message}`;
  return { line, column, key, message, excerpt: excerpt(text, place, about) };
}

/** The reader of TOML stops at the first: what stands behind it nobody has seen. */
export function syntax(text: string, error: TomlError): Mistake {
  const [message] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
  const place = { line: error.line, column: error.column, length: 1 };
  return {
    line: place.line,
    column: place.column,
    key: SYNTAX,
    message: message!,
    excerpt: excerpt(text, place, ""),
  };
}

/** One line per mistake, as `run` and a reload print them. */
export function printMistakes(file: string, mistakes: readonly Mistake[]): string {
  return mistakes.map((mistake) => printMistake(file, mistake)).join("\n");
}

export function printMistake(file: string, { line, key, message }: Mistake): string {
  return `${file}${line === null ? "" : `:${line}`}: ${key === file ? "" : `${key}: `}${message}`;
}
