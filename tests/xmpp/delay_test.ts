import assert from "node:assert/strict";
import { delayed } from "../../xmpp/delay.ts";

const SINCE = new Date("2026-01-02T03:04:05.006Z");
const STAMP = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-02T03:04:05.006Z'/>";
const OLD = "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00.000Z'/>";

const CASES: Record<string, [stanza: string, late: string]> = {
  "a message": [
    "<message id='1'><body>x</body></message>",
    `<message id='1'><body>x</body>${STAMP}</message>`,
  ],
  "an empty message": ["<message to='a'/>", `<message to='a'>${STAMP}</message>`],
  "the shortest message": ["<message/>", `<message>${STAMP}</message>`],
  "an end tag with white space": ["<message>x</message\n>", `<message>x${STAMP}</message\n>`],
  "a message that ends in text": ["<message>ü</message>", `<message>ü${STAMP}</message>`],
  "CDATA before the end": [
    "<message><![CDATA[</x>]]></message>",
    `<message><![CDATA[</x>]]>${STAMP}</message>`,
  ],
  "late for the second time": [`<message>${OLD}</message>`, `<message>${OLD}</message>`],
  "late at another server": [
    "<message><delay xmlns='urn:xmpp:delay' from='b' stamp='2026-01-01T00:00:00Z'/></message>",
    `<message><delay xmlns='urn:xmpp:delay' from='b' stamp='2026-01-01T00:00:00Z'/>${STAMP}</message>`,
  ],
  "presence": ["<presence><show/></presence>", "<presence><show/></presence>"],
  "an IQ": ["<iq><a/></iq>", "<iq><a/></iq>"],
  "a name that only begins so": ["<messages>x</messages>", "<messages>x</messages>"],
};
for (const [name, [stanza, late]] of Object.entries(CASES)) {
  Deno.test(`delay: ${name}`, () => {
    assert.equal(new TextDecoder().decode(delayed(new TextEncoder().encode(stanza), SINCE)), late);
  });
}
