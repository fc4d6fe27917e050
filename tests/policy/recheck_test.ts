import assert from "node:assert/strict";
import type { Need, Verdict } from "../../policy/decide.ts";
import { DENIALS } from "../../xmpp/verdict_error.ts";
import { endpoint } from "../../policy/endpoint.ts";
import { type Evidence, type Prooftype, UNASKED } from "../../policy/judge.ts";
import { readRecheck } from "../../policy/recheck.ts";
import {
  accepted,
  BOGUS,
  calledBack,
  delegated,
  ENCRYPTED,
  FAILING,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  SELF_SIGNED,
  SENDER,
  TIMING,
  TLSA_BOGUS,
  TLSA_FAILING,
  TLSA_MISMATCH,
} from "./fixtures.ts";

const HOST = "xmpp1.originating.example";

/** A re-check of an endpoint that was proven by POSH, under a policy that would also take it unproven (TF-9). */
function again(posh: Evidence["posh"]) {
  const delegation = delegated("insecure", [HOST]);
  const reached = {
    host: HOST,
    port: 5269,
    security: "insecure",
    encrypted: true,
    streamId: null,
  } as const;
  const evidence = {
    ...UNASKED,
    domain: SENDER,
    certificate: SELF_SIGNED,
    delegation,
    posh,
    reached,
    now: NOW,
  };
  const asked = { host: null, mode: "classic", dialled: true, policy: ENCRYPTED, timing: TIMING } as const;
  const verdict = endpoint({ ...evidence, ...asked });
  return readRecheck(verdict, "posh", evidence, TIMING);
}

Deno.test("recheck: what proved the peer is still there", () => {
  const outcome = again(POSH_MATCH);
  assert.equal(outcome.is === "held" && outcome.proof.prooftype, "posh");
});

Deno.test("recheck: a weaker proof does not take the place of the one that is gone (3.9, TF-9)", () => {
  assert.deepEqual(again(POSH_MISMATCH), { is: "negative", cause: "posh.mismatch" });
  assert.deepEqual(again({ ...POSH_NONE, passing: true } as Evidence["posh"]), {
    is: "failed",
    cause: "proof.none",
  });
});

const HERE = delegated("secure", [HOST]);
const MOVED = delegated("secure", ["other.example"]);
const UNSIGNED = delegated("insecure", [HOST]);
const UNREACHED = { found: false, passing: true, cause: "tcp.timeout", why: null } as const;
const GONE = { found: false, passing: false, cause: "posh.absent", why: null } as const;

type Row = readonly [Prooftype, Partial<Evidence>, needs: readonly Need[], expected: string];

const CASES: Record<string, Row> = {
  "dna-srv: moved away: no weaker proof is looked for": [
    "dna-srv",
    { certificate: accepted(HOST), delegation: MOVED },
    ["tlsa", "posh"],
    "negative proof.delegation",
  ],
  "dna-srv: unsigned now": [
    "dna-srv",
    { certificate: accepted(HOST), delegation: UNSIGNED },
    ["posh"],
    "negative dns.insecure",
  ],
  "dna-srv: still there, and TLSA is to be seen (outgoing, strict, enforce)": [
    "dna-srv",
    { certificate: accepted(HOST), delegation: HERE },
    ["tlsa"],
    "open tlsa",
  ],
  "dna-srv: bogus": ["dna-srv", { delegation: BOGUS }, [], "bogus"],
  "dna-srv: DNS fails for now": ["dna-srv", { delegation: FAILING }, ["posh"], "failed dns.servfail"],
  "pkix under strict: bogus": [
    "pkix",
    { certificate: accepted("sender.example"), delegation: BOGUS },
    [],
    "bogus",
  ],
  "dane: TLSA is part of it": ["dane", { delegation: HERE }, ["tlsa", "posh"], "open tlsa"],
  "dane: the records moved on": [
    "dane",
    { delegation: HERE, tlsa: [TLSA_MISMATCH] },
    ["posh"],
    "negative dane.mismatch",
  ],
  "dane: bogus TLSA": ["dane", { delegation: HERE, tlsa: [TLSA_BOGUS] }, [], "bogus"],
  "dane: TLSA fails for now": [
    "dane",
    { delegation: HERE, tlsa: [TLSA_FAILING] },
    ["posh"],
    "failed dns.timeout",
  ],
  "posh: another certificate": [
    "posh",
    { delegation: UNSIGNED, posh: POSH_MISMATCH },
    [],
    "negative posh.mismatch",
  ],
  "posh: the web server is away": [
    "posh",
    { delegation: UNSIGNED, posh: UNREACHED },
    [],
    "failed tcp.timeout",
  ],
  "posh: the document is gone": ["posh", { delegation: UNSIGNED, posh: GONE }, [], "negative posh.absent"],
  "posh: DNS that fails does not touch it": [
    "posh",
    { delegation: FAILING, posh: POSH_MATCH },
    [],
    "negative tls.names",
  ],
  "posh: bogus": ["posh", { delegation: BOGUS, posh: POSH_MATCH }, [], "bogus"],
  "dialback: asks again": ["dialback", { delegation: UNSIGNED, posh: GONE }, ["callback"], "open callback"],
  "dialback: the server is away": [
    "dialback",
    { delegation: UNSIGNED, callback: calledBack("unreachable", { cause: "tcp.refused" }) },
    [],
    "failed tcp.refused",
  ],
  "dialback: refuted": [
    "dialback",
    { delegation: UNSIGNED, callback: calledBack("refuted", { cause: "dialback.refuted" }) },
    [],
    "negative dialback.refuted",
  ],
};
for (const [name, [held, known, needs, expected]] of Object.entries(CASES)) {
  Deno.test(`re-check, 3.9: ${name}`, () => {
    const evidence = { ...UNASKED, domain: SENDER, certificate: SELF_SIGNED, now: NOW, ...known };
    const verdict: Verdict = {
      proved: false,
      cause: "tls.names",
      denial: DENIALS["not proven"],
      tried: "pkix",
      needs,
    };
    const outcome = readRecheck(verdict, held, evidence, TIMING);
    const detail = outcome.is === "open" ? outcome.needs.join(" ") : "cause" in outcome ? outcome.cause : "";
    assert.equal(`${outcome.is} ${detail}`.trim(), expected);
  });
}
