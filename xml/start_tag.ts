/**
 * Reads a start tag by itself, however large it is and whatever it holds: values are passed over, not looked into, and
 * only those that somebody wants are kept (docs/decisions/0170-plain-elements.md).
 */
import type { Tree } from "./plain.ts";

const NAME = /[^ \t\r\n<>/='"]+/y;
const SPACE = /[ \t\r\n]*/y;

/** @returns Without children; null when the text, which has passed the framer, does not begin with a start tag. */
export function readStartTag(text: string, isWanted: (attribute: string) => boolean): Tree | null {
  const name = /^<[^!?]/.test(text) ? match(NAME, text, 1) : "";
  if (name === "") return null;
  const attributes: [name: string, value: string][] = [];
  for (let at = 1 + name.length;;) {
    at = behindSpace(text, at);
    const attribute = match(NAME, text, at);
    if (attribute === "") return isEnd(text, at) ? { name, attributes, children: [] } : null;
    const equals = behindSpace(text, at + attribute.length);
    const start = behindSpace(text, equals + 1) + 1;
    const quote = text[start - 1];
    if (text[equals] !== "=" || (quote !== '"' && quote !== "'")) return null;
    const end = text.indexOf(quote, start);
    if (end < 0) return null;
    if (isWanted(attribute)) attributes.push([attribute, text.slice(start, end)]);
    at = end + 1;
  }
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function behindSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

const isEnd = (text: string, at: number): boolean => text[at] === ">" || text.startsWith("/>", at);
