/** Durations for the traces, named as in `[limits]`; their values never matter, for no clock runs. */
export const TIMERS = {
  connectTotalMs: 30_000,
  headerTimeoutMs: 20_000,
  negotiationTimeoutMs: 60_000,
  tlsTimeoutMs: 15_000,
  idleTimeoutMs: 3_600_000,
  closingTimeoutMs: 5_000,
  closeNotifyTimeoutMs: 2_000,
  queueAgeMs: 90_000,
  verdictTimeoutMs: 60_000,
  proofTimeoutMs: 30_000,
  verifyTimeoutMs: 30_000,
  negativePairMs: 600_000,
  shutdownGraceMs: 10_000,
  recheckMinMs: 300_000,
  recheckMaxMs: 86_400_000,
} as const;
