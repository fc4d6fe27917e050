/** What may be shown of an element that is no stanza: never its text, so no key, no SASL data, no secret. console.md 2.4. */
import type { Sketch } from "../facts/event.ts";
import type { Element } from "../xml/element.ts";
import { type Declarations, parseElement, parseStartTag } from "../xml/reader.ts";

/** UTF-16 units: what a peer calls its elements is its own choice. */
const LONGEST = 100;

/** What stands for a localpart. */
export type Hide = (localpart: string) => string;

/** @param bytes As it was written. */
export function sketchOf(element: Element, bytes: number, hide: Hide): Sketch {
  return {
    name: cut(element.name),
    ns: cut(element.ns),
    word: wordOf(element),
    from: address(element.attr("from"), hide),
    to: address(element.attr("to"), hide),
    bytes,
  };
}

/** The same of what we have printed ourselves. */
export function sketchOfPrinted(text: string, declared: Declarations, bytes: number, hide: Hide): Sketch {
  const printed = text.replace(/^<\?xml[^>]*\?>\s*/, "");
  const isHeader = printed.startsWith("<stream:stream");
  const element = isHeader ? parseStartTag(printed, declared).element : parseElement(printed, declared);
  return sketchOf(element, bytes, hide);
}

/** What kind of its kind: `type='invalid'`, `mechanism='EXTERNAL'`, else the names of its children. */
function wordOf(element: Element): string | null {
  const said = element.attr("type") ?? element.attr("mechanism");
  if (said !== null) return cut(said);
  const names = element.elements().map(({ name }) => name).join(" ");
  return names === "" ? null : cut(names);
}

/** The resource goes with the localpart: both are somebody's. */
function address(jid: string | null, hide: Hide): string | null {
  if (jid === null) return null;
  const bare = jid.split("/", 1)[0]!;
  const at = bare.indexOf("@");
  return cut(at === -1 ? bare : `${hide(bare.slice(0, at))}@${bare.slice(at + 1)}`);
}

const cut = (text: string): string => text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
