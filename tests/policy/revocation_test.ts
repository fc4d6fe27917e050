import assert from "node:assert/strict";
import { farewell } from "../../policy/revocation.ts";

Deno.test("DNA-56: a peer that speaks DNA hears it of the pair alone", () => {
  assert.equal(farewell({ dna: true, others: true }, "proof.delegation"), "invalid");
  assert.equal(farewell({ dna: true, others: false }, "policy.revoked"), "invalid");
});

Deno.test("DNA-57: to others the stream ends, but for the last pair", () => {
  assert.equal(farewell({ dna: false, others: false }, "proof.delegation"), "invalid");
  assert.equal(farewell({ dna: false, others: true }, "proof.delegation"), "reset");
  assert.equal(farewell({ dna: false, others: true }, "dns.bogus"), "reset");
  assert.equal(farewell({ dna: false, others: true }, "policy.revoked"), "policy-violation");
  assert.equal(farewell({ dna: false, others: true }, "tls.required"), "policy-violation");
});

Deno.test("F4: a removed customer does not cost the others their link", () => {
  assert.equal(farewell({ dna: false, others: true }, "route.not-hosted"), "nothing");
});
