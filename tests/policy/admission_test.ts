import assert from "node:assert/strict";
import type { PeerPolicy, ProofPolicy, TenantPolicy } from "../../config/config.ts";
import {
  type AdmissionSettings,
  effectivePolicy,
  INHERITS,
  type PairPolicy,
  pairPolicy,
  refusal,
  type Source,
  survives,
} from "../../policy/admission.ts";
import type { Prooftype } from "../../policy/judge.ts";
import { takesCleartext } from "../../policy/cleartext.ts";
import { Policies } from "../../policy/policies.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { AUTHENTICATED, ENCRYPTED, ENFORCING, STRICT, TRUSTING } from "./fixtures.ts";

const SETTINGS: AdmissionSettings = {
  proof: "authenticated",
  allowInsecureDelegation: false,
  daneInbound: "positive",
  allow: [],
  block: [],
  peer: new Map(),
};

type Cause = "policy.blocked" | "policy.not-allowed";
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
    const lists = { allow, block };
    const domain = parseDomain(remote);
    const byServer = refusal(lists, INHERITS, domain);
    assert.deepEqual([byServer?.cause ?? null, byServer?.source], [
      expected,
      expected ? "server" : undefined,
    ]);
    const byTenant = refusal(SETTINGS, lists, domain);
    assert.deepEqual([byTenant?.cause ?? null, byTenant?.source], [
      expected,
      expected ? "tenant" : undefined,
    ]);
  });
}

Deno.test("admission: a tenant's lists never let in whom the server's keep out", () => {
  const peer = parseDomain("peer.example");
  const open = { allow: ["peer.example"], block: [] };
  assert.equal(refusal({ allow: [], block: ["*.example"] }, open, peer)?.pattern, "*.example");
  assert.equal(refusal({ allow: ["other.example"], block: [] }, open, peer)?.cause, "policy.not-allowed");
});

const PAIR = { local: parseDomain("target.example"), remote: parseDomain("peer.example") };
const NOTHING: PeerPolicy = { proof: null, allowInsecureDelegation: null, daneInbound: null };

type Word = ProofPolicy | null;
const INHERITANCE: Record<string, [peer: Word, tenant: Word, expected: ProofPolicy, source: Source]> = {
  "nothing set: the server's": [null, null, "authenticated", "server"],
  "the peer's entry": ["encrypted", null, "encrypted", "peer"],
  "the tenant's own": [null, "strict", "strict", "tenant"],
  "a tenant may be weaker than the server": [null, "encrypted", "encrypted", "tenant"],
  "a peer's entry does not weaken a strict tenant": ["encrypted", "strict", "strict", "tenant"],
  "a tenant does not weaken a strict peer's entry": ["strict", "encrypted", "strict", "peer"],
  "both alike": ["strict", "strict", "strict", "peer"],
};
for (const [name, [peer, tenant, value, source]] of Object.entries(INHERITANCE)) {
  Deno.test(`admission, inheritance: ${name}`, () => {
    const settings = { ...SETTINGS, peer: new Map([["peer.example", { ...NOTHING, proof: peer }]]) };
    assert.deepEqual(effectivePolicy(settings, PAIR, { proof: tenant }).proof, { value, source });
    assert.equal(pairPolicy(settings, PAIR, { proof: tenant }).proof, value);
    const other = { ...PAIR, remote: parseDomain("x.peer.example") };
    assert.equal(
      pairPolicy(settings, other, { proof: tenant }).proof,
      tenant ?? "authenticated",
      "by name alone",
    );
  });
}

Deno.test("admission, inheritance: the switches of one peer", () => {
  const entry: PeerPolicy = { proof: null, allowInsecureDelegation: true, daneInbound: "enforce" };
  const settings = { ...SETTINGS, peer: new Map([["peer.example", entry]]) };
  assert.deepEqual(pairPolicy(settings, PAIR, INHERITS), {
    proof: "authenticated",
    allowInsecureDelegation: true,
    daneInbound: "enforce",
  });
  const off = { ...settings, allowInsecureDelegation: true, daneInbound: "enforce" } as const;
  const none: PeerPolicy = { proof: null, allowInsecureDelegation: false, daneInbound: "positive" };
  const effective = effectivePolicy({ ...off, peer: new Map([["peer.example", none]]) }, PAIR, INHERITS);
  assert.deepEqual(effective.allowInsecureDelegation, { value: false, source: "peer" });
  assert.deepEqual(effective.daneInbound, { value: "positive", source: "peer" });
});

