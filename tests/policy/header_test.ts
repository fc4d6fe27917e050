/** What a header is worth under each policy: protocol.md 2.6, 4.1, as far as TLS may be missing. */
import assert from "node:assert/strict";
import { type InitialHeaderFacts, judgeInitialHeader, judgeResponseHeader } from "../../policy/header.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { parseStreamHeader } from "../../xmpp/stream_header.ts";
import { accepted } from "./fixtures.ts";

const read = (attrs: string, role: "initial" | "response" = "initial") =>
  parseStreamHeader(
    `<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' ${attrs}>`,
    role,
  );

const HOSTED = parseDomain("target.example");
const MACHINE = parseDomain("xmpp1.receiving.example");

function judged(attrs: string, change: Partial<InitialHeaderFacts> = {}): string {
  const { mode, tls, refusal } = judgeInitialHeader({
    header: read(attrs),
    standing: (name) => name === HOSTED ? "hosted" : name === MACHINE ? "server-name" : "unknown",
    previous: null,
    certificate: null,
    machineNames: [],
    takesCleartext: () => true,
    ...change,
  });
  return [mode, tls, ...(refusal === null ? [] : [refusal.condition])].join(" ");
}

const NAMES = "from='sender.example' to='target.example'";
const never = () => false;

const CASES: Record<string, [expected: string, attrs: string, change?: Partial<InitialHeaderFacts>]> = {
  "TLS is optional where the policy says so": ["classic optional", `${NAMES} version='1.0'`],
  "and required elsewhere": ["classic required", `${NAMES} version='1.0'`, { takesCleartext: never }],
  "inside TLS it is there": [
    "classic required",
    `${NAMES} version='1.0'`,
    { certificate: accepted("sender.example") },
  ],
  "between server names it is required under every policy": [
    "server-name required",
    "from='xmpp1.originating.example' to='xmpp1.receiving.example' version='1.0'",
  ],
  "an old peer cannot be offered it": ["classic impossible", NAMES],
  "version 0.9 is old": ["classic impossible", `${NAMES} version='0.9'`],
  "an old peer where it is required": ["classic required unsupported-version", NAMES, {
    takesCleartext: never,
  }],
  "an old header inside TLS": ["classic required unsupported-version", NAMES, {
    certificate: accepted("sender.example"),
  }],
  "an old header between server names": [
    "server-name required unsupported-version",
    "from='xmpp1.originating.example' to='xmpp1.receiving.example'",
  ],
  "an old peer that does not say whom it wants": ["classic impossible", ""],
  "the same where it is required": ["classic required unsupported-version", "", { takesCleartext: never }],
  "version 1.0 says whom it wants": ["classic required improper-addressing", "version='1.0'"],
  "an old peer that wants somebody else": [
    "classic required unsupported-version",
    "to='nowhere.example' from='sender.example'",
  ],
  "an old peer that says it is us": [
    "classic impossible undefined-condition",
    "from='target.example' to='target.example'",
  ],
};
for (const [name, [expected, attrs, change]] of Object.entries(CASES)) {
  Deno.test(`header, without TLS: ${name}`, () => assert.equal(judged(attrs, change), expected));
}

Deno.test("header, without TLS: the names are asked about as the header spells them", () => {
  const asked: unknown[] = [];
  judged(`${NAMES} version='1.0'`, { takesCleartext: (...names) => asked.push(names) > 0 });
  judged("to='target.example' version='1.0'", { takesCleartext: (...names) => asked.push(names) > 0 });
  assert.deepEqual(asked, [["target.example", "sender.example"], ["target.example", null]]);
});

Deno.test("header, the answer of an old peer: taken only where it may be one", () => {
  const answer = read("from='sender.example' id='1'", "response");
  const sender = parseDomain("sender.example");
  assert.equal(judgeResponseHeader(answer, sender)?.condition, "unsupported-version");
  assert.equal(judgeResponseHeader(answer, sender, true), null);
  const nameless = read("id='1'", "response");
  assert.equal(judgeResponseHeader(nameless, sender, true), null);
  assert.equal(
    judgeResponseHeader(read("from='evil.example' id='1'", "response"), sender, true)?.cause,
    "stream.addressing",
  );
  assert.equal(
    judgeResponseHeader(read("from='sender.example'", "response"), sender, true)?.cause,
    "stream.addressing",
  );
});
