/** Which keys of `[limits]` hold a time. */

const DURATION_KEYS = new Set([
  "shutdown_grace",
  "queue_age",
  "negative_pair",
  "backoff_max",
  "recheck_min",
  "recheck_max",
  "connect_total",
  "idle_check",
  "classic_only",
  "sm_resume",
]);

/** Whether a key of `[limits]` holds a time. */
export function isDuration(key: string): boolean {
  return key.endsWith("_timeout") || DURATION_KEYS.has(key);
}
