import assert from "node:assert/strict";
import { element } from "../../xml/element.ts";
import { parseElement } from "../../xml/reader.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import {
  isStreamCondition,
  parseStreamError,
  PeerFault,
  printStreamError,
  STANZA_TOO_BIG,
  STREAM_CONDITIONS,
} from "../../xmpp/stream_error.ts";

const read = (text: string) => parseStreamError(parseElement(text, DECLARED[NS.server]));
const STREAMS = "urn:ietf:params:xml:ns:xmpp-streams";

Deno.test("a stream error is printed as in protocol.md 4.8", () => {
  assert.equal(
    printStreamError("host-unknown", { text: "no <such> domain" }),
    `<stream:error><host-unknown xmlns='${STREAMS}'/>` +
      `<text xmlns='${STREAMS}' xml:lang='en'>no &lt;such&gt; domain</text></stream:error>`,
  );
  assert.equal(
    printStreamError("policy-violation", { application: STANZA_TOO_BIG }, NS.component),
    `<stream:error><policy-violation xmlns='${STREAMS}'/><stanza-too-big xmlns='urn:xmpp:errors'/></stream:error>`,
  );
});

Deno.test("every condition is read as it was printed", () => {
  assert.equal(STREAM_CONDITIONS.length, 25); // RFC 6120 4.9.3.1 to 4.9.3.25
  for (const condition of STREAM_CONDITIONS) {
    const error = read(printStreamError(condition, { text: "words", application: element("urn:x", "y") }));
    assert.equal(error?.condition, condition);
    assert.equal(error?.text, "words");
    assert.ok(error?.application?.is("urn:x", "y"));
  }
});

const CONDITIONS: Record<string, [children: string, condition: string]> = {
  "the word of RFC 3920 is understood": [`<xml-not-well-formed xmlns='${STREAMS}'/>`, "not-well-formed"],
  "an unknown word is undefined": [`<invalid-id xmlns='${STREAMS}'/>`, "undefined-condition"],
  "no word is undefined": ["", "undefined-condition"],
  "a word in another namespace is undefined": ["<reset xmlns='urn:x'/>", "undefined-condition"],
  "the text may come first": [
    `<text xmlns='${STREAMS}'>reset</text><conflict xmlns='${STREAMS}'/>`,
    "conflict",
  ],
};
for (const [name, [children, condition]] of Object.entries(CONDITIONS)) {
  Deno.test(`stream error: ${name}`, () => {
    assert.equal(read(`<stream:error>${children}</stream:error>`)?.condition, condition);
  });
}

Deno.test("stream error: see-other-host carries its host, nothing else does", () => {
  const error = (name: string) =>
    read(`<stream:error><${name} xmlns='${STREAMS}'>b.example:5270</${name}></stream:error>`);
  assert.equal(error("see-other-host")?.otherHost, "b.example:5270");
  assert.equal(error("reset")?.otherHost, null);
});

Deno.test("stream error: other elements are not one", () => {
  assert.equal(read("<error/>"), null);
  assert.equal(read("<stream:features/>"), null);
});

Deno.test("a peer's fault names the word and the reason", () => {
  const fault = new PeerFault("invalid-from", "route.spoofed", "a stanza from an unproven domain");
  assert.equal(fault.cause, "route.spoofed");
  assert.ok(isStreamCondition(fault.condition));
  assert.ok(!isStreamCondition("constructor"));
});
