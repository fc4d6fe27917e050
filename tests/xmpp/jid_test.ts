import assert from "node:assert/strict";
import { AddressFault } from "../../xmpp/domain.ts";
import { parseJid, splitJid } from "../../xmpp/jid.ts";

const READ: Record<string, [text: string, local: string | null, domain: string, resource: string | null]> = {
  "a domain": ["target.example", null, "target.example", null],
  "a bare address": ["juliet@Target.Example.", "juliet", "target.example", null],
  "a full address": ["juliet@target.example/balcony", "juliet", "target.example", "balcony"],
  "a domain with resource": ["target.example/x", null, "target.example", "x"],
  "separators in a resource": ["a@b.example/c@d/e", "a", "b.example", "c@d/e"],
  "an at sign in a domain's resource": ["b.example/c@d", null, "b.example", "c@d"],
  "spaces in a resource": ["a@b.example/my phone", "a", "b.example", "my phone"],
  "other scripts": [
    "ジュリエット@münchen.example/バルコニー",
    "ジュリエット",
    "münchen.example",
    "バルコニー",
  ],
  "parts of 1023 octets": [
    `${"a".repeat(1023)}@b.example/${"ü".repeat(511)}`,
    "a".repeat(1023),
    "b.example",
    "ü".repeat(511),
  ],
};
for (const [name, [text, local, domain, resource]] of Object.entries(READ)) {
  Deno.test(`parseJid reads ${name}`, () => assert.deepEqual(parseJid(text), { local, domain, resource }));
}

const REFUSED: Record<string, string> = {
  "nothing": "",
  "an empty localpart": "@b.example",
  "an empty resource": "a@b.example/",
  "an empty domain": "a@/c",
  "two at signs": "a@@b",
  "an at sign in the domain": "a@b@c.example",
  "a localpart of 1024 octets": `${"a".repeat(1024)}@b.example`,
  "a localpart of 1024 octets in fewer characters": `${"ü".repeat(512)}@b.example`,
  "a resource of 1024 octets": `b.example/${"c".repeat(1024)}`,
  "a space in the localpart": "a b@c.example",
  "a quote in the localpart": "a'b@c.example",
  "a lone surrogate in the localpart": "a\ud800b@c.example",
  "a control character in the resource": "a@b.example/c\u0001",
  "an address in the domain": "a@192.0.2.1",
};
for (const [name, text] of Object.entries(REFUSED)) {
  Deno.test(`parseJid refuses ${name}`, () => assert.throws(() => parseJid(text), AddressFault));
}

Deno.test("splitJid cuts at the first slash, then at the first at sign", () => {
  assert.deepEqual(splitJid("a@b@c/d@e/f"), { local: "a", domain: "b@c", resource: "d@e/f" });
  assert.deepEqual(splitJid(""), { local: null, domain: "", resource: null });
  assert.deepEqual(splitJid("/"), { local: null, domain: "", resource: "" });
});
