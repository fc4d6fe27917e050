/** Keeps an event small, whatever a peer, its certificate or its zone had to say: the ring keeps thousands of them. */
import type { Detail } from "../facts/event.ts";

/** UTF-16 units of one text. */
const TEXT = 500;
const ITEMS = 50;

/** The same detail with long texts and lists cut, which shows. */
export function cut(detail: Detail): Detail {
  if (typeof detail === "string") return detail.length > TEXT ? `${detail.slice(0, TEXT)}…` : detail;
  if (typeof detail !== "object" || detail === null) return detail;
  if (!isList(detail)) {
    return Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, cut(value)]));
  }
  const kept = detail.slice(0, ITEMS).map(cut);
  return detail.length > ITEMS ? [...kept, `… ${detail.length - ITEMS} more`] : kept;
}

function isList(detail: object): detail is readonly Detail[] {
  return Array.isArray(detail);
}
