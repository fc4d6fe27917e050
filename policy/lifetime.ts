/** How long a proof holds and when it is looked at again. protocol.md 3.9, A-17. */
import type { Limits } from "../config/config.ts";

export type RecheckBounds = Pick<Limits, "recheckMinMs" | "recheckMaxMs">;

/** What limits one proof. Times are milliseconds since the epoch; null does not apply. */
export interface Limiting {
  readonly checkedAt: number;
  readonly certificateUntil: number | null;
  /** Of the DNSSEC signatures, or of a POSH document. */
  readonly vouchedUntil: number | null;
  readonly ttlMs: number | null;
}

export interface Lifetime {
  /** Hard: no pair lives past it. Null: no bound by the protocol. Milliseconds since the epoch. */
  readonly expiresAt: number | null;
  /** Soft: looked at again in the background. Milliseconds since the epoch. */
  readonly recheckAt: number;
  /** What ends it: an ended certificate ends the whole stream (RFC 6120 13.7.2.3), a voucher only its domain. */
  readonly endsWith: "certificate" | "voucher" | "nothing";
}

/** Below it one more attempt before the hard bound would come too late to matter. */
const LAST_ATTEMPT_MS = 2_000;

/** @param jitter In [0, 1): spreads the re-checks by 10 % to both sides. */
export function lifetime(limits: Limiting, bounds: RecheckBounds, jitter: number): Lifetime {
  const { certificateUntil, vouchedUntil } = limits;
  const expiresAt = earliest(certificateUntil, vouchedUntil);
  return {
    expiresAt,
    recheckAt: recheckAt(limits, expiresAt, bounds, jitter),
    endsWith: expiresAt === null ? "nothing" : expiresAt === certificateUntil ? "certificate" : "voucher",
  };
}

/**
 * The longest time that a withdrawn delegation can still be used, as the product states it.
 *
 * The upstream resolver may serve its copy for the rest of the TTL, and that copy may end just after a re-check.
 */
export function statedBoundMs(ttlMs: number, recheckMinMs: number, dnsTimeoutMs: number): number {
  return 1.1 * (ttlMs + recheckMinMs) + dnsTimeoutMs;
}

function recheckAt(
  limits: Limiting,
  expiresAt: number | null,
  bounds: RecheckBounds,
  jitter: number,
): number {
  const { recheckMinMs, recheckMaxMs } = bounds;
  const wanted = Math.max(limits.ttlMs ?? recheckMaxMs, recheckMinMs) * (0.9 + 0.2 * jitter);
  const soft = limits.checkedAt + Math.min(Math.max(wanted, recheckMinMs), recheckMaxMs);
  if (expiresAt === null || soft < expiresAt) return soft;
  // The zone may be signed anew before the hard bound: look once more half way, never in a tight circle.
  const left = expiresAt - limits.checkedAt;
  return left > LAST_ATTEMPT_MS ? limits.checkedAt + left / 2 : expiresAt;
}

function earliest(first: number | null, second: number | null): number | null {
  if (first === null || second === null) return first ?? second;
  return Math.min(first, second);
}
