/** When the peer is asked for its count of what arrived. XEP-0198; protocol.md 8.1; docs/decisions/0171-asking-for-the-count.md. */

/** What was written and is not acknowledged. Times are milliseconds since the epoch. */
export interface Unanswered {
  readonly now: number;
  readonly stanzas: number;
  readonly bytes: number;
  /** When the oldest was written; null when there is none. */
  readonly since: number | null;
  /** When the peer was asked last, and has answered. */
  readonly askedAt: number;
}

export interface AskingLimits {
  readonly smUnackedStanzas: number;
  readonly smUnackedBytes: number;
}

/** 8.1: after so many stanzas, or so much time. */
const AFTER = 5;
const AFTER_MS = 2000;
/** Not again within this time of the last question, */
const PAUSE_MS = 20;
/** while less than this part of the window is waiting, */
const PART = 1 / 2;
/** and no more than what stays in a processor's cache: what is kept longer pushes out what is written next. */
const CACHED = 256 * 1024;

/** When to ask; null: there is nothing to ask for. A time may be past. */
export function askAt(unanswered: Unanswered, limits: AskingLimits): number | "now" | null {
  const { now, stanzas, bytes, since, askedAt } = unanswered;
  if (since === null) return null;
  if (stanzas < AFTER) return since + AFTER_MS;
  const most = Math.min(CACHED, PART * limits.smUnackedBytes);
  const pressing = stanzas >= PART * limits.smUnackedStanzas || bytes >= most;
  if (pressing || now >= askedAt + PAUSE_MS) return "now";
  return Math.min(askedAt + PAUSE_MS, since + AFTER_MS);
}
