import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import { endpoint } from "../../policy/endpoint.ts";
import type { Prooftype } from "../../policy/judge.ts";
import {
  accepted,
  BOGUS,
  delegated,
  FAILING,
  NO_CERTIFICATE,
  NO_SRV,
  NOW,
  REFUSED,
  SELF_SIGNED,
  SENDER,
  TIMING,
} from "./fixtures.ts";

const ONE = "xmpp1.originating.example";
const TWO = "xmpp2.originating.example";
const SECURE = delegated("secure", [ONE, TWO]);
const INSECURE = delegated("insecure", [ONE, TWO]);

const CASES: Record<string, [PeerCertificate, Delegation, host: string | null, Prooftype | Cause]> = {
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
for (const [name, [certificate, delegation, host, expected]] of Object.entries(CASES)) {
  Deno.test(`endpoint: ${name}`, () => {
    const verdict = endpoint({ domain: SENDER, certificate, delegation, host, now: NOW, timing: TIMING });
    assert.equal(verdict.proved ? verdict.proof.prooftype : verdict.cause, expected);
  });
}

Deno.test("endpoint: the names for the table come with the verdict, and only of an accepted certificate", () => {
  const question = { domain: SENDER, delegation: SECURE, host: ONE, now: NOW, timing: TIMING };
  assert.deepEqual(endpoint({ ...question, certificate: accepted(ONE) }).serverNames, [ONE]);
  assert.deepEqual(endpoint({ ...question, certificate: SELF_SIGNED }).serverNames, []);
});
