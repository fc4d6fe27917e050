/** A message that comes late says since when it was on its way. XEP-0203; protocol.md 8.3. */
import { element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const printStamp = (since: Date) =>
  print(element(NS.delay, "delay", { stamp: since.toISOString() }), SCOPES[NS.server]);

const STAMP = /^<delay xmlns='urn:xmpp:delay' stamp='[^']*'\/>$/;
const STAMP_BYTES = encode(printStamp(new Date(0))).length;
const [LESS, SLASH] = encode("</");

/**
 * The stanza with a stamp, when it is a message without one of ours; any other as it is.
 *
 * @param stanza In the default namespace of its stream, its name without a prefix.
 */
export function delayed(stanza: Uint8Array, since: Date): Uint8Array {
  if (!/^<message[\s>/]$/.test(ascii(stanza.subarray(0, 9)))) return stanza;
  const stamp = encode(printStamp(since));
  if (ascii(stanza.subarray(-2)) === "/>") {
    return join(stanza.subarray(0, -2), encode(">"), stamp, encode("</message>"));
  }
  const end = endTag(stanza);
  const before = stanza.subarray(Math.max(0, end - STAMP_BYTES), end);
  // Late before: the first time is the true one.
  return STAMP.test(ascii(before)) ? stanza : join(stanza.subarray(0, end), stamp, stanza.subarray(end));
}

/** Where the last end tag begins. */
function endTag(stanza: Uint8Array): number {
  let at = stanza.lastIndexOf(LESS!);
  while (at > 0 && stanza[at + 1] !== SLASH) at = stanza.lastIndexOf(LESS!, at - 1);
  return at;
}

const ascii = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
