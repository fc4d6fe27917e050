/** The longest wait a timer can hold: beyond 2^31-1 ms it fires at once (style.md 0, fact 11). */

const LONGEST_MS = 2 ** 31 - 1;

/** Brings a wait that came from outside into what a timer can hold. A wait that is no number is none. */
export function capped(ms: number): number {
  return ms > 0 ? Math.min(ms, LONGEST_MS) : 0;
}
