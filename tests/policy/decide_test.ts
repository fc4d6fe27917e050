import assert from "node:assert/strict";
import fc from "fast-check";
import type { Cause } from "../../facts/cause.ts";
import type { Callback } from "../../facts/callback.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import type { PoshEvidence } from "../../facts/posh.ts";
import type { EndpointTlsa } from "../../facts/tlsa.ts";
import type { PairPolicy } from "../../policy/admission.ts";
import { isByCallback } from "../../policy/admission.ts";
import { decide, type Need, type Question, type Verdict } from "../../policy/decide.ts";
import type { Prooftype } from "../../policy/judge.ts";
import {
  accepted,
  AUTHENTICATED,
  BOGUS,
  calledBack,
  DAY,
  delegated,
  dns,
  ENCRYPTED,
  ENFORCING,
  facts,
  FAILING,
  LEGACY,
  NO_CERTIFICATE,
  NO_DOMAIN,
  NO_SRV,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  REFUSED,
  SELF_SIGNED,
  SENDER,
  STRICT,
  STRICT_TRUSTING,
  TIMING,
  TLSA_BOGUS,
  TLSA_FAILING,
  TLSA_MATCH,
  TLSA_MISMATCH,
  TLSA_NONE,
  TRUSTING,
  UNREADABLE,
} from "./fixtures.ts";

const HOST = "xmpp1.originating.example";
const MACHINE = accepted(HOST);
const OWN = accepted("sender.example");
const BOTH = accepted(HOST, "sender.example");
const EXPIRED: PeerCertificate = {
  state: "refused",
  cause: "tls.expired",
  facts: facts([dns("sender.example")], { notAfter: NOW - DAY }),
};
const SECURE = delegated("secure", [HOST]);
const INSECURE = delegated("insecure", [HOST]);
const UNSIGNED_NO_SRV = delegated("insecure", [], { service: "absent" });

type Expected = Prooftype | `needs ${string}` | readonly [cause: Cause, answer: string];

/** What is known besides certificate and policy. */
interface Known {
  readonly srv?: Delegation;
  readonly tlsa?: EndpointTlsa | readonly EndpointTlsa[];
  readonly posh?: PoshEvidence;
  readonly key?: true;
  readonly callback?: Callback;
  readonly others?: true;
}

type Row = readonly [PeerCertificate, PairPolicy, Known, Expected];

const NOT_PROVEN = "auth not-authorized";
const FOR_NOW = "wait remote-server-timeout";
const NO_SUCH = "cancel remote-server-not-found";
const NOTHING = { tlsa: TLSA_NONE, posh: POSH_NONE };

/** protocol.md 3.2, the order of evaluation. */
const ORDER: Record<string, Row> = {
  "1: the domain in the certificate is enough, DNS is not asked": [OWN, AUTHENTICATED, {}, "pkix"],
  "1: pkix comes before dna-srv": [BOTH, AUTHENTICATED, { srv: SECURE }, "pkix"],
  "2: a machine's certificate needs DNS, and no HTTPS yet": [MACHINE, AUTHENTICATED, {}, "needs delegation"],
  "2: a signed delegation to the machine asks nothing further": [
    MACHINE,
    AUTHENTICATED,
    { srv: SECURE },
    "dna-srv",
  ],
  "2: several targets, one is the machine": [
    MACHINE,
    AUTHENTICATED,
    { srv: delegated("secure", ["a.example.net", "b.example.net", HOST]) },
    "dna-srv",
  ],
  "2, 3: an untrusted chain needs DNS, with the HTTPS fetch beside it": [
    SELF_SIGNED,
    AUTHENTICATED,
    {},
    "needs delegation posh",
  ],
  "2, 3: a delegation elsewhere leaves TLSA and POSH": [
    MACHINE,
    AUTHENTICATED,
    { srv: delegated("secure", ["other.example"]) },
    "needs tlsa posh",
  ],
  "2: below an unsigned delegation no TLSA is asked": [
    MACHINE,
    AUTHENTICATED,
    { srv: INSECURE },
    "needs posh",
  ],
  "2: below a signed absence of SRV it is (3.4, last rule)": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: NO_SRV, posh: POSH_NONE },
    "needs tlsa",
  ],
  "2: below an unsigned absence it is not": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: UNSIGNED_NO_SRV, posh: POSH_NONE },
    ["tls.self-signed", NOT_PROVEN],
  ],
  "2: dane before posh": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: SECURE, tlsa: TLSA_MATCH, posh: POSH_MATCH },
    "dane",
  ],
  "3: no HTTPS for a certificate out of its dates (RFC 7711 6)": [
    EXPIRED,
    AUTHENTICATED,
    {},
    "needs delegation",
  ],
  "3: posh before dialback": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: INSECURE, posh: POSH_MATCH, key: true },
    "posh",
  ],
  "4: only then the domain's own server": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: INSECURE, posh: POSH_NONE, key: true },
    "needs callback",
  ],
  "4: a certificate-less peer with a key needs DNS first": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { key: true },
    "needs delegation",
  ],
  "4: and what TLSA says of the server that would be called (TF-2)": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { key: true, srv: SECURE },
    "needs tlsa",
  ],
  "4: and then nothing that looks at certificates": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { key: true, srv: SECURE, tlsa: TLSA_NONE },
    "needs callback",
  ],
  "4: nobody is called whose TLSA is bogus (TF-2)": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { key: true, srv: SECURE, tlsa: TLSA_BOGUS },
    ["dns.bogus", NOT_PROVEN],
  ],
};

