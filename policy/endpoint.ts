/** Whether the machine that we reached may be spoken to for a domain. protocol.md I-4, I-10, A-8, 3.2, 3.4, 5.7, 6.5. */
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import { DENIALS } from "../xmpp/verdict_error.ts";
import { accepts, isByCallback, type PairPolicy } from "./admission.ts";
import { factsOf, outOfDate } from "./certificate.ts";
import { takesCleartext } from "./cleartext.ts";
import { tlsaFailure, usableTlsa } from "./dane.ts";
import { type Need, undecided, type Verdict } from "./decide.ts";
import { dnsFailure, publishesTlsa } from "./delegation.ts";
import type { HeaderMode } from "./header.ts";
import type { Evidence, Prooftype } from "./judge.ts";
import { matchesName, serverNames } from "./names.ts";
import { acceptedNow } from "./pkix.ts";
import { Proof, prove, type Timing } from "./proof.ts";

export interface EndpointQuestion extends Evidence {
  /** The SRV target that was dialled for this domain; null for a connection that is there already (any target counts). */
  readonly host: string | null;
  readonly mode: HeaderMode;
  /** The peer is the TLS server, which is whom TLSA speaks of: usable records decide alone (3.2). */
  readonly dialled: boolean;
  readonly policy: PairPolicy;
  readonly timing: Timing;
}

interface Known extends EndpointQuestion {
  readonly delegation: Delegation;
}

type Step = (question: Known) => Verdict | null;

/** The first verdict counts. */
const STEPS: readonly Step[] = [unusable, byTlsa, byCertificate, bySrv, byPosh, byReaching];

/**
 * Judges the receiving side of an outgoing connection, now and at every re-check. Total, as {@link decide}.
 *
 * Unsigned DNS never names a reference, whatever `allow_insecure_delegation` says (RFC 9525 6.1): that is for requests.
 */
export function endpoint(question: EndpointQuestion): Verdict {
  const { delegation } = question;
  if (delegation === null) return undecided("delegation");
  const known = { ...question, delegation };
  for (const step of STEPS) {
    const said = step(known);
    if (said !== null) return said;
  }
  return refused(whyNot(known), "pkix");
}

/** 5.7, outgoing: bogus and indeterminate abort the domain before any certificate is looked at. */
function unusable({ delegation, certificate, reached, policy }: Known): Verdict | null {
  const failure = dnsFailure(delegation);
  if (failure !== null) return refused(failure, "dna-srv");
  if (delegation.service === "refused") return refused("dns.no-service", "dna-srv");
  const cleartext = certificate.state === "absent" && reached?.encrypted === false;
  return cleartext && !takesCleartext(policy) ? refused("tls.required", "pkix") : null;
}

/** 3.2, outgoing exception; 3.4 steps 4 and 7: usable records decide alone, unanswered ones leave the endpoint out. */
function byTlsa(question: Known): Verdict | null {
  const { delegation, tlsa, dialled, now } = question;
  if (!publishesTlsa(delegation)) return null;
  if (tlsa === null) return undecided("tlsa");
  const proved = attempt("dane", question);
  if (proved !== null || !dialled) return proved;
  const failure = tlsaFailure(tlsa);
  if (failure !== null) return refused(failure.cause ?? "dns.bogus", "dane");
  return usableTlsa(tlsa, now).length > 0 ? refused("dane.mismatch", "dane") : null;
}

function byCertificate(question: Known): Verdict | null {
  return attempt("pkix", question);
}

/** the SRV target's name, only if the SRV is secure. */
function bySrv(question: Known): Verdict | null {
  return attempt("dna-srv", {
    ...question,
    delegation: { ...question.delegation, targets: targetsOf(question) },
  });
}

/** I-10: between server names only names and TLSA count. */
function byPosh(question: Known): Verdict | null {
  const { certificate, mode, posh, now } = question;
  const facts = factsOf(certificate);
  if (mode === "server-name" || facts === null || outOfDate(facts, now) !== null) return null;
  return posh === null ? undecided("posh") : attempt("posh", question);
}

/** TF-9: nothing names the peer but the DNS by which it was found, and the policy takes that. Its verdict is to come. */
function byReaching(question: Known): Verdict | null {
  if (question.mode === "server-name") return null;
  return attempt("dialback-dnssec", question) ?? attempt("dialback", question);
}

/** TF-9, 2.8.5: a peer that was only reached is sent to, and never heard on a stream of ours. */
export function isProven(verdict: Verdict | null): boolean {
  return verdict?.proved === true && !isByCallback(verdict.proof.prooftype);
}

function targetsOf({ delegation, host }: Known): Delegation["targets"] {
  return delegation.targets.filter((target) => host === null || target.host === host);
}

function whyNot(question: Known): Cause {
  const { certificate, delegation, now } = question;
  const facts = acceptedNow(certificate, now);
  if (typeof facts === "string") return facts;
  // The certificate is right and only the signature is missing: say that rather than "wrong name".
  const named = targetsOf(question).some(({ host }) => matchesName(serverNames(certificate), host));
  return named && delegation.security === "insecure" ? "dns.insecure" : "tls.names";
}

function attempt(prooftype: Prooftype, question: EndpointQuestion): Verdict & { proved: true } | null {
  if (!accepts(question.policy, prooftype)) return null;
  const proof = prove(prooftype, question, question.timing);
  return proof instanceof Proof ? { proved: true, proof } : null;
}

function refused(cause: Cause, tried: Prooftype): Verdict {
  const needs: readonly Need[] = [];
  return { proved: false, cause, denial: DENIALS["not proven"], tried, needs };
}
