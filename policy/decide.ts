/** Whether a claimed domain is proven, and what to say if not. protocol.md 3.2, 3.8, 5.7, Q10. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import { accepts, type PairPolicy } from "./admission.ts";
import { type Denial, DENIALS } from "../xmpp/verdict_error.ts";
import type { Evidence } from "./judge.ts";
import { acceptedNow } from "./pkix.ts";
import { Proof, prove, type Timing } from "./proof.ts";

/** Evidence that has to be fetched first. */
export type Need = "delegation" | "tlsa" | "posh" | "callback";

export type Verdict =
  | { readonly proved: true; readonly proof: Proof }
  | {
    readonly proved: false;
    readonly cause: Cause;
    readonly denial: Denial;
    /** Not empty: nothing is decided yet; fetch these and decide again. Only ever what was null in the question. */
    readonly needs: readonly Need[];
  };

export interface Question extends Evidence {
  readonly policy: PairPolicy;
  readonly timing: Timing;
}

/**
 * Judges a claim to a domain, for an incoming request and for every re-check.
 *
 * With `delegation: null` it tries what needs no DNS and says whether DNS has to be asked.
 */
export function decide(question: Question): Verdict {
  const { certificate, delegation, now, policy, timing } = question;
  const byCertificate = prove("pkix", question, timing);
  if (byCertificate instanceof Proof) return certified(byCertificate, question);
  // Both prooftypes need an accepted certificate: without one DNS is not worth asking (protocol.md 10).
  const facts = acceptedNow(certificate, now);
  if (typeof facts === "string") return refused(facts, DENIALS["not proven"]);
  if (delegation === null) return undecided;
  const unsigned = delegation.security === "insecure" && accepts(policy, "dna-srv-insecure");
  const proof = prove(unsigned ? "dna-srv-insecure" : "dna-srv", question, timing);
  return proof instanceof Proof ? { proved: true, proof } : refused(proof, denialFor(delegation));
}

/** protocol.md 3.8: bogus DNS spoils everything but a `pkix` match, and `strict` refuses even that. */
function certified(proof: Proof, { delegation, policy }: Question): Verdict {
  if (policy.proof === "strict") {
    if (delegation === null) return undecided;
    if (delegation.security === "bogus") return refused("policy.dns", DENIALS["not proven"]);
  }
  return { proved: true, proof };
}

/** The row of 2.6.2 for a delegation that proves nothing (5.7). */
function denialFor({ security, service, exists }: Delegation): Denial {
  if (security === "bogus") return DENIALS["not proven"];
  if (security === "indeterminate" || service === "unknown") return DENIALS["dns failing"];
  if (service === "refused" || !exists) return DENIALS["no such domain"];
  return DENIALS["not proven"];
}

const refused = (cause: Cause, denial: Denial): Verdict => ({
  proved: false,
  cause,
  denial,
  needs: [],
});

const undecided: Verdict = {
  proved: false,
  cause: "proof.none",
  denial: DENIALS["not proven"],
  needs: ["delegation"],
};
