import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { handshake, handshakeMatches, parseHandshake, printHandshake } from "../../xmpp/component.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";

const VECTORS: [id: string, secret: string, word: string][] = [
  ["7f3a9c10e2b84d55", "component-secret", "0c2e51a55daebb4cb5c7f162707f854fa22a4360"],
  ["3BF96D32", "test", "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"],
];

Deno.test("the handshake is that of the vectors (protocol.md 9.1)", () => {
  for (const [id, secret, word] of VECTORS) assert.equal(handshake(id, secret), word);
});

Deno.test("the right handshake is accepted in either case and with white space around", () => {
  for (const [id, secret, word] of VECTORS) {
    assert.ok(handshakeMatches(id, secret, word));
    assert.ok(handshakeMatches(id, secret, `\n ${word.toUpperCase()} `));
  }
});

Deno.test("any other handshake is not", () => {
  const [id, secret, word] = VECTORS[0]!;
  const wrong = ["", word.slice(1), `${word}0`, word.replace("0c2e", "0c2f"), VECTORS[1]![2], secret];
  for (const said of wrong) assert.ok(!handshakeMatches(id, secret, said), said);
  assert.ok(!handshakeMatches("another-id", secret, word));
  assert.ok(!handshakeMatches(id, "another-secret", word));
});

Deno.test("the handshake is read as it is printed", () => {
  const read = (text: string) => parseHandshake(parseElement(text, DECLARED[NS.component]));
  assert.equal(printHandshake("abc"), "<handshake>abc</handshake>");
  assert.equal(printHandshake(), "<handshake/>");
  assert.equal(read(printHandshake("abc")), "abc");
  assert.equal(read("<handshake xmlns='urn:x'>abc</handshake>"), null);
});
