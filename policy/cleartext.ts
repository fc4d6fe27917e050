/** Who may do without TLS. protocol.md 2.10 rung 4, 3.2, Q3. Whoever asks, asks here. */
import type { PairPolicy } from "./admission.ts";

/** Whether the policy of a pair lets it be asked for, answered and carried on a connection without TLS. */
export function takesCleartext({ proof }: Pick<PairPolicy, "proof">): boolean {
  return proof === "legacy";
}
