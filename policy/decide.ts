/** Whether a claimed domain is proven, and what to say if not. protocol.md 3.2, 3.8, 5.7, 7.4, Q10. */
import type { Callback } from "../facts/callback.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { EndpointTlsa } from "../facts/tlsa.ts";
import { type Denial, DENIALS } from "../xmpp/verdict_error.ts";
import { accepts, type PairPolicy } from "./admission.ts";
import { factsOf, outOfDate } from "./certificate.ts";
import { takesCleartext } from "./cleartext.ts";
import { tlsaFailure, usableTlsa } from "./dane.ts";
import { namesNobody, publishesTlsa } from "./delegation.ts";
import { denialByCallback, denialByDelegation } from "./denial.ts";
import type { Evidence, Prooftype } from "./judge.ts";
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
    /** The prooftype that the cause speaks of. */
    readonly tried: Prooftype;
    /** Not empty: nothing is decided yet; fetch these and decide again. Only ever what was null in the question. */
    readonly needs: readonly Need[];
  };

export interface Question extends Omit<Evidence, "reached"> {
  /** The claim came with a dialback key; never so in the reverse direction of a stream (protocol.md 2.8.6, BID-9). */
  readonly key: boolean;
  /** Another pair is valid on the same stream: then a refuted key does not end it (7.4). */
  readonly others: boolean;
  readonly policy: PairPolicy;
  readonly timing: Timing;
}

/** DNS has been asked. */
interface Known extends Question {
  readonly delegation: Delegation;
}

/** One step of 3.2: a verdict, or null when it neither proves nor forbids anything. */
type Step = (question: Known) => Verdict | null;

/** In the order of 3.2, after what needs no DNS: cheap and strong first. The first verdict counts. */
const STEPS: readonly Step[] = [bogus, reserved, bySrv, byTlsa, byPosh, byCallback];

/**
 * Judges a claim to a domain, for an incoming request and for every re-check.
 *
 * Total: whatever is known, it proves, denies, or names what has to be fetched.
 */
export function decide(question: Question): Verdict {
  const early = byCertificate(question) ?? unprovable(question);
  if (early !== null) return early;
  const { delegation } = question;
  // The HTTPS fetch starts beside DNS where the chain is not accepted, because then no SRV can prove anything (3.2).
  if (delegation === null) {
    return undecided("delegation", ...whyRefused(question) === null ? [] : posh(question));
  }
  const known = { ...question, delegation };
  for (const step of STEPS) {
    const said = step(known);
    if (said !== null) return said;
  }
  return nothingProves(known);
}

/** Step 1. Where the policy reserves more, DNS is looked at first. */
function byCertificate(question: Question): Verdict | null {
  const proved = attempt("pkix", question);
  const { policy, delegation } = question;
  if (proved === null || (policy.proof !== "strict" && policy.daneInbound === "positive")) return proved;
  if (delegation === null) return undecided("delegation");
  return reserved({ ...question, delegation }) ?? proved;
}

/** Nothing that the peer has could prove anything: DNS is not worth asking (protocol.md 10). */
function unprovable(question: Question): Verdict | null {
  if (factsOf(question.certificate) !== null || callable(question)) return null;
  return byKeyAlone(question) ?? refused(whyRefused(question) ?? "proof.none", DENIALS["not proven"], "pkix");
}

/**
 * such a peer can only be called back, and the policy does not let us: that decided, and not its certificate.
 *
 * A self-signed one is shown by those who mean to be called back. Whatever else is wrong with a certificate keeps its own
 * cause: once that is mended the peer is let in, under this very policy.
 */
function byKeyAlone(question: Question): Verdict & { proved: false } | null {
  const { certificate, key, policy } = question;
  const isMeantForIt = factsOf(certificate) === null || whyRefused(question) === "tls.self-signed";
  if (!isMeantForIt || !key || accepts(policy, "dialback")) return null;
  return refused("policy.dialback", DENIALS["not proven"], "dialback");
}

/** What some policies want to have seen before anything may prove: that all DNS is sound, what TLSA says. */
function reserved(question: Known): Verdict | null {
  const { policy, delegation, tlsa } = question;
  const [strict, enforce] = [policy.proof === "strict", policy.daneInbound === "enforce"];
  if (!strict && !enforce) return null;
  if (delegation.security === "bogus") return refused("policy.dns", DENIALS["not proven"], "pkix");
  // What nobody can tell is no match; but for `strict` alone it is not bogus either.
  if (enforce && delegation.security === "indeterminate") {
    return failing(delegation.cause ?? "dns.servfail", "dane");
  }
  if (!publishesTlsa(delegation)) return null;
  if (tlsa === null) return undecided("tlsa");
  // TF-1: `strict` says yes to nothing while any answer about the sender is bogus.
  if (strict && tlsaFailure(tlsa)?.security === "bogus") {
    return refused("policy.dns", DENIALS["not proven"], "dane");
  }
  return enforce ? enforced(question, tlsa) : null;
}

/** 3.2, `dane_inbound = enforce`: TLSA records of the sender's own servers forbid whoever does not match them. */
function enforced(question: Known, tlsa: readonly EndpointTlsa[]): Verdict | null {
  if (attempt("dane", question) !== null) return null;
  const failure = tlsaFailure(tlsa);
  if (failure !== null) return unanswered(failure);
  const published = usableTlsa(tlsa, question.now).length > 0;
  return published ? refused("dane.mismatch", DENIALS["not proven"], "dane") : null;
}

