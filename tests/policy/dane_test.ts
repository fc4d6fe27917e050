/** TLSA records against certificates. RFC 6698, RFC 7671; protocol.md 3.4, C.1. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Cause } from "../../facts/cause.ts";
import type { CertificateFacts, ChainAnchor, PeerCertificate } from "../../facts/certificate.ts";
import type { EndpointTlsa } from "../../facts/tlsa.ts";
import { dane } from "../../policy/dane.ts";
import { UNASKED } from "../../policy/judge.ts";
import { Proof, prove } from "../../policy/proof.ts";
import { strongest } from "../../policy/tlsa.ts";
import {
  accepted,
  association,
  DAY,
  dns,
  facts,
  hash,
  HOUR,
  NO_CERTIFICATE,
  NOW,
  published,
  SENDER,
  TIMING,
  UNREADABLE,
  xmpp,
} from "./fixtures.ts";

const HOST = "xmpp1.originating.example";
const KEY = hash("key", 256);
const KEY512 = hash("key", 512);
const LEAF = hash("certificate", 256);
const OTHER = hash("another", 256);
const OTHER512 = hash("another", 512);

const SELF_SIGNED = refused("tls.self-signed", facts([]));
const EXPIRED = refused("tls.expired", facts([], { notAfter: NOW - DAY }));

function refused(cause: Cause, of: CertificateFacts): PeerCertificate {
  return { state: "refused", cause, facts: of };
}

const anchor = (of: string, change: Partial<ChainAnchor> = {}): ChainAnchor => ({
  sha256: hash(of, 256),
  sha512: hash(of, 512),
  spkiSha256: hash(`key of ${of}`, 256),
  spkiSha512: hash(`key of ${of}`, 512),
  until: NOW + 30 * DAY,
  dnsNamesOnly: false,
  ...change,
});

/** A certificate that leads to the authority `ta`, and to no anchor of ours. */
function below(names: CertificateFacts["identifiers"], ...chain: readonly ChainAnchor[]): PeerCertificate {
  return refused("tls.untrusted", facts(names, { chain: [anchor("intermediate"), ...chain] }));
}

const TA = `2 0 1 ${hash("ta", 256)}`;

type Row = readonly [PeerCertificate, records: readonly string[], true | Cause];

