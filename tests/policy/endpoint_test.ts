import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import { endpoint, type EndpointQuestion } from "../../policy/endpoint.ts";
import { type Prooftype, type Reached, UNASKED } from "../../policy/judge.ts";
import { Proof } from "../../policy/proof.ts";
import {
  accepted,
  AUTHENTICATED,
  BOGUS,
  DAY,
  delegated,
  dns,
  ENCRYPTED,
  facts,
  FAILING,
  LEGACY,
  NO_CERTIFICATE,
  NO_SRV,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  REFUSED,
  SELF_SIGNED,
  SENDER,
  STRICT,
  TIMING,
  TLSA_BOGUS,
  TLSA_FAILING,
  TLSA_MATCH,
  TLSA_MISMATCH,
  TLSA_NONE,
} from "./fixtures.ts";

const ONE = "xmpp1.originating.example";
const TWO = "xmpp2.originating.example";
const SECURE = delegated("secure", [ONE, TWO]);
const INSECURE = delegated("insecure", [ONE, TWO]);
const EXPIRED: PeerCertificate = {
  state: "refused",
  cause: "tls.expired",
  facts: facts([dns("evil.example")], { notAfter: NOW - DAY }),
};

const reached = (change: Partial<Reached> = {}): Reached => ({
  host: ONE,
  port: 5269,
  security: "secure",
  encrypted: true,
  streamId: null,
  ...change,
});

type Expected = Prooftype | Cause | `needs ${string}`;

/** What is said of one machine. */
function said(
  certificate: PeerCertificate,
  delegation: Delegation | null,
  change: Partial<EndpointQuestion> = {},
): Expected {
  const verdict = endpoint({
    ...UNASKED,
    domain: SENDER,
    certificate,
    delegation,
    tlsa: [TLSA_NONE],
    posh: POSH_NONE,
    host: ONE,
    mode: "classic",
    dialled: true,
    policy: AUTHENTICATED,
    now: NOW,
    timing: TIMING,
    ...change,
  });
  if (verdict.proved) return verdict.proof.prooftype;
  return verdict.needs.length > 0 ? `needs ${verdict.needs.join(" ")}` : verdict.cause;
}

const NAMES: Record<string, [PeerCertificate, Delegation, host: string | null, Expected]> = {
  "the SRV target's name, SRV secure": [accepted(ONE), SECURE, ONE, "dna-srv"],
  "the domain itself, SRV secure (A-8)": [accepted("sender.example"), SECURE, ONE, "pkix"],
  "the domain itself, SRV insecure": [accepted("sender.example"), INSECURE, ONE, "pkix"],
  "the domain itself, no SRV": [accepted("sender.example"), NO_SRV, null, "pkix"],
  "the SRV target's name, SRV insecure: never a reference": [accepted(ONE), INSECURE, ONE, "dns.insecure"],
  "neither name": [accepted("evil.example"), SECURE, ONE, "tls.names"],
  "neither name, SRV insecure": [accepted("evil.example"), INSECURE, ONE, "tls.names"],
  "the name of the other target, not of the one dialled": [accepted(TWO), SECURE, ONE, "tls.names"],
  "a host that is no target": [accepted("evil.example"), SECURE, "evil.example", "tls.names"],
  "reuse: any target counts": [accepted(TWO), SECURE, null, "dna-srv"],
  "reuse: SRV insecure": [accepted(TWO), INSECURE, null, "dns.insecure"],
  "no certificate": [NO_CERTIFICATE, SECURE, ONE, "tls.no-certificate"],
  "no trusted chain": [SELF_SIGNED, SECURE, ONE, "tls.self-signed"],
  "bogus aborts even with the domain itself": [accepted("sender.example"), BOGUS, ONE, "dns.bogus"],
  "failing aborts even with the domain itself": [accepted("sender.example"), FAILING, ONE, "dns.servfail"],
  "bogus without a cause": [accepted(ONE), delegated("bogus", [ONE]), ONE, "dns.bogus"],
  "service refused": [accepted("sender.example"), REFUSED, ONE, "dns.no-service"],
};
for (const [name, [certificate, delegation, host, expected]] of Object.entries(NAMES)) {
  Deno.test(`endpoint: ${name}`, () => assert.equal(said(certificate, delegation, { host }), expected));
}

const OWN = accepted("sender.example");

