/** What a re-check says of a proof that is held. protocol.md 3.9. */
import type { Cause } from "../facts/cause.ts";
import type { Need, Verdict } from "./decide.ts";
import { tlsaFailure } from "./dane.ts";
import { dnsFailure } from "./delegation.ts";
import { type Evidence, type Prooftype, STRENGTH } from "./judge.ts";
import { Proof, prove, type Timing } from "./proof.ts";

export type Recheck =
  | { readonly is: "held"; readonly proof: Proof }
  | { readonly is: "open"; readonly needs: readonly Need[] }
  /** Bogus DNS: three in a row revoke. */
  | { readonly is: "bogus" }
  /** Nothing was learned. */
  | { readonly is: "failed"; readonly cause: Cause }
  | { readonly is: "negative"; readonly cause: Cause };

/** In the order of 3.2: a prooftype is reached through the evidence of those before it. */
const EVIDENCE: readonly Need[] = ["delegation", "tlsa", "posh", "callback"];

const LAST: Readonly<Record<Prooftype, Need>> = {
  "pkix": "delegation",
  "dna-srv": "delegation",
  "dna-srv-insecure": "delegation",
  "dane": "tlsa",
  "posh": "posh",
  "samecert": "callback",
  "dialback-dnssec": "callback",
  "dialback": "callback",
};

/**
 * Reads the verdict of a re-check for a proof of the type `held`.
 *
 * No weaker proof is looked for, nor taken, where the held one is gone: a withdrawn delegation ends within its stated
 * bound, and the peer may ask again. What the stronger one opened (the other way of bidi) would stay open.
 */
export function readRecheck(verdict: Verdict, held: Prooftype, evidence: Evidence, timing: Timing): Recheck {
  if (verdict.proved && STRENGTH[verdict.proof.prooftype] >= STRENGTH[held]) {
    return { is: "held", proof: verdict.proof };
  }
  const { delegation, tlsa } = evidence;
  const failure = tlsaFailure(tlsa ?? []);
  if (delegation?.security === "bogus" || failure?.security === "bogus") return { is: "bogus" };
  const lost = whyNot(held, evidence, timing);
  const open = verdict.proved ? [] : verdict.needs;
  // What still proves it is not all that the policy or the direction wants to see: TLSA decides alone towards a server.
  const needs = open.filter((need) =>
    lost === null || EVIDENCE.indexOf(need) <= EVIDENCE.indexOf(LAST[held])
  );
  if (needs.length > 0) return { is: "open", needs };
  // What became of the held prooftype says more than why nothing else proves the peer either.
  const cause = lost ?? (verdict.proved || open.length > 0 ? "proof.none" : verdict.cause);
  const temporary = passing(held, evidence);
  return temporary === null ? { is: "negative", cause } : { is: "failed", cause: temporary };
}

/** What kept the held prooftype from being seen, when that may pass by itself. */
function passing(held: Prooftype, { delegation, tlsa, posh, callback }: Evidence): Cause | null {
  if (LAST[held] === "posh") return posh?.found === false && posh.passing ? posh.cause : null;
  const dns = delegation === null ? null : dnsFailure(delegation);
  if (dns !== null) return dns;
  if (held === "dane") return tlsaFailure(tlsa ?? [])?.cause ?? null;
  if (LAST[held] !== "callback" || callback === null) return null;
  const unlearned = callback.outcome === "unreachable" || callback.outcome === "busy";
  const unknown = unlearned || callback.security === "indeterminate";
  return unknown ? callback.cause ?? "proof.timeout" : null;
}

/** Why the evidence at hand does not prove it; null when it does. */
function whyNot(held: Prooftype, evidence: Evidence, timing: Timing): Cause | null {
  const proof = prove(held, evidence, timing);
  return proof instanceof Proof ? null : proof;
}