Deno.test("admission: each tenant has its own word, others have the server's", () => {
  const policy: TenantPolicy = { proof: "strict", allow: [], block: ["peer.example"] };
  const policies = new Policies(SETTINGS, [{ name: PAIR.local, policy }]);
  assert.equal(policies.of(PAIR).proof, "strict");
  assert.equal(policies.refusal(PAIR)?.source, "tenant");
  const other = { ...PAIR, local: parseDomain("other-target.example") };
  assert.equal(policies.of(other).proof, "authenticated");
  assert.equal(policies.refusal(other), null);
});

/** Server's word, tenant's, peer's; who is named in the header; whether the stream may do without TLS. */
const CLEARTEXT: [server: ProofPolicy, tenant: Word, peer: Word, to: boolean, from: boolean, may: boolean][] =
  [
    ["legacy", null, null, true, true, true],
    ["legacy", null, null, false, false, true],
    ["legacy", "strict", null, true, true, false],
    ["legacy", "strict", null, true, false, false],
    ["legacy", null, "encrypted", true, true, false],
    ["legacy", null, "encrypted", false, true, false],
    ["encrypted", null, "legacy", true, true, true],
    ["encrypted", null, "legacy", true, false, false],
    ["encrypted", "authenticated", "legacy", true, true, false],
    ["encrypted", "legacy", null, true, true, true],
    ["encrypted", "legacy", null, true, false, true],
    ["encrypted", "legacy", null, false, true, false],
    ["encrypted", null, null, true, true, false],
  ];
for (const [server, tenant, peer, to, from, may] of CLEARTEXT) {
  const words = `server ${server}, tenant ${tenant}, peer ${peer}; to ${to}, from ${from}`;
  Deno.test(`TLS-4 admission, a stream without TLS, ${words}: ${may}`, () => {
    const settings = {
      ...SETTINGS,
      proof: server,
      peer: new Map([["peer.example", { ...NOTHING, proof: peer }]]),
    };
    const policies = new Policies(settings, [{ name: PAIR.local, policy: { ...INHERITS, proof: tenant } }]);
    assert.equal(policies.takesCleartext(to ? PAIR.local : null, from ? PAIR.remote : null), may);
    if (to && from) assert.equal(takesCleartext(policies.of(PAIR)), may);
  });
}

/** Whether a proof outlives the change of its pair's policy. */
const CHANGES: Record<string, [before: PairPolicy, after: PairPolicy, stay: Prooftype[], go: Prooftype[]]> = {
  "nothing changed": [STRICT, STRICT, ["pkix", "posh", "dane", "dna-srv"], []],
  "to strict: what did not look at signed DNS goes": [
    AUTHENTICATED,
    STRICT,
    ["dane", "dna-srv"],
    ["pkix", "posh"],
  ],
  "from encrypted: proofs by dialback go": [
    ENCRYPTED,
    AUTHENTICATED,
    ["pkix", "posh", "dane", "dna-srv"],
    ["dialback", "dialback-dnssec", "samecert"],
  ],
  "the switch for insecure delegations is off again": [TRUSTING, AUTHENTICATED, ["pkix"], [
    "dna-srv-insecure",
  ]],
  "TLSA is enforced now": [AUTHENTICATED, ENFORCING, ["dane"], ["pkix", "posh", "dna-srv"]],
  "weaker": [STRICT, ENCRYPTED, ["pkix", "dane", "dna-srv", "posh"], []],
};
for (const [name, [before, after, stay, go]] of Object.entries(CHANGES)) {
  Deno.test(`admission, changed: ${name}`, () => {
    for (const prooftype of stay) assert.ok(survives(before, after, { prooftype }), prooftype);
    for (const prooftype of go) assert.ok(!survives(before, after, { prooftype }), prooftype);
  });
}
