import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import type { PairPolicy } from "../../policy/admission.ts";
import { decide, type Verdict } from "../../policy/decide.ts";
import type { Prooftype } from "../../policy/judge.ts";
import {
  accepted,
  AUTHENTICATED,
  BOGUS,
  delegated,
  FAILING,
  NO_CERTIFICATE,
  NO_DOMAIN,
  NO_SRV,
  NOW,
  REFUSED,
  SELF_SIGNED,
  SENDER,
  STRICT,
  TIMING,
  TRUSTING,
} from "./fixtures.ts";

const HOST = "xmpp1.originating.example";
const MACHINE = accepted(HOST);
const OWN = accepted("sender.example");
const BOTH = accepted(HOST, "sender.example");
const SECURE = delegated("secure", [HOST]);
const INSECURE = delegated("insecure", [HOST]);

type Expected =
  | Prooftype
  | "ask DNS"
  | [cause: Cause, type: "auth" | "cancel" | "wait", condition: string];

/** The matrix of protocol.md 3.2, the column of 5.7 for requests, the rows of 2.6.2. */
const CASES: Record<string, [PeerCertificate, Delegation | null, PairPolicy, Expected]> = {
  "the domain in the certificate is enough, DNS is not asked": [OWN, null, AUTHENTICATED, "pkix"],
  "pkix comes before dna-srv": [BOTH, SECURE, AUTHENTICATED, "pkix"],
  "pkix holds even when DNS is bogus": [OWN, BOGUS, AUTHENTICATED, "pkix"],
  "pkix holds when DNS fails": [OWN, FAILING, AUTHENTICATED, "pkix"],
  "strict asks DNS before it takes pkix": [OWN, null, STRICT, "ask DNS"],
  "strict takes pkix when DNS is not bogus": [OWN, NO_SRV, STRICT, "pkix"],
  "strict takes pkix when DNS is insecure": [OWN, INSECURE, STRICT, "pkix"],
  "strict refuses pkix when DNS is bogus": [OWN, BOGUS, STRICT, ["policy.dns", "auth", "not-authorized"]],
  "a machine's certificate needs DNS": [MACHINE, null, AUTHENTICATED, "ask DNS"],
  "a signed delegation to the machine": [MACHINE, SECURE, AUTHENTICATED, "dna-srv"],
  "several targets, one is the machine": [
    MACHINE,
    delegated("secure", ["a.example.net", "b.example.net", HOST]),
    AUTHENTICATED,
    "dna-srv",
  ],
  "strict takes dna-srv": [MACHINE, SECURE, STRICT, "dna-srv"],
  "an unsigned delegation": [
    MACHINE,
    INSECURE,
    AUTHENTICATED,
    ["dns.insecure", "auth", "not-authorized"],
  ],
  "an unsigned delegation proves nothing where the switch is off": [
    MACHINE,
    INSECURE,
    AUTHENTICATED,
    ["dns.insecure", "auth", "not-authorized"],
  ],
  "an unsigned delegation proves with the switch on": [MACHINE, INSECURE, TRUSTING, "dna-srv-insecure"],
  "a signed one stays dna-srv with the switch on": [MACHINE, SECURE, TRUSTING, "dna-srv"],
  "strict takes no unsigned delegation, switch or not": [
    MACHINE,
    INSECURE,
    { proof: "strict", allowInsecureDelegation: true },
    ["dns.insecure", "auth", "not-authorized"],
  ],
  "an unsigned delegation elsewhere, switch on": [
    MACHINE,
    delegated("insecure", ["other.example"]),
    TRUSTING,
    ["proof.delegation", "auth", "not-authorized"],
  ],
  "a signed one elsewhere, switch on": [
    MACHINE,
    delegated("secure", ["other.example"]),
    TRUSTING,
    ["proof.delegation", "auth", "not-authorized"],
  ],
  "a signed delegation elsewhere": [
    MACHINE,
    delegated("secure", ["other.example"]),
    AUTHENTICATED,
    ["proof.delegation", "auth", "not-authorized"],
  ],
  "bogus is refused for good, not for now": [
    MACHINE,
    BOGUS,
    AUTHENTICATED,
    ["dns.bogus", "auth", "not-authorized"],
  ],
  "bogus stays bogus with the switch on": [MACHINE, BOGUS, TRUSTING, ["dns.bogus", "auth", "not-authorized"]],
  "DNS fails for now": [MACHINE, FAILING, AUTHENTICATED, ["dns.servfail", "wait", "remote-server-timeout"]],
  "DNS fails for now, switch on": [
    MACHINE,
    FAILING,
    TRUSTING,
    ["dns.servfail", "wait", "remote-server-timeout"],
  ],
  "no such domain": [MACHINE, NO_DOMAIN, AUTHENTICATED, [
    "dns.nxdomain",
    "cancel",
    "remote-server-not-found",
  ]],
  "the domain offers no service": [
    MACHINE,
    REFUSED,
    AUTHENTICATED,
    ["dns.no-service", "cancel", "remote-server-not-found"],
  ],
  "the domain has no SRV": [MACHINE, NO_SRV, AUTHENTICATED, ["proof.absent", "auth", "not-authorized"]],
  "no certificate: DNS is not worth asking": [
    NO_CERTIFICATE,
    null,
    AUTHENTICATED,
    ["tls.no-certificate", "auth", "not-authorized"],
  ],
  "no trusted chain: DNS is not worth asking": [
    SELF_SIGNED,
    null,
    TRUSTING,
    ["tls.self-signed", "auth", "not-authorized"],
  ],
  "no trusted chain, right names, signed delegation": [
    SELF_SIGNED,
    SECURE,
    AUTHENTICATED,
    ["tls.self-signed", "auth", "not-authorized"],
  ],
};

