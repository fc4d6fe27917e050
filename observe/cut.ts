/** Keeps an event small, whatever a peer, its certificate or its zone had to say: the rings keep thousands of them. */
import type { Detail } from "../facts/event.ts";

/** UTF-16 units of one text. */
const TEXT = 500;
const ITEMS = 50;

/** The same detail with long texts and lists cut, which shows. What is small enough is not copied. */
export function cut(detail: Detail): Detail {
  if (typeof detail === "string") return detail.length > TEXT ? `${detail.slice(0, TEXT)}…` : detail;
  if (typeof detail !== "object" || detail === null) return detail;
  if (isList(detail)) return cutList(detail);
  let copy: Record<string, Detail> | null = null;
  for (const key in detail) {
    const [value, shorter] = [detail[key]!, cut(detail[key]!)];
    if (shorter !== value) (copy ??= { ...detail })[key] = shorter;
  }
  return copy ?? detail;
}

function cutList(list: readonly Detail[]): Detail {
  const kept = list.slice(0, ITEMS).map(cut);
  if (list.length > ITEMS) return [...kept, `… ${list.length - ITEMS} more`];
  return kept.every((item, i) => item === list[i]) ? list : kept;
}

function isList(detail: object): detail is readonly Detail[] {
  return Array.isArray(detail);
}
