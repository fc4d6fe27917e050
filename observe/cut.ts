/** Keeps an event small, whatever a peer, its certificate or its zone had to say: the rings keep thousands of them. */
import type { Detail } from "../facts/event.ts";

/** UTF-16 units of one text. */
const TEXT = 500;
const ITEMS = 50;

export interface Cut {
  /** The same with long texts and lists cut, which shows. What is small enough is not copied. */
  readonly detail: Detail;
  /** An estimate of the memory that it holds: 8 bytes for each thing in it, 32 for each that is one by itself, and the texts. */
  readonly bytes: number;
}

/** Of what is under the knife: one look at each value has to do for both. */
let bytes = 0;

export function cut(detail: Detail): Cut {
  bytes = 0;
  return { detail: shorter(detail), bytes };
}

function shorter(detail: Detail): Detail {
  bytes += 8;
  if (typeof detail === "string") {
    const text = detail.length > TEXT ? `${detail.slice(0, TEXT)}…` : detail;
    bytes += 24 + text.length;
    return text;
  }
  if (typeof detail !== "object" || detail === null) return detail;
  bytes += 32;
  return isList(detail) ? shorterList(detail) : shorterObject(detail);
}

function shorterObject(detail: { readonly [key: string]: Detail }): Detail {
  let copy: Record<string, Detail> | null = null;
  for (const key in detail) {
    const value = detail[key]!, short = shorter(value);
    if (short !== value) (copy ??= { ...detail })[key] = short;
  }
  return copy ?? detail;
}

function shorterList(list: readonly Detail[]): Detail {
  const kept = list.slice(0, ITEMS).map(shorter);
  if (list.length > ITEMS) return [...kept, `… ${list.length - ITEMS} more`];
  return kept.every((item, i) => item === list[i]) ? list : kept;
}

function isList(detail: object): detail is readonly Detail[] {
  return Array.isArray(detail);
}