/** protocol.md 3.2, the result matrix row by row, and its neighbours. */
const MATRIX: Record<string, Row> = {
  "PKIX with the sender, SRV bogus": [OWN, AUTHENTICATED, { srv: BOGUS }, "pkix"],
  "PKIX with the sender, SRV failing": [OWN, AUTHENTICATED, { srv: FAILING }, "pkix"],
  "PKIX with the sender, encrypted": [OWN, ENCRYPTED, {}, "pkix"],
  "PKIX with the sender, strict asks DNS": [OWN, STRICT, {}, "needs delegation"],
  "PKIX with the sender, strict, no SRV": [OWN, STRICT, { srv: NO_SRV, tlsa: TLSA_NONE }, "pkix"],
  "PKIX with the sender, strict, secure: TLSA is looked at (TF-1)": [
    OWN,
    STRICT,
    { srv: SECURE },
    "needs tlsa",
  ],
  "PKIX with the sender, strict, TLSA bogus (TF-1)": [
    OWN,
    STRICT,
    { srv: SECURE, tlsa: [TLSA_MATCH, TLSA_BOGUS] },
    ["policy.dns", NOT_PROVEN],
  ],
  "PKIX with the sender, strict, TLSA mismatch": [OWN, STRICT, { srv: SECURE, tlsa: TLSA_MISMATCH }, "pkix"],
  "PKIX with the sender, strict, insecure": [OWN, STRICT, { srv: INSECURE }, "pkix"],
  "PKIX with the sender, strict, failing: any but bogus": [OWN, STRICT, { srv: FAILING }, "pkix"],
  "PKIX with the sender, strict, bogus": [OWN, STRICT, { srv: BOGUS }, ["policy.dns", NOT_PROVEN]],
  "PKIX with the target, secure, strict": [MACHINE, STRICT, { srv: SECURE, tlsa: TLSA_NONE }, "dna-srv"],
  "PKIX with the target, secure, strict, TLSA bogus (TF-1)": [
    MACHINE,
    STRICT,
    { srv: SECURE, tlsa: TLSA_BOGUS },
    ["policy.dns", NOT_PROVEN],
  ],
  "PKIX with the target, secure, encrypted": [MACHINE, ENCRYPTED, { srv: SECURE, key: true }, "dna-srv"],
  "PKIX with the target, insecure, authenticated": [
    MACHINE,
    AUTHENTICATED,
    { srv: INSECURE, posh: POSH_NONE, key: true },
    ["dns.insecure", NOT_PROVEN],
  ],
  "PKIX with the target, insecure, encrypted, good key": [
    MACHINE,
    ENCRYPTED,
    { srv: INSECURE, posh: POSH_NONE, key: true, callback: calledBack("confirmed") },
    "dialback",
  ],
  "self-signed, TLSA matches": [SELF_SIGNED, AUTHENTICATED, { srv: SECURE, tlsa: TLSA_MATCH }, "dane"],
  "self-signed, TLSA matches, strict": [SELF_SIGNED, STRICT, { srv: SECURE, tlsa: TLSA_MATCH }, "dane"],
  "self-signed, TLSA below an insecure SRV": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: INSECURE, tlsa: TLSA_MATCH, posh: POSH_NONE },
    ["tls.self-signed", NOT_PROVEN],
  ],
  "self-signed, POSH matches": [SELF_SIGNED, AUTHENTICATED, { srv: INSECURE, posh: POSH_MATCH }, "posh"],
  "self-signed, POSH matches, strict, insecure": [
    SELF_SIGNED,
    STRICT,
    { srv: INSECURE, posh: POSH_MATCH },
    "posh",
  ],
  "self-signed, POSH matches, bogus": [SELF_SIGNED, AUTHENTICATED, { srv: BOGUS, posh: POSH_MATCH }, [
    "dns.bogus",
    NOT_PROVEN,
  ]],
  "self-signed, POSH matches, DNS failing (5.7)": [SELF_SIGNED, AUTHENTICATED, {
    srv: FAILING,
    posh: POSH_MATCH,
  }, "posh"],
  "self-signed, good key, authenticated": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: INSECURE, posh: POSH_NONE, key: true },
    ["policy.dialback", NOT_PROVEN],
  ],
  "self-signed, good key, encrypted": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: INSECURE, posh: POSH_NONE, key: true, callback: calledBack("confirmed") },
    "dialback",
  ],
  "cause policy.dialback: none, good key, authenticated (A-40)": [NO_CERTIFICATE, AUTHENTICATED, {
    key: true,
  }, [
    "policy.dialback",
    NOT_PROVEN,
  ]],
  "none, good key, strict": [NO_CERTIFICATE, STRICT, { key: true }, ["policy.dialback", NOT_PROVEN]],
  "none, good key, encrypted": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { srv: INSECURE, key: true, callback: calledBack("confirmed") },
    "dialback",
  ],
  "none, good key, legacy": [
    NO_CERTIFICATE,
    LEGACY,
    { srv: INSECURE, key: true, callback: calledBack("confirmed", { secure: false }) },
    "dialback",
  ],
  "none, good key, no SRV": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { srv: UNSIGNED_NO_SRV, key: true, callback: calledBack("confirmed") },
    "dialback",
  ],
  "DNA-25: bogus never leads to dialback": [MACHINE, ENCRYPTED, { srv: BOGUS, key: true }, [
    "dns.bogus",
    NOT_PROVEN,
  ]],
  "DNA-25: nor without a certificate": [NO_CERTIFICATE, LEGACY, { srv: BOGUS, key: true }, [
    "dns.bogus",
    NOT_PROVEN,
  ]],
  "wrong key, authenticated": [SELF_SIGNED, AUTHENTICATED, { srv: SECURE, ...NOTHING, key: true }, [
    "policy.dialback",
    NOT_PROVEN,
  ]],
  "wrong key, encrypted, no other pair": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: SECURE, ...NOTHING, key: true, callback: calledBack("refuted") },
    ["peer.invalid", "invalid"],
  ],
  "wrong key, encrypted, other pairs": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: SECURE, ...NOTHING, key: true, callback: calledBack("refuted"), others: true },
    ["peer.invalid", "auth forbidden"],
  ],
  "empty key, unusable certificate": [SELF_SIGNED, ENCRYPTED, { srv: SECURE, ...NOTHING }, [
    "tls.self-signed",
    NOT_PROVEN,
  ]],
  "empty key, no certificate: DNS is not worth asking": [NO_CERTIFICATE, ENCRYPTED, {}, [
    "tls.no-certificate",
    NOT_PROVEN,
  ]],
  "empty key, unreadable certificate": [UNREADABLE, ENCRYPTED, {}, ["tls.bad-certificate", NOT_PROVEN]],
};