const CASES: Record<string, Row> = {
  "3 1 1": [SELF_SIGNED, [`3 1 1 ${KEY}`], true],
  "3 1 2": [SELF_SIGNED, [`3 1 2 ${KEY512}`], true],
  "3 0 1": [SELF_SIGNED, [`3 0 1 ${LEAF}`], true],
  "3 0 2": [SELF_SIGNED, [`3 0 2 ${hash("certificate", 512)}`], true],
  "3 0 0: exact bytes": [
    refused(
      "tls.self-signed",
      facts([], { sha256: createHash("sha256").update("0102", "hex").digest("hex") }),
    ),
    ["3 0 0 0102"],
    true,
  ],
  "3 1 0: exact bytes of another key": [SELF_SIGNED, ["3 1 0 0102"], "dane.mismatch"],
  "DAN-3: usage 3 looks at no dates": [EXPIRED, [`3 1 1 ${KEY}`], true],
  "DAN-3: usage 3 looks at no names": [refused("tls.untrusted", facts([dns("evil.example")])), [
    `3 1 1 ${KEY}`,
  ], true],
  "the certificate's digest is not the key's": [SELF_SIGNED, [`3 1 1 ${LEAF}`], "dane.mismatch"],
  "another key": [SELF_SIGNED, [`3 1 1 ${OTHER}`], "dane.mismatch"],
  "any of several": [SELF_SIGNED, [`3 1 1 ${OTHER}`, `3 1 1 ${KEY}`], true],
  "of a rollover: one record per key, one per algorithm": [
    SELF_SIGNED,
    [`3 1 1 ${OTHER}`, `3 1 2 ${OTHER512}`, `3 1 1 ${KEY}`, `3 1 2 ${KEY512}`],
    true,
  ],
  "no certificate": [NO_CERTIFICATE, [`3 1 1 ${KEY}`], "tls.no-certificate"],
  "a certificate that nobody can read": [UNREADABLE, [`3 1 1 ${KEY}`], "tls.bad-certificate"],

  "DAN-8: 3 1 1 wrong, 3 1 2 right": [SELF_SIGNED, [`3 1 1 ${OTHER}`, `3 1 2 ${KEY512}`], true],
  "DAN-8: 3 1 1 right, 3 1 2 wrong": [SELF_SIGNED, [`3 1 1 ${KEY}`, `3 1 2 ${OTHER512}`], "dane.mismatch"],
  "agility is per selector": [SELF_SIGNED, [`3 1 1 ${KEY}`, `3 0 2 ${OTHER512}`], true],
  "agility is per usage": [SELF_SIGNED, [`3 1 1 ${KEY}`, `2 1 2 ${OTHER512}`], true],
  "agility leaves exact data": [
    refused(
      "tls.self-signed",
      facts([], { sha256: createHash("sha256").update("0102", "hex").digest("hex") }),
    ),
    ["3 0 0 0102", `3 0 2 ${OTHER512}`],
    true,
  ],
  "agility: a strong digest of the wrong length is no strong digest": [
    SELF_SIGNED,
    [`3 1 1 ${KEY}`, `3 1 2 ${OTHER}`],
    true,
  ],

  "usage 1: PKIX and the pin, the domain's name": [accepted("sender.example"), [`1 1 1 ${KEY}`], true],
  "usage 1: PKIX and the pin, the target's name": [accepted(HOST), [`1 1 1 ${KEY}`], true],
  "usage 1: another name": [accepted("evil.example"), [`1 1 1 ${KEY}`], "dane.mismatch"],
  "usage 1: another key": [accepted(HOST), [`1 1 1 ${OTHER}`], "dane.mismatch"],
  "usage 1: no trusted chain": [
    refused("tls.self-signed", facts([dns(HOST)])),
    [`1 1 1 ${KEY}`],
    "dane.mismatch",
  ],

  "DAN-5: usage 2: anchor in the chain, the target's name": [below([dns(HOST)], anchor("ta")), [TA], true],
  "usage 2: the domain's name": [below([xmpp("sender.example")], anchor("ta")), [TA], true],
  "usage 2: by the authority's key": [
    below([dns(HOST)], anchor("ta")),
    [`2 1 1 ${hash("key of ta", 256)}`],
    true,
  ],
  "DAN-5: usage 2: another name": [below([dns("evil.example")], anchor("ta")), [TA], "dane.mismatch"],
  "DAN-5: usage 2: the anchor was not sent": [below([dns(HOST)]), [TA], "dane.mismatch"],
  "usage 2: sent, and the chain does not lead there": [
    below([dns(HOST)], anchor("ta", { until: null })),
    [TA],
    "dane.mismatch",
  ],
  "usage 2: the dates along the chain count": [
    below([dns(HOST)], anchor("ta", { until: NOW })),
    [TA],
    "dane.mismatch",
  ],
  "usage 2: the leaf itself is no authority": [
    refused("tls.self-signed", facts([dns(HOST)])),
    [`2 0 1 ${LEAF}`],
    "dane.mismatch",
  ],
  "usage 2: an authority bound to DNS names leaves an xmppAddr out (RFC 9525 6.1)": [
    below([xmpp("sender.example")], anchor("ta", { dnsNamesOnly: true })),
    [TA],
    "dane.mismatch",
  ],
  "usage 0 is not supported": [accepted(HOST), [`0 0 1 ${LEAF}`], "proof.none"],
};
for (const [name, [certificate, records, expected]] of Object.entries(CASES)) {
  Deno.test(`dane: ${name}`, () => assert.equal(found(certificate, published(records)), expected));
}

