/** Peers' words on their way to a terminal or a log file: nothing in them may move a cursor or turn a line around. */

/** C0, DEL, C1, line and paragraph separators, and what changes the direction of text. */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The same text with a "?" for each character that is not for the eye (console.md 2.4). */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "?");
}

/** JSON that is safe to show: what {@link printable} would replace stands there as an escape. */
export function printableJson(value: unknown, indent?: number): string {
  // Between tokens JSON.stringify puts only spaces and line feeds, and inside strings it has escaped those.
  return JSON.stringify(value, null, indent).replace(
    UNPRINTABLE,
    (c) => c === "\n" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