/** protocol.md 7.4. */
const CALLBACKS: Record<string, Row> = {
  "through signed DNS and TLS": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { srv: SECURE, ...NOTHING, key: true, callback: calledBack("confirmed", { security: "secure" }) },
    "dialback-dnssec",
  ],
  "through signed DNS, without TLS": [
    NO_CERTIFICATE,
    LEGACY,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("confirmed", { security: "secure", secure: false }),
    },
    "dialback",
  ],
  "TLS-4: without TLS, where the policy demands it by now": [
    NO_CERTIFICATE,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("confirmed", { security: "secure", secure: false }),
    },
    ["tls.required", NOT_PROVEN],
  ],
  "the same certificate there": [
    SELF_SIGNED,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("same-certificate", { certificate: SELF_SIGNED }),
    },
    "samecert",
  ],
  "the same certificate there, without the domain in it": [
    MACHINE,
    ENCRYPTED,
    {
      srv: INSECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("same-certificate", { certificate: MACHINE }),
    },
    ["proof.none", NOT_PROVEN],
  ],
  "said to be the same, and is not": [
    SELF_SIGNED,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("same-certificate", { certificate: NO_CERTIFICATE }),
    },
    ["proof.none", NOT_PROVEN],
  ],
  "confirmed through bogus addresses": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { srv: SECURE, ...NOTHING, key: true, callback: calledBack("confirmed", { security: "bogus" }) },
    ["proof.none", NOT_PROVEN],
  ],
  "confirmed through addresses that nobody can judge": [
    NO_CERTIFICATE,
    ENCRYPTED,
    { srv: SECURE, ...NOTHING, key: true, callback: calledBack("confirmed", { security: "indeterminate" }) },
    ["proof.none", FOR_NOW],
  ],
  "it answers error": [NO_CERTIFICATE, ENCRYPTED, {
    srv: SECURE,
    ...NOTHING,
    key: true,
    callback: calledBack("error"),
  }, [
    "peer.invalid",
    NO_SUCH,
  ]],
  "it has no address": [NO_CERTIFICATE, ENCRYPTED, {
    srv: SECURE,
    ...NOTHING,
    key: true,
    callback: calledBack("unresolved"),
  }, ["peer.invalid", NO_SUCH]],
  "its address is bogus": [
    NO_CERTIFICATE,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("unresolved", { security: "bogus", cause: "dns.bogus" }),
    },
    ["dns.bogus", NOT_PROVEN],
  ],
  "its address is not known for now": [
    NO_CERTIFICATE,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      key: true,
      callback: calledBack("unresolved", { security: "indeterminate", cause: "dns.timeout" }),
    },
    ["dns.timeout", FOR_NOW],
  ],
  "it cannot be reached": [
    NO_CERTIFICATE,
    ENCRYPTED,
    {
      srv: SECURE,
      ...NOTHING,
      ...NOTHING,
      key: true,
      callback: calledBack("unreachable", { cause: "tcp.refused" }),
    },
    ["tcp.refused", FOR_NOW],
  ],
  "nobody is called where DNS fails for now": [NO_CERTIFICATE, ENCRYPTED, { srv: FAILING, key: true }, [
    "dns.servfail",
    FOR_NOW,
  ]],
  "nobody is called where the service is refused": [NO_CERTIFICATE, ENCRYPTED, { srv: REFUSED, key: true }, [
    "dns.no-service",
    NO_SUCH,
  ]],
  "nobody is called where there is no domain": [NO_CERTIFICATE, ENCRYPTED, { srv: NO_DOMAIN, key: true }, [
    "dns.nxdomain",
    NO_SUCH,
  ]],
};

