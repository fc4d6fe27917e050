/** POSH documents against certificates. RFC 7711 3.1, 6; protocol.md 3.6, C.1. */
import assert from "node:assert/strict";
import type { Cause } from "../../facts/cause.ts";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { PoshEvidence, PoshFingerprint } from "../../facts/posh.ts";
import { UNASKED } from "../../policy/judge.ts";
import { posh } from "../../policy/posh.ts";
import { Proof, prove } from "../../policy/proof.ts";
import {
  accepted,
  DAY,
  dns,
  facts,
  hash,
  NO_CERTIFICATE,
  NOW,
  POSH_NONE,
  SELF_SIGNED,
  SENDER,
  TIMING,
  UNREADABLE,
} from "./fixtures.ts";

const RIGHT = hash("certificate", 256);
const RIGHT512 = hash("certificate", 512);
const WRONG = hash("another", 256);

function document(...fingerprints: readonly Partial<PoshFingerprint>[]): PoshEvidence {
  return {
    found: true,
    fingerprints: fingerprints.map((one) => ({ sha256: null, sha512: null, ...one })),
    expiresAt: NOW + DAY,
    url: "https://sender.example/.well-known/posh/xmpp-server.json",
  };
}

const dated = (change: { notBefore?: number; notAfter?: number }): PeerCertificate => ({
  state: "refused",
  cause: "tls.self-signed",
  facts: facts([dns("sender.example")], change),
});

const CASES: Record<string, readonly [PeerCertificate, PoshEvidence | null, true | Cause]> = {
  "PSH-2: sha-256": [SELF_SIGNED, document({ sha256: RIGHT }), true],
  "PSH-2: sha-512": [SELF_SIGNED, document({ sha512: RIGHT512 }), true],
  "both hashes of one descriptor": [SELF_SIGNED, document({ sha256: RIGHT, sha512: RIGHT512 }), true],
  "one of both wrong": [SELF_SIGNED, document({ sha256: WRONG, sha512: RIGHT512 }), "posh.mismatch"],
  "the key's hash is not the certificate's": [
    SELF_SIGNED,
    document({ sha256: hash("key", 256) }),
    "posh.mismatch",
  ],
  "PSH-3: any descriptor": [SELF_SIGNED, document({ sha256: WRONG }, { sha256: RIGHT }), true],
  "a descriptor without a hash that we know": [SELF_SIGNED, document({}), "posh.mismatch"],
  "no descriptor": [SELF_SIGNED, document(), "posh.mismatch"],
  "an accepted certificate without the name": [accepted("other.example"), document({ sha256: RIGHT }), true],
  "PSH-8: expired": [dated({ notAfter: NOW }), document({ sha256: RIGHT }), "tls.expired"],
  "PSH-8: not yet valid": [dated({ notBefore: NOW + 1 }), document({ sha256: RIGHT }), "tls.not-yet-valid"],
  "no document": [SELF_SIGNED, POSH_NONE, "proof.none"],
  "not fetched": [SELF_SIGNED, null, "proof.none"],
  "a document past its time": [
    SELF_SIGNED,
    { ...document({ sha256: RIGHT }), expiresAt: NOW } as PoshEvidence,
    "proof.expired",
  ],
  "no certificate": [NO_CERTIFICATE, document({ sha256: RIGHT }), "tls.no-certificate"],
  "unreadable": [UNREADABLE, document({ sha256: RIGHT }), "tls.bad-certificate"],
};
for (const [name, [certificate, document, expected]] of Object.entries(CASES)) {
  Deno.test(`posh: ${name}`, () => {
    const finding = posh.judge({ ...UNASKED, domain: SENDER, certificate, posh: document, now: NOW });
    assert.equal(finding.holds || finding.cause, expected);
  });
}

Deno.test("posh, 3.9: it lasts as long as the document and the certificate", () => {
  const life = (certificate: PeerCertificate) => {
    const evidence = { ...UNASKED, domain: SENDER, certificate, posh: document({ sha256: RIGHT }), now: NOW };
    const proof = prove("posh", evidence, TIMING);
    assert.ok(proof instanceof Proof);
    return [proof.expiresAt, proof.endsWith];
  };
  assert.deepEqual(life(SELF_SIGNED), [NOW + DAY, "voucher"]);
  assert.deepEqual(life(dated({ notAfter: NOW + DAY / 2 })), [NOW + DAY / 2, "certificate"]);
});
