/** A line of the log as `key=value` words. console.md 4.3; https://brandur.org/logfmt. */
import { printableJson } from "./printable.ts";

/** What needs no quotes: neither space nor quote nor "=" nor anything that is not for the eye. */
const BARE = /^[\w.:/@~+*\-<>,;|()[\]]+$/;

export function logfmt(line: Readonly<Record<string, unknown>>): string {
  return Object.entries(line).filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${written(value)}`).join(" ");
}

/** What is deeper than a value is JSON in quotes. */
function written(value: unknown): string {
  const text = typeof value === "object" ? printableJson(value) : String(value);
  return BARE.test(text) ? text : printableJson(text);
}
