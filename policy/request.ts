/** What to do with a request: the checks Q1 to Q9, before anything is proven. protocol.md 2.6.1. */
import type { Cause } from "../facts/cause.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { type Denial, DENIALS } from "../xmpp/verdict_error.ts";

/** The connection and the server, as far as Q1 to Q9 ask. Asked in their order, and no further than needed. */
export interface RequestFacts {
  /** `from` of the request; null when missing, malformed, or more than a domain. */
  readonly sender: Domain | null;
  /** `to` of the request. */
  readonly target: Domain | null;
  /** The peer may send on this connection: it is `in`, or `out` with bidi. */
  readonly receives: boolean;
  /** TLS is active, or the policy of this pair does without. */
  readonly securedEnough: (pair: DomainPair) => boolean;
  readonly isHosted: (domain: Domain) => boolean;
  readonly isServerName: (domain: Domain) => boolean;
  /** Why the pair may not federate (lists, suspended tenant, operator's block); null when it may. */
  readonly refusal: (pair: DomainPair) => Cause | null;
  /** Which limit a new pair would exceed; null when none. */
  readonly limit: (pair: DomainPair) => Cause | null;
  readonly isGranted: (pair: DomainPair) => boolean;
  readonly isPending: (pair: DomainPair) => boolean;
}

export type RequestCheck =
  /** Prove `pair.remote` for this connection (Q10). */
  | { readonly result: "admitted"; readonly pair: DomainPair }
  /** Q8: answer `valid` again at once. */
  | { readonly result: "known"; readonly pair: DomainPair }
  /** Q9: the verdict under way answers this one too. */
  | { readonly result: "duplicate"; readonly pair: DomainPair }
  | {
    readonly result: "refused";
    readonly sender: Domain;
    readonly target: Domain;
    readonly cause: Cause;
    readonly denial: Denial;
  }
  /** The peer broke the protocol: stream error, close. */
  | {
    readonly result: "fault";
    readonly condition: "improper-addressing" | "not-authorized";
    readonly cause: Cause;
  };

/** First failing check wins. */
export function checkRequest(facts: RequestFacts): RequestCheck {
  const { sender, target } = facts;
  if (sender === null || target === null) { // Q1
    return { result: "fault", condition: "improper-addressing", cause: "stream.addressing" };
  }
  if (!facts.receives) { // Q2, A-20
    return { result: "fault", condition: "not-authorized", cause: "stream.direction" };
  }
  const pair: DomainPair = { local: target, remote: sender };
  const refused = whyRefused(facts, pair);
  if (refused !== null) return { result: "refused", sender, target, ...refused };
  if (facts.isGranted(pair)) return { result: "known", pair }; // Q8
  if (facts.isPending(pair)) return { result: "duplicate", pair }; // Q9
  return { result: "admitted", pair };
}

/** Q3 to Q7. */
function whyRefused(facts: RequestFacts, pair: DomainPair): { cause: Cause; denial: Denial } | null {
  if (!facts.securedEnough(pair)) return { cause: "tls.required", denial: DENIALS["no tls"] }; // Q3
  if (!facts.isHosted(pair.local)) { // Q4
    return { cause: "route.not-hosted", denial: DENIALS["target not hosted"] };
  }
  if (facts.isHosted(pair.remote) || facts.isServerName(pair.remote)) { // Q5, A-22
    return { cause: "route.own-domain", denial: DENIALS.blocked };
  }
  const refusal = facts.refusal(pair); // Q6, A-33
  if (refusal !== null) return { cause: refusal, denial: DENIALS.blocked };
  // Q7: a pair that is granted or being proven adds nothing, so no limit can be exceeded by asking again (DNA-70).
  const limit = facts.isGranted(pair) || facts.isPending(pair) ? null : facts.limit(pair);
  return limit === null ? null : { cause: limit, denial: DENIALS.limits };
}
