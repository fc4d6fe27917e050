/** Both directions on one stream. XEP-0288; protocol.md 2.8. */
import { type Element, element } from "../xml/element.ts";
import { print } from "../xml/writer.ts";
import { NS, SCOPES } from "./namespaces.ts";
import { parseStreamLimits, type StreamLimits, streamLimits } from "./stream_limits.ts";

/** What an initiating server says when it enables bidi; it has no features of its own to say it in. */
export interface Bidi {
  readonly limits: StreamLimits;
  /** It takes requests in the reverse direction (protocol.md 2.8.6). */
  readonly dna: boolean;
}

/** Enables bidi: once, after TLS, before the first request. */
export function printBidi(limits: StreamLimits): string {
  return print(element(NS.bidi, "bidi", {}, streamLimits(limits), element(NS.dna, "dna")), SCOPES[NS.server]);
}

/** Reads the enabling element; null when the element is something else. */
export function parseBidi(bidi: Element): Bidi | null {
  if (!bidi.is(NS.bidi, "bidi")) return null;
  return { limits: parseStreamLimits(bidi), dna: bidi.child(NS.dna, "dna") !== null };
}
