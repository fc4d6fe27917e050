/** Numbers, times and names as people read them. console.md 2.3. */

const count_ = new Intl.NumberFormat("en");

export const count = (n: number): string => count_.format(n);

const short_ = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Where there is little room: `9,999`, `10K`, `98.2K`. */
export const brief = (n: number): string => n < 10_000 ? count(n) : short_.format(n);

/** `1 pair`, `2 pairs`. */
export const many = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

/** Three digits at most: `21 ms`, `0.38 s`, `12 s`, `3 h 4 min`, `5 d 14 h`. */
export function span(ms: number): string {
  if (Number.isNaN(ms)) return "–"; // a time that is none
  const s = ms / 1000;
  if (ms < 1) return "0 ms";
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (s < 10) return `${(Math.round(s * 100) / 100).toString()} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return two(s / 60, "min", 60, "s");
  if (s < 86_400) return two(s / 3600, "h", 60, "min");
  return two(s / 86_400, "d", 24, "h");
}

function two(value: number, large: string, parts: number, small: string): string {
  let whole = Math.floor(value), rest = Math.round((value - whole) * parts);
  if (rest === parts) [whole, rest] = [whole + 1, 0];
  return rest === 0 || whole >= 20 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}

/** `in 5 h`, `3 d ago`; within a second it is `now`, for two clocks are never the same. */
export function relative(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  if (Math.abs(ms) < 1000) return "now";
  return ms >= 0 ? `in ${span(ms)}` : `${span(-ms)} ago`;
}

export const clock = (at: string): string => at.slice(11, 23);

export const absolute = (at: string): string => at.replace("T", " ").replace(/\.\d+Z$|Z$/, " UTC");

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(n: number): string {
  let at = 0;
  for (; n >= 1024 && at < UNITS.length - 1; at++) n /= 1024;
  return `${at === 0 ? n : n.toPrecision(3)} ${UNITS[at]}`;
}

const asciiForms = new Map<string, string>();

/** The A-label form of a domain, where it differs from what is shown; the browser's own IDNA makes it. */
export function ascii(domain: string): string | null {
  if (/^[\x20-\x7e]*$/.test(domain)) return null;
  const known = asciiForms.get(domain);
  if (known !== undefined) return known === domain ? null : known;
  let form = domain;
  try {
    form = new URL(`http://${domain}`).hostname;
  } catch { /* no name of a host: it has no other form */ }
  if (asciiForms.size > 5000) asciiForms.clear();
  asciiForms.set(domain, form);
  return form === domain ? null : form;
}

/** Control characters, and those that turn the direction of what follows or take no room: `Cc`, `Cf`, line separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Hostile text on one line: what cannot be seen is shown as its number. */
export function plain(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** A value of an event's detail as text. */
export function value(detail: unknown): string {
  if (detail === null || detail === undefined) return "–";
  if (typeof detail === "string") return plain(detail);
  if (Array.isArray(detail)) return detail.length === 0 ? "–" : detail.map(value).join(", ");
  if (typeof detail === "object") {
    return Object.entries(detail).map(([key, inner]) => `${key} ${value(inner)}`).join(" · ");
  }
  return String(detail);
}
