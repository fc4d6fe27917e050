/** What a claim that nothing proves is answered. protocol.md 2.6.2, 5.7, 7.4. */
import type { Callback } from "../facts/callback.ts";
import type { Delegation } from "../facts/delegation.ts";
import { type Denial, DENIALS } from "../xmpp/verdict_error.ts";

/** The row of 2.6.2 for a delegation that proves nothing. */
export function denialByDelegation({ security, service, exists }: Delegation): Denial {
  if (security === "bogus") return DENIALS["not proven"];
  if (security === "indeterminate" || service === "unknown") return DENIALS["dns failing"];
  if (service === "refused" || !exists) return DENIALS["no such domain"];
  return DENIALS["not proven"];
}

/** The row of 7.4 for a callback that proves nothing. `others`: another pair is valid on the stream. */
export function denialByCallback({ outcome, security }: Callback, others: boolean): Denial {
  switch (outcome) {
    case "refuted":
      return others ? DENIALS["key refuted"] : DENIALS["key refuted, no other pair"];
    case "error":
      return DENIALS["authoritative server fails"];
    case "unresolved":
      if (security === "bogus") return DENIALS["not proven"];
      return security === "indeterminate" ? DENIALS["dns failing"] : DENIALS["no such domain"];
    case "unreachable":
      return security === "bogus" ? DENIALS["not proven"] : DENIALS["authoritative server unreachable"];
    case "busy":
      return DENIALS.limits;
    // Said yes, and the judges did not believe it: found through DNS that proves nothing, or another certificate.
    case "confirmed":
    case "same-certificate":
      return security === "indeterminate" ? DENIALS["dns failing"] : DENIALS["not proven"];
  }
}