/** protocol.md 3.8, 5.7 for TLSA of a request; `dane_inbound`. */
const TLSA: Record<string, Row> = {
  "a mismatch is not negative (DAN-10)": [OWN, AUTHENTICATED, { srv: SECURE, tlsa: TLSA_MISMATCH }, "pkix"],
  "a mismatch leaves posh": [SELF_SIGNED, AUTHENTICATED, {
    srv: SECURE,
    tlsa: TLSA_MISMATCH,
    posh: POSH_MATCH,
  }, "posh"],
  "a mismatch leaves dialback": [
    SELF_SIGNED,
    ENCRYPTED,
    { srv: SECURE, tlsa: TLSA_MISMATCH, posh: POSH_NONE, key: true, callback: calledBack("confirmed") },
    "dialback",
  ],
  "cause dane.mismatch: where nothing else proves": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: SECURE, tlsa: TLSA_MISMATCH, posh: POSH_NONE },
    ["dane.mismatch", NOT_PROVEN],
  ],
  "cause posh.mismatch: it names another certificate": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: INSECURE, posh: POSH_MISMATCH },
    ["posh.mismatch", NOT_PROVEN],
  ],
  "bogus TLSA ends it": [SELF_SIGNED, ENCRYPTED, {
    srv: SECURE,
    tlsa: TLSA_BOGUS,
    posh: POSH_MATCH,
    key: true,
  }, ["dns.bogus", NOT_PROVEN]],
  "bogus TLSA is not looked at where the SRV proves": [MACHINE, AUTHENTICATED, {
    srv: SECURE,
    tlsa: TLSA_BOGUS,
  }, "dna-srv"],
  "one machine's match counts beside another's bogus": [
    SELF_SIGNED,
    AUTHENTICATED,
    { srv: SECURE, tlsa: [TLSA_BOGUS, TLSA_MATCH] },
    "dane",
  ],
  "failing TLSA leaves posh": [SELF_SIGNED, AUTHENTICATED, {
    srv: SECURE,
    tlsa: TLSA_FAILING,
    posh: POSH_MATCH,
  }, "posh"],
  "failing TLSA is a reason for now": [SELF_SIGNED, AUTHENTICATED, {
    srv: SECURE,
    tlsa: TLSA_FAILING,
    posh: POSH_NONE,
  }, ["dns.timeout", FOR_NOW]],
  "enforce: pkix waits for DNS": [OWN, ENFORCING, {}, "needs delegation"],
  "enforce: pkix waits for TLSA": [OWN, ENFORCING, { srv: SECURE }, "needs tlsa"],
  "enforce: a mismatch denies (DAN-10)": [OWN, ENFORCING, { srv: SECURE, tlsa: TLSA_MISMATCH }, [
    "dane.mismatch",
    NOT_PROVEN,
  ]],
  "enforce: a mismatch denies dna-srv": [MACHINE, ENFORCING, { srv: SECURE, tlsa: TLSA_MISMATCH }, [
    "dane.mismatch",
    NOT_PROVEN,
  ]],
  "enforce: a mismatch denies posh": [SELF_SIGNED, ENFORCING, {
    srv: SECURE,
    tlsa: TLSA_MISMATCH,
    posh: POSH_MATCH,
  }, ["dane.mismatch", NOT_PROVEN]],
  "enforce: no certificate matches nothing": [
    NO_CERTIFICATE,
    { ...ENFORCING, proof: "encrypted" },
    { srv: SECURE, tlsa: TLSA_MATCH, key: true },
    ["dane.mismatch", NOT_PROVEN],
  ],
  "enforce: a match leaves pkix": [OWN, ENFORCING, { srv: SECURE, tlsa: TLSA_MATCH }, "pkix"],
  "enforce: a match leaves dane": [SELF_SIGNED, ENFORCING, { srv: SECURE, tlsa: TLSA_MATCH }, "dane"],
  "enforce: nothing published": [OWN, ENFORCING, { srv: SECURE, tlsa: TLSA_NONE }, "pkix"],
  "enforce: an unsigned delegation publishes nothing": [OWN, ENFORCING, { srv: INSECURE }, "pkix"],
  "enforce: bogus TLSA": [OWN, ENFORCING, { srv: SECURE, tlsa: TLSA_BOGUS }, ["dns.bogus", NOT_PROVEN]],
  "enforce: failing TLSA": [OWN, ENFORCING, { srv: SECURE, tlsa: TLSA_FAILING }, ["dns.timeout", FOR_NOW]],
  "enforce: failing SRV": [OWN, ENFORCING, { srv: FAILING }, ["dns.servfail", FOR_NOW]],
  "enforce: bogus SRV": [OWN, ENFORCING, { srv: BOGUS }, ["policy.dns", NOT_PROVEN]],
};

