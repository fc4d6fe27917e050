import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import {
  decodeAuthzid,
  parseSasl,
  printAuth,
  printChallenge,
  printFailure,
  printResponse,
  printSuccess,
  SASL_CONDITIONS,
} from "../../xmpp/sasl_external.ts";

const read = (text: string) => parseSasl(parseElement(text, DECLARED[NS.server]));
const sasl = (name: string, inside = "", attrs = "") =>
  `<${name} xmlns='${NS.sasl}'${attrs}>${inside}</${name}>`;

Deno.test("SAS-2: the claim carries the identity in base64 (protocol.md C.4)", () => {
  assert.deepEqual(read(printAuth("sender.example")), {
    word: "auth",
    mechanism: "EXTERNAL",
    response: "c2VuZGVyLmV4YW1wbGU=",
  });
  assert.deepEqual(read(printResponse("target.example")), {
    word: "response",
    response: "dGFyZ2V0LmV4YW1wbGU=",
  });
  assert.equal(decodeAuthzid("eG1wcDEub3JpZ2luYXRpbmcuZXhhbXBsZQ=="), "xmpp1.originating.example");
});

Deno.test("an identity beyond ASCII passes as UTF-8", () => {
  const claim = read(printAuth("münchen.example"));
  assert.equal(claim?.word === "auth" && decodeAuthzid(claim.response!), "münchen.example");
});

Deno.test("SAS-3: no initial response is told from an empty one", () => {
  assert.deepEqual(read(sasl("auth", "", " mechanism='EXTERNAL'")), {
    word: "auth",
    mechanism: "EXTERNAL",
    response: null,
  });
  assert.equal(decodeAuthzid("="), "");
  assert.equal(decodeAuthzid(""), "");
});

const WRONG = [
  "a",
  "ab",
  "abc",
  "ab=c",
  "=abc",
  "a b=",
  "ab c",
  "====",
  "a===",
  "c2Vu!A==",
  "c2V\nuZA==",
  "/w==",
  "wyg=",
];
for (const text of WRONG) {
  Deno.test(`SAS-8: ${JSON.stringify(text)} is no base64 of UTF-8`, () => {
    assert.equal(decodeAuthzid(text), null);
  });
}

Deno.test("white space around is nothing, inside it is wrong", () => {
  const claim = read(sasl("response", "\n  c2VuZGVyLmV4YW1wbGU=\n"));
  assert.deepEqual(claim, { word: "response", response: "c2VuZGVyLmV4YW1wbGU=" });
});

Deno.test("every condition of a failure is read back, unknown ones mean not-authorized", () => {
  for (const condition of SASL_CONDITIONS) {
    assert.deepEqual(read(printFailure(condition)), { word: "failure", condition });
  }
  assert.deepEqual(read(sasl("failure", "<bad-auth/><text>no</text>")), {
    word: "failure",
    condition: "not-authorized",
  });
});

Deno.test("the other words", () => {
  assert.deepEqual(read(printChallenge()), { word: "challenge" });
  assert.deepEqual(read(printSuccess()), { word: "success" });
  assert.deepEqual(read(sasl("abort")), { word: "abort" });
  assert.deepEqual(read(sasl("mechanisms")), { word: "other" });
  assert.equal(read("<auth xmlns='urn:other'/>"), null);
});
