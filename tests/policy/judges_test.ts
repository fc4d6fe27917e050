/** One table over both judges: the same evidence, what each makes of it (style.md rule 19). */
import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { PeerCertificate, Stapled } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import { dnaSrv, dnaSrvInsecure } from "../../policy/dna_srv.ts";
import { type Judge, UNASKED } from "../../policy/judge.ts";
import { pkix } from "../../policy/pkix.ts";
import {
  accepted,
  BOGUS,
  DAY,
  delegated,
  directLookup,
  dns,
  facts,
  FAILING,
  NO_CERTIFICATE,
  NO_DOMAIN,
  NO_SRV,
  NOW,
  REFUSED,
  SELF_SIGNED,
  SENDER,
  srv,
  target,
} from "./fixtures.ts";

const MACHINE = accepted("xmpp1.originating.example");
const OWN = accepted("sender.example");
const HOST = "xmpp1.originating.example";
const SECURE = delegated("secure", [HOST]);

type Row = [certificate: PeerCertificate, delegation: Delegation | null, ...(true | Cause)[]];

const CASES: Record<string, Row> = {
  //                                                     pkix                  dna-srv             dna-srv-insecure
  "the domain itself": [OWN, null, true, "proof.none", "proof.none"],
  "the domain itself, by SRV-ID": [accepted(srv("sender.example")), null, true, "proof.none", "proof.none"],
  "the domain itself, delegated elsewhere": [OWN, SECURE, true, "proof.delegation", "dns.insecure"],
  "a signed delegation to the machine": [MACHINE, SECURE, "tls.names", true, "dns.insecure"],
  "an unsigned delegation to the machine": [
    MACHINE,
    delegated("insecure", [HOST]),
    "tls.names",
    "dns.insecure",
    true,
  ],
  "a signed delegation to another machine": [
    MACHINE,
    delegated("secure", ["other.example"]),
    "tls.names",
    "proof.delegation",
    "dns.insecure",
  ],
  "several targets, the last one is the machine": [
    MACHINE,
    delegated("secure", ["other.example", HOST]),
    "tls.names",
    true,
    "dns.insecure",
  ],
  "a wildcard certificate": [
    accepted("*.originating.example"),
    SECURE,
    "tls.names",
    true,
    "dns.insecure",
  ],
  "a signed delegation to a parent of the machine": [
    MACHINE,
    delegated("secure", ["originating.example"]),
    "tls.names",
    "proof.delegation",
    "dns.insecure",
  ],
  "direct TLS target whose own answer is signed": [
    MACHINE,
    delegated("secure", [target(HOST, "direct")], { lookups: [directLookup("secure")] }),
    "tls.names",
    true,
    "dns.insecure",
  ],
  "direct TLS target whose own answer is not signed": [
    MACHINE,
    delegated("secure", [target(HOST, "direct")], { lookups: [directLookup("insecure")] }),
    "tls.names",
    "proof.delegation",
    "dns.insecure",
  ],
  "bogus, whatever the targets say": [
    MACHINE,
    delegated("bogus", [HOST]),
    "tls.names",
    "dns.bogus",
    "dns.bogus",
  ],
  "indeterminate, whatever the targets say": [
    MACHINE,
    delegated("indeterminate", [HOST]),
    "tls.names",
    "dns.servfail",
    "dns.servfail",
  ],
  "no answer, bogus": [MACHINE, BOGUS, "tls.names", "dns.bogus", "dns.bogus"],
  "no answer, failing": [MACHINE, FAILING, "tls.names", "dns.servfail", "dns.servfail"],
  "no such domain": [MACHINE, NO_DOMAIN, "tls.names", "dns.nxdomain", "dns.nxdomain"],
  "no SRV": [MACHINE, NO_SRV, "tls.names", "proof.absent", "proof.absent"],
  "service refused": [MACHINE, REFUSED, "tls.names", "dns.no-service", "dns.no-service"],
  "signatures that have ended": [
    MACHINE,
    delegated("secure", [HOST], { signedUntil: NOW }),
    "tls.names",
    "proof.expired",
    "dns.insecure",
  ],
  "secure without an end of its signatures": [
    MACHINE,
    delegated("secure", [HOST], { signedUntil: null }),
    "tls.names",
    "proof.expired",
    "dns.insecure",
  ],
  "no certificate": [
    NO_CERTIFICATE,
    SECURE,
    "tls.no-certificate",
    "tls.no-certificate",
    "tls.no-certificate",
  ],
  "a certificate with the right names and no trusted chain": [
    SELF_SIGNED,
    SECURE,
    "tls.self-signed",
    "tls.self-signed",
    "tls.self-signed",
  ],
};

for (const [name, [certificate, delegation, ...expected]] of Object.entries(CASES)) {
  for (const [index, judge] of [pkix, dnaSrv, dnaSrvInsecure].entries()) {
    Deno.test(`judges: ${name}: ${judge.prooftype}`, () => {
      assert.deepEqual(found(judge, certificate, delegation, NOW), expected[index]);
    });
  }
}

Deno.test("judges: a certificate counts at the time of the request, not of the handshake", () => {
  assert.equal(found(pkix, OWN, null, NOW + 90 * DAY), "tls.expired");
  assert.equal(found(pkix, OWN, null, NOW - 2 * DAY), "tls.not-yet-valid");
  const later = delegated("secure", [HOST], { signedUntil: NOW + 100 * DAY });
  assert.equal(found(dnaSrv, MACHINE, later, NOW + 90 * DAY), "tls.expired");
});

Deno.test("judges: the evidence of dna-srv names the target and its bounds", () => {
  const finding = dnaSrv.judge({
    ...UNASKED,
    domain: SENDER,
    certificate: MACHINE,
    delegation: SECURE,
    now: NOW,
  });
  assert.ok(finding.holds);
  assert.deepEqual(finding.target, { host: HOST, port: 5269 });
  assert.equal(finding.vouchedUntil, NOW + 10 * DAY);
  assert.equal(finding.certificateUntil, NOW + 90 * DAY);
});

function found(
  judge: Judge,
  certificate: PeerCertificate,
  delegation: Delegation | null,
  now: number,
): true | Cause {
  const finding = judge.judge({ ...UNASKED, domain: SENDER, certificate, delegation, now });
  return finding.holds || finding.cause;
}

Deno.test("pkix: 3.9: the authority's next word is the soft bound, as long as the last one counts", () => {
  const bound = (stapled: Stapled | null) => {
    const certificate: PeerCertificate = { state: "accepted", facts: facts([dns(SENDER)], { stapled }) };
    const finding = pkix.judge({ ...UNASKED, domain: SENDER, certificate, now: NOW });
    assert.ok(finding.holds);
    return finding.ttlMs;
  };
  assert.equal(bound({ goodUntil: NOW + DAY }), DAY);
  for (const silent of [null, { goodUntil: NOW }, { nothing: "out of date" }]) {
    assert.equal(bound(silent), null);
  }
});