/** protocol.md 2.6.2, 5.7, A-21. */
const DENIED: Record<string, Row> = {
  "an unsigned delegation": [MACHINE, AUTHENTICATED, { srv: INSECURE, posh: POSH_NONE }, [
    "dns.insecure",
    NOT_PROVEN,
  ]],
  "an unsigned delegation proves with the switch on": [
    MACHINE,
    TRUSTING,
    { srv: INSECURE },
    "dna-srv-insecure",
  ],
  "a signed one stays dna-srv with the switch on": [MACHINE, TRUSTING, { srv: SECURE }, "dna-srv"],
  "strict takes no unsigned delegation, switch or not": [
    MACHINE,
    STRICT_TRUSTING,
    { srv: INSECURE, posh: POSH_NONE },
    ["dns.insecure", NOT_PROVEN],
  ],
  "an unsigned delegation elsewhere, switch on": [
    MACHINE,
    TRUSTING,
    { srv: delegated("insecure", ["other.example"]), posh: POSH_NONE },
    ["proof.delegation", NOT_PROVEN],
  ],
  "a signed delegation elsewhere": [
    MACHINE,
    AUTHENTICATED,
    { srv: delegated("secure", ["other.example"]), ...NOTHING },
    ["proof.delegation", NOT_PROVEN],
  ],
  "bogus is refused for good, not for now": [MACHINE, AUTHENTICATED, { srv: BOGUS }, [
    "dns.bogus",
    NOT_PROVEN,
  ]],
  "bogus stays bogus with the switch on": [MACHINE, TRUSTING, { srv: BOGUS }, ["dns.bogus", NOT_PROVEN]],
  "DNS fails for now": [MACHINE, AUTHENTICATED, { srv: FAILING, posh: POSH_NONE }, ["dns.servfail", FOR_NOW]],
  "DNS fails for now, no trusted chain": [SELF_SIGNED, ENCRYPTED, {
    srv: FAILING,
    posh: POSH_NONE,
    key: true,
  }, ["dns.servfail", FOR_NOW]],
  "no such domain: its web server is not asked": [MACHINE, AUTHENTICATED, { srv: NO_DOMAIN }, [
    "dns.nxdomain",
    NO_SUCH,
  ]],
  "the domain offers no service": [MACHINE, AUTHENTICATED, { srv: REFUSED, posh: POSH_NONE }, [
    "dns.no-service",
    NO_SUCH,
  ]],
  "the domain has no SRV": [MACHINE, AUTHENTICATED, { srv: NO_SRV, ...NOTHING }, [
    "proof.absent",
    NOT_PROVEN,
  ]],
  "no certificate": [NO_CERTIFICATE, AUTHENTICATED, {}, ["tls.no-certificate", NOT_PROVEN]],
};

