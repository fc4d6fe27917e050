/** POSH documents as they are written. RFC 7711 3; protocol.md 3.6, C.1. */
import assert from "node:assert/strict";
import { parseDocument } from "../../posh/document.ts";

/** protocol.md C.1. */
const SHA256 = "HuNhzis27fL3K9Co96rVtXNDnKQ+G0hoe/kfMFOHLMU=";
const SHA512 = "+gzaqcS1YWrZsldOc5kA9l/ZvnADDxgzteGehyf9ZcNy2shFiAB+PNabmdYCfK/ZR5QRfMh27B4+TCYcwa+MSw==";
const HEX256 = "1ee361ce2b36edf2f72bd0a8f7aad5b573439ca43e1b48687bf91f3053872cc5";
const HEX512 = "fa0cdaa9c4b5616ad9b2574e739900f65fd9be70030f1833b5e19e8727fd65c3" +
  "72dac84588007e3cd69b99d6027cafd94794117cc876ec1e3e4c261cc1af8c4b";

const read = (document: unknown) => parseDocument(JSON.stringify(document));

Deno.test("PSH-2: vector C.1: base64 becomes the hashes of the certificate, other hash names are ignored", () => {
  const fingerprints = [{ "sha-256": SHA256, "sha-512": SHA512 }, { "sha-1": 5, "sha-256": SHA256 }];
  assert.deepEqual(read({ fingerprints, expires: 604800 }), {
    is: "fingerprints",
    fingerprints: [{ sha256: HEX256, sha512: HEX512 }, { sha256: HEX256, sha512: null }],
    expires: 604800,
  });
});

Deno.test("PSH-4: a reference", () => {
  const url = "https://hosting.example/.well-known/posh/xmpp-server.json";
  assert.deepEqual(read({ url, expires: 86400 }), { is: "reference", url, expires: 86400 });
});

const INVALID: Record<string, unknown> = {
  "without padding": { fingerprints: [{ "sha-256": SHA256.slice(0, -1) }], expires: 1 },
  "base64url": { fingerprints: [{ "sha-512": SHA512.replaceAll("+", "-") }], expires: 1 },
  "white space in base64": { fingerprints: [{ "sha-256": ` ${SHA256}` }], expires: 1 },
  "bits after the last byte": { fingerprints: [{ "sha-256": SHA256.replace("U=", "V=") }], expires: 1 },
  "the wrong length": { fingerprints: [{ "sha-256": SHA512 }], expires: 1 },
  "a hash that is no text": { fingerprints: [{ "sha-256": 1 }], expires: 1 },
  "no descriptor": { fingerprints: [], expires: 1 },
  "more than a hundred descriptors": { fingerprints: Array(101).fill({ "sha-256": SHA256 }), expires: 1 },
  "both members": { fingerprints: [{ "sha-256": SHA256 }], url: "https://a.example/", expires: 1 },
  "neither member": { expires: 1 },
  "an expires with a fraction": { fingerprints: [{ "sha-256": SHA256 }], expires: 1.5 },
  "an expires in quotes": { fingerprints: [{ "sha-256": SHA256 }], expires: "1" },
  "an array": [],
  "null": null,
};

for (const [what, document] of Object.entries(INVALID)) {
  Deno.test(`POSH document: ${what}: invalid`, () => assert.equal(read(document).is, "invalid"));
}

for (const expires of [0, -1, undefined]) {
  Deno.test(`PSH-6: expires ${expires} is invalid`, () => {
    assert.equal(read({ fingerprints: [{ "sha-256": SHA256 }], expires }).is, "invalid");
  });
}