const UNUSABLE: Record<string, string> = {
  "unknown usage": `9 1 1 ${KEY}`,
  "private usage": `255 1 1 ${KEY}`,
  "unknown selector": `3 2 1 ${KEY}`,
  "unknown matching type": `3 1 3 ${KEY}`,
  "a digest too short": `3 1 1 ${KEY.slice(2)}`,
  "a digest too long": `3 1 1 ${KEY}00`,
  "SHA-256 as SHA-512": `3 1 2 ${KEY}`,
  "no data": "3 1 0 ",
};
for (const [name, record] of Object.entries(UNUSABLE)) {
  Deno.test(`DAN-7: dane: ${name} is as if it were not there`, () => {
    assert.deepEqual(strongest([association(record)]), []);
    assert.equal(found(SELF_SIGNED, published([record])), "proof.none");
    assert.equal(found(SELF_SIGNED, published([record, `3 1 1 ${KEY}`])), true);
  });
}

const ENDPOINTS: Record<string, Partial<EndpointTlsa>> = {
  "insecure": { security: "insecure" },
  "bogus": { security: "bogus" },
  "indeterminate": { security: "indeterminate" },
  "signatures that have ended": { signedUntil: NOW },
  "secure without an end": { signedUntil: null },
};
for (const [name, change] of Object.entries(ENDPOINTS)) {
  Deno.test(`dane: records prove nothing when they are ${name}`, () => {
    assert.equal(found(SELF_SIGNED, published([`3 1 1 ${KEY}`], change)), "proof.none");
  });
}

/** protocol.md C.1. */
const C1: CertificateFacts = facts([], {
  sha256: "1ee361ce2b36edf2f72bd0a8f7aad5b573439ca43e1b48687bf91f3053872cc5",
  sha512:
    "fa0cdaa9c4b5616ad9b2574e739900f65fd9be70030f1833b5e19e8727fd65c372dac84588007e3cd69b99d6027cafd94794117cc876ec1e3e4c261cc1af8c4b",
  spkiSha256: "2c9f7561dd4dff562380039052dca1d7f272a709adff245737d1625f2da456af",
  spkiSha512:
    "fcd098180ef94ceb58f9de1639aedb8b2712d666605515a6e95ccd86eb44f17185155f6379891493405d65628ede9f604af4bb5c2f7648b15a9ae5a308be6754",
});
for (
  const record of [
    `3 0 1 ${C1.sha256}`,
    `3 0 2 ${C1.sha512}`,
    `3 1 1 ${C1.spkiSha256}`,
    `3 1 2 ${C1.spkiSha512}`,
  ]
) {
  Deno.test(`dane: vector C.1: ${record.slice(0, 5)}`, () => {
    assert.equal(found(refused("tls.self-signed", C1), published([record])), true);
  });
}

Deno.test("dane, 3.9: a pinned key lasts as long as the signatures, a chain also as long as its dates", () => {
  const life = (certificate: PeerCertificate, record: string) => {
    const proof = prove("dane", { ...UNASKED, ...evidence(certificate, published([record])) }, TIMING);
    assert.ok(proof instanceof Proof);
    return [proof.expiresAt, proof.endsWith, proof.recheckAt];
  };
  const soft = NOW + HOUR / 2;
  assert.deepEqual(life(EXPIRED, `3 1 1 ${KEY}`), [NOW + 5 * DAY, "voucher", soft]);
  const short = below([dns(HOST)], anchor("ta", { until: NOW + 2 * DAY }));
  assert.deepEqual(life(short, TA), [NOW + 2 * DAY, "certificate", soft]);
});

function evidence(certificate: PeerCertificate, ...tlsa: readonly EndpointTlsa[]) {
  return { ...UNASKED, domain: SENDER, certificate, tlsa, now: NOW };
}

function found(certificate: PeerCertificate, ...tlsa: readonly EndpointTlsa[]): true | Cause {
  const finding = dane.judge(evidence(certificate, ...tlsa));
  return finding.holds || finding.cause;
}
