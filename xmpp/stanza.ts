/** Stanzas by their start tag: kind, sender, target. RFC 6120 8.1; protocol.md 4.11. */
import type { Element } from "../xml/element.ts";
import { parseStartTag, type StartTag, XmlFault } from "../xml/reader.ts";
import { type ContentNamespace, DECLARED } from "./namespaces.ts";

/** The framer's numbers are their places here plus one (`native/src/xml`). */
export const STANZA_KINDS = ["message", "presence", "iq"] as const;
export type StanzaKind = typeof STANZA_KINDS[number];

/** The framer's codes are their places here: 0 for no `type` and for "normal", the last for all others. */
export const STANZA_TYPES = [
  "none",
  "get",
  "set",
  "result",
  "error",
  "chat",
  "groupchat",
  "headline",
  "subscribe",
  "subscribed",
  "unsubscribe",
  "unsubscribed",
  "probe",
  "unavailable",
  "other",
] as const;
export type StanzaType = typeof STANZA_TYPES[number];

/** A stanza's start tag; addresses as they are written. */
export interface StanzaHead {
  readonly kind: StanzaKind;
  readonly from: string | null;
  readonly to: string | null;
  readonly id: string | null;
  readonly type: StanzaType;
  readonly lang: string | null;
}

/**
 * Reads a stanza's start tag; what follows it is not looked at.
 *
 * @param declared What the stream's header declares.
 * @returns Null when it is no stanza of this stream.
 */
export function parseStanzaHead(
  stanza: string,
  content: ContentNamespace,
  declared = DECLARED[content],
): StanzaHead | null {
  const element = startTag(stanza, declared)?.element;
  return element === undefined ? null : stanzaHead(element, content);
}

/** The head of a stanza that is an element already; null when it is no stanza of such a stream. */
export function stanzaHead(element: Element, content: ContentNamespace): StanzaHead | null {
  const kind = STANZA_KINDS.find((known) => known === element.name);
  if (kind === undefined || element.ns !== content) return null;
  return {
    kind,
    from: element.attr("from"),
    to: element.attr("to"),
    id: element.attr("id"),
    type: stanzaType(element.attr("type")),
    lang: element.attr("xml:lang"),
  };
}

/** The type that a `type` attribute means. */
export function stanzaType(text: string | null): StanzaType {
  if (text === null || text === "normal") return "none";
  return STANZA_TYPES.find((known) => known === text && known !== "none") ?? "other";
}

/**
 * Whether a stanza that cannot go on is answered with an error (RFC 6120 8.3.1; protocol.md 4.11).
 *
 * @param local A local entity sent it, so that availability with `to` is directed presence.
 */
export function isBounced({ kind, type }: Pick<StanzaHead, "kind" | "type">, local: boolean): boolean {
  if (type === "error") return false;
  if (kind === "iq") return type !== "result";
  if (kind === "message" || ANSWERED_PRESENCE.has(type)) return true;
  return local && (type === "none" || type === "unavailable");
}

const ANSWERED_PRESENCE: ReadonlySet<StanzaType> = new Set([
  "subscribe",
  "subscribed",
  "unsubscribe",
  "unsubscribed",
  "probe",
]);

/** What a head is made of. */
const HEAD: ReadonlySet<string> = new Set(["from", "to", "id", "type", "xml:lang"]);

function startTag(stanza: string, declared: typeof DECLARED[ContentNamespace]): StartTag | null {
  try {
    return parseStartTag(stanza, declared, HEAD);
  } catch (error) {
    if (error instanceof XmlFault) return null;
    throw error;
  }
}
