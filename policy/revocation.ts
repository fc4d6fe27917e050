/** How a peer hears that one of its pairs ended. protocol.md 2.4 F4, 2.11 T5. Pure. */
import type { Cause } from "../facts/cause.ts";

/**
 * `invalid`: the verdict, for this pair alone. A condition: the stream ends with it. `nothing`: the pair stops, its
 * stanzas are answered one by one.
 */
export type Farewell = "invalid" | "reset" | "policy-violation" | "nothing";

/**
 * @param peer Whether it understands an `invalid` that it did not ask for: one that speaks DNA. To others that word costs
 * the stream, which is all the same only while nothing else uses it.
 */
export function farewell(peer: { readonly dna: boolean; readonly others: boolean }, cause: Cause): Farewell {
  if (peer.dna || !peer.others) return "invalid";
  // F4: one removed customer must not cost the others their link.
  if (cause === "route.not-hosted" || cause === "route.unknown-target") return "nothing";
  return cause.startsWith("policy.") || cause === "tls.required" ? "policy-violation" : "reset";
}