for (const [name, [certificate, delegation, policy, expected]] of Object.entries(CASES)) {
  Deno.test(`decide: ${name}`, () => {
    const verdict = decide({ domain: SENDER, certificate, delegation, policy, now: NOW, timing: TIMING });
    assert.deepEqual(summary(verdict), expected);
  });
}

Deno.test("decide: DNS is never asked twice: with a delegation at hand every verdict is final", () => {
  for (const certificate of [OWN, MACHINE, SELF_SIGNED, NO_CERTIFICATE]) {
    for (const delegation of [SECURE, INSECURE, BOGUS, FAILING, NO_DOMAIN, NO_SRV, REFUSED]) {
      for (const policy of [AUTHENTICATED, STRICT, TRUSTING]) {
        const verdict = decide({ domain: SENDER, certificate, delegation, policy, now: NOW, timing: TIMING });
        assert.ok(verdict.proved || verdict.needs.length === 0);
      }
    }
  }
});

Deno.test("decide: a proof made on unsigned DNS says so", () => {
  const question = { domain: SENDER, certificate: MACHINE, now: NOW, timing: TIMING };
  const insecure = decide({ ...question, delegation: INSECURE, policy: TRUSTING });
  const secure = decide({ ...question, delegation: SECURE, policy: TRUSTING });
  assert.ok(insecure.proved && insecure.proof.insecure);
  assert.ok(secure.proved && !secure.proof.insecure);
});

function summary(verdict: Verdict): Expected {
  if (verdict.proved) return verdict.proof.prooftype;
  if (verdict.needs.length > 0) return "ask DNS";
  const { cause, denial } = verdict;
  return [cause, denial.type as "auth" | "cancel" | "wait", denial.condition];
}

Deno.test("cause proof.none: nothing in hand proves the claim, and DNS was not asked yet", () => {
  const verdict = decide({
    domain: SENDER,
    certificate: MACHINE,
    delegation: null,
    policy: AUTHENTICATED,
    now: NOW,
    timing: TIMING,
  });
  assert.equal(!verdict.proved && verdict.cause, "proof.none");
});
