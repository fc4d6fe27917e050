/** `*` in names. Names are kept in U-labels; A-labels are understood too. No regular expression is made of what comes from outside. */
import { AddressFault, parseDomain } from "../../xmpp/domain.ts";

/** Whether a text is the pattern; both are in lower case. */
export function glob(pattern: string): (text: string) => boolean {
  const parts = readable(pattern).split("*");
  if (parts.length === 1) return (text) => text === parts[0];
  const [first, last, middle] = [parts[0]!, parts.at(-1)!, parts.slice(1, -1).filter((part) => part !== "")];
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of middle) {
      const at = text.indexOf(part, from);
      if (at === -1 || at + part.length > end) return false;
      from = at + part.length;
    }
    return true;
  };
}

/** A bare word: found anywhere; with a `*` it is a pattern. */
export function holding(word: string): (text: string) => boolean {
  if (word.includes("*")) return glob(word);
  const wanted = readable(word);
  return (text) => text.includes(wanted);
}

/** Whole labels that are A-labels, as the tables have them. */
function readable(pattern: string): string {
  if (!pattern.includes("xn--")) return pattern;
  return pattern.split(".").map((label) => /^xn--[a-z0-9-]+$/.test(label) ? unicode(label) : label).join(".");
}

function unicode(label: string): string {
  try {
    return parseDomain(label);
  } catch (error) {
    if (error instanceof AddressFault) return label;
    throw error;
  }
}
