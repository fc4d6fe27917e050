import assert from "node:assert/strict";
import { UNASKED } from "../../policy/judge.ts";
import { Proof, prove } from "../../policy/proof.ts";
import { accepted, DAY, delegated, hash, NO_CERTIFICATE, NOW, SENDER, TIMING } from "./fixtures.ts";

const EVIDENCE = { ...UNASKED, domain: SENDER, certificate: accepted("sender.example"), now: NOW };

Deno.test("proof: nobody but a judge makes one (checked by the compiler)", () => {
  // @ts-expect-error The constructor is private.
  const forged = () => new Proof();
  // @ts-expect-error A look-alike lacks the brand.
  const lookalike: Proof = { domain: SENDER, prooftype: "pkix", holds: () => true };
  assert.ok(forged !== null && lookalike instanceof Proof === false);
});

Deno.test("proof: it holds until its hard bound and not at it", () => {
  const proof = prove("pkix", EVIDENCE, TIMING);
  assert.ok(proof instanceof Proof);
  assert.equal(proof.expiresAt, NOW + 90 * DAY);
  assert.ok(proof.holds(NOW + 90 * DAY - 1));
  assert.ok(!proof.holds(NOW + 90 * DAY));
});

Deno.test("proof: it carries what it stands on", () => {
  const delegation = delegated("secure", ["xmpp1.originating.example"]);
  const certificate = accepted("xmpp1.originating.example");
  const proof = prove("dna-srv", { ...EVIDENCE, certificate, delegation }, TIMING);
  assert.ok(proof instanceof Proof);
  assert.equal(proof.domain, SENDER);
  assert.equal(proof.certificate, hash("certificate", 256));
  assert.deepEqual(proof.target, { host: "xmpp1.originating.example", port: 5269 });
  assert.equal(proof.expiresAt, NOW + 10 * DAY);
  assert.equal(proof.evidence.security, "secure");
});

Deno.test("proof: a judge's no is a cause, not a proof", () => {
  assert.equal(prove("pkix", { ...EVIDENCE, certificate: NO_CERTIFICATE }, TIMING), "tls.no-certificate");
});
