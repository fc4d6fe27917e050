/** Peers' words on their way to a terminal or a log file: nothing in them may move a cursor or turn a line around. */

/** Controls, line and paragraph separators, what changes the direction of text, what takes no room or fills it unseen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The same text with a "?" for each character that is not for the eye (console.md 2.4). */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "?");
}

/** JSON that is safe to show: what {@link printable} would replace stands there as an escape. */
export function printableJson(value: unknown, indent?: number): string {
  // Between tokens JSON.stringify puts only spaces and line feeds, and inside strings it has escaped those.
  return JSON.stringify(value, null, indent).replace(
    UNPRINTABLE,
    (c) => c === "\n" ? c : c.split("").map(escaped).join(""),
  );
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
