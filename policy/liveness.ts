/** When an established connection is looked after: is the peer there, and is it needed still? protocol.md 4.10, 8.5. */

/** What is known of one connection. All times are milliseconds since the epoch. */
export interface Quiet {
  readonly now: number;
  /** When bytes came last, and when they left last. */
  readonly readAt: number;
  readonly wroteAt: number;
  /** When the last stanza passed, either way; our own checks do not count. */
  readonly stanzaAt: number;
  readonly checkedAt: number;
  /** A request without a verdict, or a stanza without an acknowledgement. */
  readonly pending: boolean;
  readonly initiating: boolean;
  /** Whether the peer can be asked, by `<r/>` or by a ping; else white space has to do. */
  readonly asks: boolean;
}

export interface LivenessTimers {
  readonly idleTimeoutMs: number;
  readonly idleCheckMs: number;
  /** XEP-0478 `idle-seconds` of the peer; null when it says nothing. */
  readonly peerIdleMs: number | null;
}

export interface Look {
  readonly act: "close" | "ask" | "blank" | "nothing";
  /** When to look again. */
  readonly leftMs: number;
}

/** 4.10: white space at 80 % of what the peer waits. */
const SHARE = 0.8;
/** No peer makes us write more often than this. */
const LEAST_BLANK_MS = 10_000;

/** One thing at a time: what falls due together is done one after the other, at once. */
export function look(quiet: Quiet, timers: LivenessTimers): Look {
  const { now, readAt, wroteAt, stanzaAt, checkedAt, pending, initiating, asks } = quiet;
  const { idleTimeoutMs, idleCheckMs } = timers;
  // It is the initiator that closes; a receiver does it for one that forgets.
  const closeAt = stanzaAt + idleTimeoutMs + (initiating ? 0 : Math.min(idleCheckMs, idleTimeoutMs / 10));
  if (now >= closeAt && !pending) return { act: "close", leftMs: idleCheckMs };
  const askAt = asks ? Math.max(readAt, checkedAt) + idleCheckMs : Infinity;
  const blankMs = blankEveryMs(timers, asks);
  const blankAt = wroteAt + blankMs;
  const act = now >= askAt ? "ask" : now >= blankAt ? "blank" : "nothing";
  const next = Math.min(
    now >= closeAt ? now + idleCheckMs : closeAt,
    act === "ask" ? now + idleCheckMs : askAt,
    act === "nothing" ? blankAt : now + blankMs,
  );
  return { act, leftMs: Math.max(1, next - now) };
}

/** Where the peer can be asked, white space is only for one that waits less than our questions take. */
function blankEveryMs({ idleCheckMs, peerIdleMs }: LivenessTimers, asks: boolean): number {
  const wanted = peerIdleMs === null ? Infinity : Math.max(LEAST_BLANK_MS, SHARE * peerIdleMs);
  if (wanted < idleCheckMs) return wanted;
  return asks ? Infinity : idleCheckMs;
}
