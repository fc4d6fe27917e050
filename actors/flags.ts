/** What the framer found out about a stanza (docs/architecture.md, stanza records). */
import type { Cause } from "../facts/cause.ts";

export const FLAG = {
  rescope: 1,
  noFrom: 2,
  noTo: 4,
  notPlain: 8,
  hasLang: 16,
  neverBounced: 32,
  badIq: 64,
  tooLong: 128,
} as const;

/** Any of these takes the long way. */
export const NOT_PLAIN = FLAG.rescope | FLAG.noFrom | FLAG.noTo | FLAG.notPlain | FLAG.badIq | FLAG.tooLong;

/** Why a stanza goes back although its way is open; null when it does not. */
export function unfitness(flags: number): Cause | null {
  if (flags & FLAG.tooLong) return "route.too-long";
  return flags & FLAG.badIq ? "route.bad-request" : null;
}
