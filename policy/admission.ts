/** Who may federate, and by which proofs: lists, per peer, per tenant. protocol.md 3.2, I-1, Q6; design.md 2.3. */
import type { DaneInbound, PolicySettings, ProofPolicy, TenantPolicy } from "../config/config.ts";
import { type Domain, type DomainPattern, matchesPattern } from "../xmpp/domain.ts";
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
  readonly daneInbound: DaneInbound;
}

/** Who said it: the server for all, one of its entries for a peer, or the tenant for itself. */
export type Source = "server" | "tenant" | "peer";

/** The same, each value with whose word it is. */
export type Effective = { readonly [K in keyof PairPolicy]: Setting<PairPolicy[K]> };

export interface Setting<T> {
  readonly value: T;
  readonly source: Source;
}

/** Why a pair may not federate, by whose list, and by which pattern in it; null where `allow` names nobody like it. */
export interface Refusal {
  readonly cause: "policy.blocked" | "policy.not-allowed";
  readonly source: "server" | "tenant";
  readonly pattern: string | null;
}

type Lists = Pick<TenantPolicy, "allow" | "block">;
type Proven = { readonly prooftype: Prooftype };
/** Null: it names itself nowhere. */
type Peer = { readonly remote: Domain | null };

/** Strictest first. */
const STRICTNESS: readonly ProofPolicy[] = ["strict", "authenticated", "encrypted", "legacy"];

/** A tenant whose `policy` says nothing. */
export const INHERITS: TenantPolicy = { proof: null, allow: [], block: [] };

/** Why the remote domain may not federate with this tenant; null when it may. Both their lists must let it. */
export function refusal(settings: Lists, tenant: Lists, remote: Domain): Refusal | null {
  return refusedBy("server", settings, remote) ?? refusedBy("tenant", tenant, remote);
}

function refusedBy(source: Refusal["source"], { allow, block }: Lists, remote: Domain): Refusal | null {
  const pattern = naming(block, remote);
  if (pattern !== null) return { cause: "policy.blocked", source, pattern };
  if (allow.length === 0 || naming(allow, remote) !== null) return null;
  return { cause: "policy.not-allowed", source, pattern: null };
}

/**
 * The policy of a pair: the peer's entry, else the tenant's, else the server's.
 *
 * A tenant's own `proof` is never weakened by a peer's entry: of the two the stricter holds.
 */
export function effectivePolicy(
  settings: AdmissionSettings,
  { remote }: Peer,
  tenant: Pick<TenantPolicy, "proof">,
): Effective {
  const entry = remote === null ? undefined : settings.peer.get(remote);
  const { allowInsecureDelegation, daneInbound } = settings;
  return {
    proof: effectiveProof(settings.proof, entry?.proof ?? null, tenant.proof),
    allowInsecureDelegation: setting(entry?.allowInsecureDelegation ?? null, allowInsecureDelegation),
    daneInbound: setting(entry?.daneInbound ?? null, daneInbound),
  };
}

/** What {@link effectivePolicy} comes to. */
export function pairPolicy(
  settings: AdmissionSettings,
  peer: Peer,
  tenant: Pick<TenantPolicy, "proof">,
): PairPolicy {
  const { proof, allowInsecureDelegation, daneInbound } = effectivePolicy(settings, peer, tenant);
  return {
    proof: proof.value,
    allowInsecureDelegation: allowInsecureDelegation.value,
    daneInbound: daneInbound.value,
  };
}

function effectiveProof(
  server: ProofPolicy,
  peer: ProofPolicy | null,
  tenant: ProofPolicy | null,
): Setting<ProofPolicy> {
  if (peer !== null && (tenant === null || !isBelow(tenant, peer))) return { value: peer, source: "peer" };
  return tenant === null ? { value: server, source: "server" } : { value: tenant, source: "tenant" };
}

function setting<T>(peer: T | null, server: T): Setting<T> {
  return peer === null ? { value: server, source: "server" } : { value: peer, source: "peer" };
}

/** The proofs that rest on asking the sender domain's own server. */
const BY_CALLBACK: readonly Prooftype[] = ["dialback-dnssec", "dialback", "samecert"];

/** Whether the proof rests on the domain's server as DNS names it, not on what the peer shows. */
export function isByCallback(prooftype: Prooftype): boolean {
  return BY_CALLBACK.includes(prooftype);
}

/** Whether the policy takes proofs of this type. `strict` takes no unsigned delegation, whatever the switch says. */
export function accepts(policy: PairPolicy, prooftype: Prooftype): boolean {
  if (isByCallback(prooftype)) return policy.proof === "encrypted" || policy.proof === "legacy";
  return prooftype !== "dna-srv-insecure" || (policy.allowInsecureDelegation && policy.proof !== "strict");
}

/**
 * Whether a proof that is held for another pair will do for this one (protocol.md 3.2).
 *
 * A dialback key speaks for one ordered pair (7.2). `strict` wants to know that no DNS is bogus, `enforce` wants to have
 * seen the TLSA records, and a proof made for another pair need not have looked: it is judged anew.
 */
export function fits(policy: PairPolicy, { prooftype }: Proven): boolean {
  if (isByCallback(prooftype) || !accepts(policy, prooftype)) return false;
  return policy.proof !== "strict" && (policy.daneInbound === "positive" || prooftype === "dane");
}

/** Whether a re-check by this policy asks for more than one by the other. */
export function isStricter(policy: PairPolicy, other: PairPolicy): boolean {
  if (policy.daneInbound !== other.daneInbound) return policy.daneInbound === "enforce";
  return isBelow(policy.proof, other.proof);
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

/** Whether the first is stricter than the second. */
function isBelow(one: ProofPolicy, other: ProofPolicy): boolean {
  return STRICTNESS.indexOf(one) < STRICTNESS.indexOf(other);
}

/** The first pattern that names the domain. */
function naming(patterns: readonly string[], domain: Domain): string | null {
  return patterns.find((pattern) => matchesPattern(pattern as DomainPattern, domain)) ?? null;
}
