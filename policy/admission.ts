/** Who may federate, and by which proofs: lists, per peer, per tenant. protocol.md 3.2, I-1, Q6; design.md 2.3. */
import type { PolicySettings, ProofPolicy } from "../config/config.ts";
import type { Cause } from "../facts/cause.ts";
import { type Domain, type DomainPair, type DomainPattern, matchesPattern } from "../xmpp/domain.ts";
import type { Prooftype } from "./judge.ts";

/** The part of `[policy]` that decides. A weaker policy must name its peer, so `peer` has no patterns. */
export type AdmissionSettings = Pick<
  PolicySettings,
  "proof" | "allowInsecureDelegation" | "daneInbound" | "allow" | "block" | "peer"
>;

/** What holds for one pair, everything inherited. */
export interface PairPolicy {
  readonly proof: ProofPolicy;
  readonly allowInsecureDelegation: boolean;
  /** `enforce`: TLSA records of the sender's own servers may also forbid (3.2). */
  readonly daneInbound: "positive" | "enforce";
}

type Proven = { readonly prooftype: Prooftype };

/** Strictest first. */
const STRICTNESS: readonly ProofPolicy[] = ["strict", "authenticated", "encrypted", "legacy"];

/** Why the remote domain may not federate here; null when it may. */
export function refusal(settings: AdmissionSettings, remote: Domain): Cause | null {
  if (names(settings.block, remote)) return "policy.blocked";
  if (settings.allow.length > 0 && !names(settings.allow, remote)) return "policy.not-allowed";
  return null;
}

/**
 * The policy of a pair: the peer's entry, else the tenant's, else the server's.
 *
 * A tenant's own setting is never weakened by a peer's entry: of the two the stricter holds.
 *
 * @param tenant What the local domain asks for itself; null inherits.
 */
export function pairPolicy(
  settings: AdmissionSettings,
  pair: DomainPair,
  tenant: ProofPolicy | null,
): PairPolicy {
  const peer = settings.peer.get(pair.remote)?.proof ?? null;
  const proof = peer !== null && tenant !== null ? stricter(peer, tenant) : peer ?? tenant ?? settings.proof;
  const { allowInsecureDelegation, daneInbound } = settings;
  return { proof, allowInsecureDelegation, daneInbound };
}

/** The proofs that rest on asking the sender domain's own server. */
const BY_CALLBACK: readonly Prooftype[] = ["dialback-dnssec", "dialback", "samecert"];

/** Whether the policy takes proofs of this type. `strict` takes no unsigned delegation, whatever the switch says. */
export function accepts(policy: PairPolicy, prooftype: Prooftype): boolean {
  if (BY_CALLBACK.includes(prooftype)) return policy.proof === "encrypted" || policy.proof === "legacy";
  return prooftype !== "dna-srv-insecure" || (policy.allowInsecureDelegation && policy.proof !== "strict");
}

/**
 * Whether a proof that is held for another pair will do for this one (protocol.md 3.2).
 *
 * A dialback key speaks for one ordered pair (7.2). `strict` wants to know that no DNS is bogus, `enforce` wants to have
 * seen the TLSA records, and a proof made for another pair need not have looked: it is judged anew.
 */
export function fits(policy: PairPolicy, { prooftype }: Proven): boolean {
  if (BY_CALLBACK.includes(prooftype) || !accepts(policy, prooftype)) return false;
  return policy.proof !== "strict" && (policy.daneInbound === "positive" || prooftype === "dane");
}

/** Whether a re-check by this policy asks for more than one by the other. */
export function isStricter(policy: PairPolicy, other: PairPolicy): boolean {
  if (policy.daneInbound !== other.daneInbound) return policy.daneInbound === "enforce";
  return STRICTNESS.indexOf(policy.proof) < STRICTNESS.indexOf(other.proof);
}

/**
 * Whether the proof that opened a pair still carries it after its policy was changed (a reload).
 *
 * What the new policy would have looked at, and the old one did not, was not looked at: the peer may ask anew.
 */
export function survives(before: PairPolicy, after: PairPolicy, { prooftype }: Proven): boolean {
  if (!accepts(after, prooftype)) return false;
  if (after.daneInbound === "enforce" && before.daneInbound !== "enforce" && prooftype !== "dane") {
    return false;
  }
  // Signed DNS was looked at; what TLSA says is seen at the next re-check.
  return after.proof !== "strict" || before.proof === "strict" || prooftype === "dna-srv" ||
    prooftype === "dane";
}

function stricter(one: ProofPolicy, other: ProofPolicy): ProofPolicy {
  return STRICTNESS.indexOf(one) < STRICTNESS.indexOf(other) ? one : other;
}

function names(patterns: readonly string[], domain: Domain): boolean {
  return patterns.some((pattern) => matchesPattern(pattern as DomainPattern, domain));
}
