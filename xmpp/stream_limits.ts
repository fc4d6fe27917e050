/** What a peer takes and how long it waits. XEP-0478; protocol.md 4.5, 4.12. */
import { type Element, element } from "../xml/element.ts";
import { NS } from "./namespaces.ts";

/** Null where nothing is said. */
export interface StreamLimits {
  /** The largest first-level element, from its "<" to its ">". */
  readonly maxBytes: number | null;
  readonly idleSeconds: number | null;
}

/** How long it bears silence, in milliseconds; null when it does not say. */
export function idleMs({ idleSeconds }: StreamLimits): number | null {
  return idleSeconds === null ? null : idleSeconds * 1000;
}

export const NO_LIMITS: StreamLimits = { maxBytes: null, idleSeconds: null };

export function streamLimits({ maxBytes, idleSeconds }: StreamLimits): Element {
  const number = (name: string, value: number | null) =>
    value === null ? null : element(NS.streamLimits, name, {}, String(value));
  return element(
    NS.streamLimits,
    "limits",
    {},
    number("max-bytes", maxBytes),
    number("idle-seconds", idleSeconds),
  );
}

/** Reads the limits inside features or `<bidi/>`; what is absent or no number limits nothing. */
export function parseStreamLimits(parent: Element): StreamLimits {
  const limits = parent.child(NS.streamLimits, "limits");
  return limits === null ? NO_LIMITS : {
    maxBytes: number(limits.child(NS.streamLimits, "max-bytes")),
    idleSeconds: number(limits.child(NS.streamLimits, "idle-seconds")),
  };
}

function number(element: Element | null): number | null {
  const text = element?.text().trim() ?? "";
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
