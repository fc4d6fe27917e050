/** What the framer found out about a stanza (docs/architecture.md, stanza records). */

export const FLAG = {
  rescope: 1,
  noFrom: 2,
  noTo: 4,
  notPlain: 8,
  hasLang: 16,
  neverBounced: 32,
  badIq: 64,
} as const;

/** Any of these takes the long way. */
export const NOT_PLAIN = FLAG.rescope | FLAG.noFrom | FLAG.noTo | FLAG.notPlain | FLAG.badIq;