for (const [section, rows] of Object.entries({ ORDER, MATRIX, CALLBACKS, TLSA, DENIED })) {
  for (const [name, [certificate, policy, known, expected]] of Object.entries(rows)) {
    Deno.test(`decide: ${section.toLowerCase()}: ${name}`, () => {
      assert.deepEqual(summary(decide(question(certificate, policy, known))), expected);
    });
  }
}

const choice = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const everything = fc.record({
  certificate: choice(OWN, MACHINE, BOTH, SELF_SIGNED, EXPIRED, UNREADABLE, NO_CERTIFICATE),
  policy: choice(STRICT, AUTHENTICATED, ENCRYPTED, LEGACY, TRUSTING, STRICT_TRUSTING, ENFORCING),
  delegation: choice(null, SECURE, INSECURE, BOGUS, FAILING, NO_DOMAIN, NO_SRV, UNSIGNED_NO_SRV, REFUSED),
  tlsa: choice(null, [TLSA_MATCH], [TLSA_MISMATCH], [TLSA_NONE], [TLSA_BOGUS], [TLSA_FAILING], []),
  posh: choice(null, POSH_MATCH, POSH_MISMATCH, POSH_NONE),
  callback: choice(
    null,
    calledBack("confirmed"),
    calledBack("confirmed", { security: "bogus" }),
    calledBack("confirmed", { security: "secure" }),
    calledBack("confirmed", { security: "secure", secure: false }),
    calledBack("same-certificate", { certificate: SELF_SIGNED }),
    calledBack("refuted"),
    calledBack("error"),
    calledBack("unreachable"),
  ),
  key: fc.boolean(),
  others: fc.boolean(),
});

const RUNS = { numRuns: 5000 };

Deno.test("decide: total: it asks only for what is not there, so every question ends", () => {
  fc.assert(
    fc.property(everything, (rest) => {
      const verdict = decide({ ...rest, domain: SENDER, now: NOW, timing: TIMING });
      if (verdict.proved) return;
      for (const need of verdict.needs) assert.equal(rest[need], null);
    }),
    RUNS,
  );
});

