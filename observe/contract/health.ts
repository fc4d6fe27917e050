/** May it be sent to? `GET /readyz` with `Accept: application/json`, and `verona health --json`. console.md 4.4. */
import type { Cause } from "../../facts/cause.ts";

export interface HealthCheck {
  readonly name: "listeners" | "resolver" | "certificate" | "draining";
  readonly ok: boolean;
  /** Null when it is well. */
  readonly cause: Cause | null;
  /** What is wrong, in words without names. */
  readonly text: string | null;
  /** What was seen; null for who shows no token. */
  readonly detail: string | null;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}