/** 3.8, 5.7: bogus DNS is a hard failure for all that is left, and never a reason to call back (DNA-25). */
function bogus({ delegation: { security, cause } }: Known): Verdict | null {
  return security === "bogus" ? refused(cause ?? "dns.bogus", DENIALS["not proven"], "dna-srv") : null;
}

/** Step 2, first half: what the SRV answer alone proves. */
function bySrv(question: Known): Verdict | null {
  return attempt(srvType(question), question);
}

/**
 * Step 2, second half: TLSA of the delegated servers. A match proves, a mismatch says nothing, bogus ends it (3.8).
 *
 * Also for a peer without certificate: the server that would be called back is the one that TLSA speaks of (TF-2).
 */
function byTlsa(question: Known): Verdict | null {
  const { delegation, tlsa } = question;
  if (!publishesTlsa(delegation)) return null;
  if (tlsa === null) return undecided("tlsa", ...posh(question));
  const proved = attempt("dane", question);
  const failure = tlsaFailure(tlsa);
  return proved === null && failure?.security === "bogus" ? unanswered(failure) : proved;
}

/** Step 3. Also where DNS fails for now: HTTPS is a proof of its own (5.7). */
function byPosh(question: Known): Verdict | null {
  const missing = posh(question);
  return missing.length > 0 ? undecided(...missing) : attempt("posh", question);
}

/** Step 4: the domain's own server is asked, if the policy lets us, a key is there, and DNS names a server. */
function byCallback(question: Known): Verdict | null {
  const { callback, delegation, others, policy } = question;
  if (!callable(question) || denialByDelegation(delegation) !== DENIALS["not proven"]) return null;
  if (callback === null) return undecided("callback");
  // TLS-4: the policy may have changed while the question was under way; what anybody on the way could answer is no answer.
  if (isConfirmation(callback) && !callback.secure && !takesCleartext(policy)) {
    return refused("tls.required", DENIALS["not proven"], "dialback");
  }
  for (const prooftype of ["samecert", "dialback-dnssec", "dialback"] as const) {
    const proved = attempt(prooftype, question);
    if (proved !== null) return proved;
  }
  return refused(callback.cause ?? "proof.none", denialByCallback(callback, others), "dialback");
}

/** Every step was in vain: the row of 2.6.2, and the cause that helps most. */
function nothingProves(question: Known): Verdict {
  const { delegation, posh, now } = question;
  const tlsa = publishesTlsa(delegation) ? question.tlsa ?? [] : [];
  const denial = denialByDelegation(delegation);
  if (denial !== DENIALS["not proven"]) {
    return refused(namesNobody(delegation) ?? "proof.none", denial, "dna-srv");
  }
  const failure = tlsaFailure(tlsa);
  if (failure !== null) return unanswered(failure);
  const chain = whyRefused(question);
  if (chain === null) return refused(whyNot(srvType(question), question), denial, "dna-srv");
  if (usableTlsa(tlsa, now).length > 0) return refused("dane.mismatch", denial, "dane");
  if (posh?.found) return refused(whyNot("posh", question), denial, "posh");
  return byKeyAlone(question) ?? refused(chain, denial, "pkix");
}

/** What byPosh still lacks. RFC 7711 6: the certificate's dates count; a domain that does not exist has no web server. */
function posh({ certificate, delegation, posh, now }: Question): readonly ["posh"] | readonly [] {
  const facts = factsOf(certificate);
  const possible = facts !== null && outOfDate(facts, now) === null && delegation?.exists !== false;
  return possible && posh === null ? ["posh"] : [];
}

function isConfirmation({ outcome }: Callback): boolean {
  return outcome === "confirmed" || outcome === "same-certificate";
}

/** Step 4 is open to this claim. */
function callable({ key, policy }: Question): boolean {
  return key && accepts(policy, "dialback");
}

function srvType({ delegation, policy }: Known): Prooftype {
  const unsigned = delegation.security === "insecure" && accepts(policy, "dna-srv-insecure");
  return unsigned ? "dna-srv-insecure" : "dna-srv";
}

/** Why the certificate's chain proves nothing; null when it is accepted. */
function whyRefused({ certificate, now }: Question): Cause | null {
  const facts = acceptedNow(certificate, now);
  return typeof facts === "string" ? facts : null;
}

/** Apart from `endpoint`'s, on purpose: that we reached somebody says nothing of who asks us (TF-9 is for what we dial). */
function attempt(prooftype: Prooftype, question: Question): Verdict & { proved: true } | null {
  if (!accepts(question.policy, prooftype)) return null;
  const proof = prove(prooftype, { ...question, reached: null }, question.timing);
  return proof instanceof Proof ? { proved: true, proof } : null;
}

function whyNot(prooftype: Prooftype, question: Question): Cause {
  const proof = prove(prooftype, { ...question, reached: null }, question.timing);
  return proof instanceof Proof ? "proof.none" : proof;
}

/** The TLSA records are there or not, and nobody can tell. */
function unanswered({ security, cause }: { security: string; cause: Cause | null }): Verdict {
  if (security === "bogus") return refused(cause ?? "dns.bogus", DENIALS["not proven"], "dane");
  return failing(cause ?? "dns.servfail", "dane");
}

function failing(cause: Cause, tried: Prooftype): Verdict {
  return refused(cause, DENIALS["dns failing"], tried);
}

function refused(cause: Cause, denial: Denial, tried: Prooftype): Verdict & { proved: false } {
  return { proved: false, cause, denial, tried, needs: [] };
}

/** Not decided yet. */
export function undecided(...needs: readonly Need[]): Verdict {
  return { proved: false, cause: "proof.none", denial: DENIALS["not proven"], tried: "pkix", needs };
}
