/** How long to wait before trying again. protocol.md 2.7, 8.4, A-32. All times in ms; `random` in [0, 1). */

const DENIED_FIRST_MS = 60_000;
const DENIED_LAST_MS = 3_600_000;
/** 8.4: after a loss that hit many connections at once, spread the first attempts over a minute. */
const SPREAD_MS = 60_000;

/** After a denied request: 60 s, 2 min, 4 min .. 1 h, each by up to 25 % more or less. `denials` counts from 1. */
export function deniedBackoffMs(denials: number, random: number): number {
  const exact = Math.min(DENIED_FIRST_MS * 2 ** (denials - 1), DENIED_LAST_MS);
  return exact * (0.75 + 0.5 * random);
}

/**
 * Before the next connection attempt (RFC 6120 3.3).
 *
 * @param failures Attempts that failed in a row; 0 right after a loss.
 * @param widespread The loss hit many connections at once (shutdown, network).
 * @param maxMs `limits.backoff_max`.
 */
export function reconnectBackoffMs(
  failures: number,
  widespread: boolean,
  maxMs: number,
  random: number,
): number {
  if (failures === 0) return widespread ? Math.min(SPREAD_MS, maxMs) * random : 0;
  // Full jitter: anywhere up to the exponential bound.
  return Math.min(1000 * 2 ** failures, maxMs) * random;
}