/** protocol.md 3.2 (outgoing exception), 3.4, 3.6.5, TF-8, TF-9. */
const CASES: Record<string, [PeerCertificate, Delegation | null, Partial<EndpointQuestion>, Expected]> = {
  "DNS first": [OWN, null, {}, "needs delegation"],
  "TLSA before any name": [OWN, SECURE, { tlsa: null }, "needs tlsa"],
  "no TLSA below an unsigned delegation": [OWN, INSECURE, { tlsa: null }, "pkix"],
  "TLSA of the domain itself below a proven absence": [OWN, NO_SRV, { tlsa: null }, "needs tlsa"],
  "DAN-3: TLSA matches": [SELF_SIGNED, SECURE, { tlsa: [TLSA_MATCH] }, "dane"],
  "DAN-3: on server-name streams too": [
    SELF_SIGNED,
    SECURE,
    { tlsa: [TLSA_MATCH], mode: "server-name" },
    "dane",
  ],
  "DAN-4: TLSA decides alone": [OWN, SECURE, { tlsa: [TLSA_MISMATCH] }, "dane.mismatch"],
  "DAN-4: and nothing weaker either": [
    OWN,
    SECURE,
    { tlsa: [TLSA_MISMATCH], posh: POSH_MATCH, policy: ENCRYPTED, reached: reached() },
    "dane.mismatch",
  ],
  "DAN-6: bogus TLSA": [OWN, SECURE, { tlsa: [TLSA_BOGUS] }, "dns.bogus"],
  "TLSA that fails for now": [OWN, SECURE, { tlsa: [TLSA_FAILING] }, "dns.timeout"],
  "who came to us is not spoken of": [OWN, SECURE, { tlsa: [TLSA_MISMATCH], dialled: false }, "pkix"],
  "but may match": [SELF_SIGNED, SECURE, { tlsa: [TLSA_MATCH], dialled: false }, "dane"],
  "DNA-6: POSH is for classic streams": [
    SELF_SIGNED,
    SECURE,
    { posh: POSH_MATCH, mode: "server-name" },
    "tls.self-signed",
  ],
  "POSH matches": [SELF_SIGNED, INSECURE, { posh: POSH_MATCH }, "posh"],
  "POSH is fetched where names do not do": [SELF_SIGNED, INSECURE, { posh: null }, "needs posh"],
  "POSH is not fetched where they do": [OWN, INSECURE, { posh: null }, "pkix"],
  "POSH is not fetched for a certificate out of its dates": [
    EXPIRED,
    INSECURE,
    { posh: null },
    "tls.expired",
  ],
  "POSH names another certificate": [SELF_SIGNED, INSECURE, { posh: POSH_MISMATCH }, "tls.self-signed"],
  "TF-9: found by signed DNS": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED, reached: reached() },
    "dialback-dnssec",
  ],
  "TF-9: at an unsigned address": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED, reached: reached({ security: "insecure" }) },
    "dialback",
  ],
  "TF-9: found by unsigned DNS": [
    EXPIRED,
    INSECURE,
    { policy: LEGACY, reached: reached({ security: "insecure" }) },
    "dialback",
  ],
  "TF-9: without SRV": [
    SELF_SIGNED,
    NO_SRV,
    { policy: ENCRYPTED, reached: reached({ host: "sender.example" }), host: null },
    "dialback-dnssec",
  ],
  "TF-9: the delegation names it no longer": [
    SELF_SIGNED,
    delegated("secure", [TWO]),
    { policy: ENCRYPTED, reached: reached(), host: null },
    "tls.self-signed",
  ],
  "TF-9: on another port": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED, reached: reached({ port: 5299 }) },
    "tls.self-signed",
  ],
  "TF-9: an address that nobody can judge": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED, reached: reached({ security: "bogus" }) },
    "tls.self-signed",
  ],
  "TF-9: not on server-name streams": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED, reached: reached(), mode: "server-name" },
    "tls.self-signed",
  ],
  "TF-9: not on a connection that is there for others": [
    SELF_SIGNED,
    SECURE,
    { policy: ENCRYPTED },
    "tls.self-signed",
  ],
  "TF-9: not under authenticated": [SELF_SIGNED, SECURE, { reached: reached() }, "tls.self-signed"],
  "TF-9: not under strict": [SELF_SIGNED, SECURE, { policy: STRICT, reached: reached() }, "tls.self-signed"],
  "rung 4: cleartext under legacy alone": [
    NO_CERTIFICATE,
    INSECURE,
    { policy: LEGACY, reached: reached({ encrypted: false, security: "insecure", streamId: "id" }) },
    "dialback",
  ],
  "rung 4: cleartext under encrypted": [
    NO_CERTIFICATE,
    INSECURE,
    { policy: ENCRYPTED, reached: reached({ encrypted: false, security: "insecure", streamId: "id" }) },
    "tls.required",
  ],
};
for (const [name, [certificate, delegation, change, expected]] of Object.entries(CASES)) {
  Deno.test(`endpoint: ${name}`, () => assert.equal(said(certificate, delegation, change), expected));
}

Deno.test("endpoint: what proves by reaching is bound to what the machine showed, in cleartext to its stream", () => {
  const bound = (certificate: PeerCertificate, change: Partial<Reached>) => {
    const verdict = endpoint({
      ...UNASKED,
      domain: SENDER,
      certificate,
      delegation: INSECURE,
      posh: POSH_NONE,
      reached: reached({ security: "insecure", streamId: "id", ...change }),
      host: ONE,
      mode: "classic",
      dialled: true,
      policy: LEGACY,
      now: NOW,
      timing: TIMING,
    });
    assert.ok(verdict.proved && verdict.proof instanceof Proof);
    return [verdict.proof.certificate, verdict.proof.streamId];
  };
  assert.deepEqual(bound(SELF_SIGNED, {}), [facts([]).sha256, null]);
  assert.deepEqual(bound(NO_CERTIFICATE, { encrypted: false }), [null, "id"]);
});
