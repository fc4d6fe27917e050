/** How a claim was looked at: what every denial and every revocation says in the log. protocol.md 10, LIM-15. */
import type { Proof } from "../policy/proof.ts";

/** The last prooftype that was tried, and what DNSSEC said to it. */
export type Tried = { readonly prooftype: string | null; readonly dns: string };

/** Refused before any proof was looked for. */
export const NOTHING_TRIED: Tried = { prooftype: null, dns: "not asked" };

/** By a proof that was found; `undefined` when there was none. */
export function triedBy(proof: Proof | undefined): Tried {
  if (proof === undefined) return NOTHING_TRIED;
  const dns = proof.insecure ? "insecure" : proof.prooftype === "pkix" ? "not needed" : "secure";
  return { prooftype: proof.prooftype, dns };
}
