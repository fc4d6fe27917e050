import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { printStreamError } from "../../xmpp/stream_error.ts";
import {
  ENABLE,
  ENABLED,
  handledTooHigh,
  type Management,
  NO_RESUMPTION,
  parseManagement,
  printAnswer,
  REQUEST,
  UNEXPECTED,
} from "../../xmpp/stream_management.ts";

const element = (text: string) => parseElement(text, DECLARED[NS.server]);

const SAID: Record<string, Management> = {
  [ENABLE]: { kind: "enable" },
  [ENABLED]: { kind: "enabled" },
  [REQUEST]: { kind: "request" },
  [UNEXPECTED]: { kind: "failed" },
  [NO_RESUMPTION]: { kind: "failed" },
  [printAnswer(0)]: { kind: "answer", handled: 0 },
  [printAnswer(4_294_967_295)]: { kind: "answer", handled: 4_294_967_295 },
  [printAnswer(4_294_967_296)]: { kind: "answer", handled: 0 },
  "<resume xmlns='urn:xmpp:sm:3' previd='x' h='1'/>": { kind: "resume" },
  "<enable xmlns='urn:xmpp:sm:3' resume='true' max='60'/>": { kind: "enable" },
};
for (const [text, read] of Object.entries(SAID)) {
  Deno.test(`stream management: ${text}`, () => assert.deepEqual(parseManagement(element(text)), read));
}

for (const h of ["", "-1", "1.5", "0x10", "4294967296", "99999999999"]) {
  Deno.test(`stream management: h='${h}' is no count`, () => {
    const answer = parseManagement(element(`<a xmlns='urn:xmpp:sm:3' h='${h}'/>`));
    assert.deepEqual(answer, { kind: "answer", handled: null });
  });
}

Deno.test("stream management: an answer without h, other namespaces, other words", () => {
  assert.deepEqual(parseManagement(element("<a xmlns='urn:xmpp:sm:3'/>")), { kind: "answer", handled: null });
  assert.equal(parseManagement(element("<r xmlns='urn:xmpp:sm:2'/>")), null);
  assert.equal(parseManagement(element("<sm xmlns='urn:xmpp:sm:3'/>")), null);
});

Deno.test("stream management: the words of the stream error are those of protocol.md 8.1", () => {
  assert.equal(
    printStreamError("undefined-condition", { application: handledTooHigh(10, 8) }),
    "<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" +
      "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='10' send-count='8'/></stream:error>",
  );
  assert.equal(
    UNEXPECTED,
    "<failed xmlns='urn:xmpp:sm:3'>" +
      "<unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
  );
});