Deno.test("decide: 3.8: bogus DNS proves nothing but pkix, and under strict not even that", () => {
  fc.assert(
    fc.property(everything, (rest) => {
      const verdict = decide({ ...rest, delegation: BOGUS, domain: SENDER, now: NOW, timing: TIMING });
      assert.ok(!verdict.proved || (verdict.proof.prooftype === "pkix" && rest.policy.proof !== "strict"));
      assert.ok(verdict.proved || verdict.needs.length === 0);
    }),
    RUNS,
  );
});

Deno.test("decide: 3.8: a name counts only in a certificate that passed PKIX, or that DANE, POSH or the domain's own server vouch for", () => {
  fc.assert(
    fc.property(everything, (rest) => {
      const verdict = decide({ ...rest, domain: SENDER, now: NOW, timing: TIMING });
      if (!verdict.proved || rest.certificate.state === "accepted") return;
      assert.ok(!["pkix", "dna-srv", "dna-srv-insecure"].includes(verdict.proof.prooftype));
    }),
    RUNS,
  );
});

Deno.test("decide: 3.2: nobody is called back but with a key, under a policy that takes it, where DNS is not bogus (DB-11)", () => {
  fc.assert(
    fc.property(everything, (rest) => {
      const verdict = decide({ ...rest, domain: SENDER, now: NOW, timing: TIMING });
      const asks = !verdict.proved && verdict.needs.includes("callback");
      const dialled = verdict.proved && /^(dialback|samecert)/.test(verdict.proof.prooftype);
      if (!asks && !dialled) return;
      assert.ok(rest.key && ["encrypted", "legacy"].includes(rest.policy.proof));
      assert.ok(rest.delegation !== null && rest.delegation.security !== "bogus");
    }),
    RUNS,
  );
});

Deno.test("decide: TLS-4: an answer without TLS proves under legacy alone", () => {
  fc.assert(
    fc.property(everything, (rest) => {
      const verdict = decide({ ...rest, domain: SENDER, now: NOW, timing: TIMING });
      const byCallback = verdict.proved && isByCallback(verdict.proof.prooftype);
      assert.ok(!byCallback || rest.callback!.secure || rest.policy.proof === "legacy");
    }),
    RUNS,
  );
});

Deno.test("decide: 3.8: proof of a domain says nothing about its subdomains", () => {
  const sub = {
    ...question(OWN, AUTHENTICATED, { srv: INSECURE, posh: POSH_NONE }),
    domain: "a.sender.example" as never,
  };
  assert.equal(decide(sub).proved, false);
});

Deno.test("decide: a proof made on unsigned DNS says so", () => {
  const insecure = decide(question(MACHINE, TRUSTING, { srv: INSECURE }));
  const secure = decide(question(MACHINE, TRUSTING, { srv: SECURE }));
  assert.ok(insecure.proved && insecure.proof.insecure);
  assert.ok(secure.proved && !secure.proof.insecure);
});

function question(certificate: PeerCertificate, policy: PairPolicy, known: Known): Question {
  const { srv, tlsa, posh, key, callback, others } = known;
  return {
    domain: SENDER,
    certificate,
    delegation: srv ?? null,
    tlsa: tlsa === undefined ? null : [tlsa].flat(),
    posh: posh ?? null,
    callback: callback ?? null,
    key: key ?? false,
    others: others ?? false,
    policy,
    now: NOW,
    timing: TIMING,
  };
}

function summary(verdict: Verdict): Expected {
  if (verdict.proved) return verdict.proof.prooftype;
  const needs: readonly Need[] = verdict.needs;
  if (needs.length > 0) return `needs ${needs.join(" ")}`;
  const { cause, denial } = verdict;
  return [cause, denial.type === "invalid" ? "invalid" : `${denial.type} ${denial.condition}`];
}

Deno.test("cause proof.none: nothing in hand proves the claim, and DNS was not asked yet", () => {
  const verdict = decide(question(MACHINE, AUTHENTICATED, {}));
  assert.equal(!verdict.proved && verdict.cause, "proof.none");
});
