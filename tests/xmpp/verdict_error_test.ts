import assert from "node:assert/strict";
import { parseElement } from "../../xml/reader.ts";
import { type DialbackRequest, parseDialback, printDenial } from "../../xmpp/dialback.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { conditionOf } from "../../xmpp/stanza_error.ts";
import { DENIALS } from "../../xmpp/verdict_error.ts";

const read = (text: string) => parseElement(text, DECLARED[NS.server]);
const REQUEST = parseDialback(read("<db:result from='s.example' to='t.example'/>")) as DialbackRequest;

Deno.test("DNA-69: every denial has one condition of RFC 6120 and a valid type", () => {
  for (const [reason, denial] of Object.entries(DENIALS)) {
    if (denial.type === "invalid") continue; // A verdict of its own, without an error.
    const [error, ...more] = read(printDenial(REQUEST, denial)).elements();
    assert.equal(more.length, 0, reason);
    assert.equal(error?.elements().length, 1, reason);
    assert.equal(conditionOf(error!), denial.condition, reason);
    assert.ok(["auth", "cancel", "modify", "wait"].includes(error?.attr("type") ?? ""), reason);
  }
});
