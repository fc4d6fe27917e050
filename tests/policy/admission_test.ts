import assert from "node:assert/strict";
import type { ProofPolicy } from "../../config/config.ts";
import type { Cause } from "../../facts/cause.ts";
import { type AdmissionSettings, pairPolicy, refusal } from "../../policy/admission.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const SETTINGS: AdmissionSettings = {
  proof: "authenticated",
  allowInsecureDelegation: false,
  daneInbound: "positive",
  allow: [],
  block: [],
  peer: new Map(),
};

const LISTS: Record<string, [allow: string[], block: string[], remote: string, Cause | null]> = {
  "no lists: everybody": [[], [], "peer.example", null],
  "blocked by name": [[], ["peer.example"], "peer.example", "policy.blocked"],
  "blocked with all below": [[], ["*.peer.example"], "a.b.peer.example", "policy.blocked"],
  "a pattern does not name its own domain": [[], ["*.peer.example"], "peer.example", null],
  "a pattern is cut at labels": [[], ["*.peer.example"], "notpeer.example", null],
  "allowed by name": [["peer.example"], [], "peer.example", null],
  "not among those allowed": [["peer.example"], [], "other.example", "policy.not-allowed"],
  "block wins over allow": [["*.example"], ["peer.example"], "peer.example", "policy.blocked"],
};
for (const [name, [allow, block, remote, expected]] of Object.entries(LISTS)) {
  Deno.test(`admission: ${name}`, () => {
    assert.equal(refusal({ ...SETTINGS, allow, block }, parseDomain(remote)), expected);
  });
}

const INHERITANCE: Record<string, [peer: ProofPolicy | null, tenant: ProofPolicy | null, ProofPolicy]> = {
  "nothing set: the server's": [null, null, "authenticated"],
  "the peer's entry": ["encrypted", null, "encrypted"],
  "the tenant's own": [null, "strict", "strict"],
  "a tenant may be weaker than the server": [null, "encrypted", "encrypted"],
  "a peer's entry does not weaken a strict tenant": ["encrypted", "strict", "strict"],
  "a tenant does not weaken a strict peer's entry": ["strict", "encrypted", "strict"],
};
for (const [name, [peer, tenant, expected]] of Object.entries(INHERITANCE)) {
  Deno.test(`admission, inheritance: ${name}`, () => {
    const pair = { local: parseDomain("target.example"), remote: parseDomain("peer.example") };
    const entries = new Map(peer === null ? [] : [["peer.example", { proof: peer }]]);
    assert.equal(pairPolicy({ ...SETTINGS, peer: entries }, pair, tenant).proof, expected);
  });
}
