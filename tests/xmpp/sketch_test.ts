/** What a trace shows of an element: no text, no attribute that could hold a secret. console.md 2.4. */
import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { sketchOf, sketchOfPrinted } from "../../xmpp/sketch.ts";
import { printInitialHeader } from "../../xmpp/stream_header.ts";

const hide = (localpart: string) => `~${localpart.length}`;
const sketch = (text: string) => sketchOf(parseElement(text, DECLARED[NS.server]), text.length, hide);

const CASES: Record<string, [text: string, shown: Partial<ReturnType<typeof sketch>>]> = {
  "a key is not shown, the names of a pair are": [
    "<db:result from='a.example' to='b.example'>secret</db:result>",
    { name: "result", ns: NS.dialback, word: null, from: "a.example", to: "b.example" },
  ],
  "SASL data is not shown, the mechanism is": [
    `<auth xmlns='${NS.sasl}' mechanism='EXTERNAL'>c2VjcmV0</auth>`,
    { name: "auth", word: "EXTERNAL" },
  ],
  "the condition of a failure, without its text": [
    `<failure xmlns='${NS.sasl}'><not-authorized/><text>secret</text></failure>`,
    { name: "failure", word: "not-authorized text" },
  ],
  "a localpart is hidden, a resource left out": [
    "<x from='secret@a.example/secret' to='b.example/secret' id='secret'/>",
    { from: "~6@a.example", to: "b.example" },
  ],
  "what a peer calls things is cut": [
    `<${"x".repeat(200)} type='${"y".repeat(200)}'/>`,
    { name: `${"x".repeat(100)}…`, word: `${"y".repeat(100)}…` },
  ],
};

for (const [name, [text, shown]] of Object.entries(CASES)) {
  Deno.test(`sketch: ${name}`, () => {
    const made = sketch(text);
    assert.deepEqual({ ...made, ...shown }, made);
    assert.equal(made.bytes, text.length);
    assert.doesNotMatch(JSON.stringify(made), /secret|c2VjcmV0/);
  });
}

Deno.test("sketch: of our own header, with its declaration", () => {
  const text = printInitialHeader({ from: "xmpp1.a.example", to: "xmpp1.b.example" });
  const { name, from, to } = sketchOfPrinted(text, DECLARED[NS.server], text.length, hide);
  assert.deepEqual([name, from, to], ["stream", "xmpp1.a.example", "xmpp1.b.example"]);
});
