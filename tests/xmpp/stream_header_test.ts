import assert from "node:assert/strict";
import { NS } from "../../xmpp/namespaces.ts";
import {
  answerLanguage,
  answerVersion,
  changedNames,
  parseStreamHeader,
  printComponentInitial,
  printComponentResponse,
  printInitialHeader,
  printResponseHeader,
} from "../../xmpp/stream_header.ts";

const NAMESPACES =
  `xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback'`;
const header = (attrs: string) => `<?xml version='1.0'?><stream:stream ${NAMESPACES} ${attrs}>`;
const NAMES = { from: "xmpp1.originating.example", to: "xmpp1.receiving.example" };
const read = (attrs: string) => parseStreamHeader(header(attrs), "initial");

Deno.test("the initial header is that of trace T1", () => {
  assert.equal(
    printInitialHeader(NAMES),
    header("from='xmpp1.originating.example' to='xmpp1.receiving.example' version='1.0' xml:lang='en'"),
  );
});

Deno.test("a header is read as it was printed", () => {
  const initial = parseStreamHeader(printInitialHeader(NAMES), "initial");
  assert.equal(initial.fault, null);
  assert.deepEqual(initial.from, { domain: NAMES.from, text: NAMES.from });
  assert.deepEqual(initial.to, { domain: NAMES.to, text: NAMES.to });
  assert.deepEqual([initial.version, initial.lang, initial.id], [{ major: 1, minor: 0 }, "en", null]);
  assert.equal(initial.declared.get("db"), NS.dialback);
});

Deno.test("the answer mirrors the names as the peer spells them", () => {
  const { from, to, ...peer } = read("from='Sender.Example.' to='xn--mnchen-3ya.example' version='1.0'");
  assert.equal(to?.domain, "münchen.example");
  const answer = printResponseHeader({ from: to!.text, to: from!.text }, "b1e7c0a94d2f4c61", peer);
  assert.equal(
    answer,
    header(
      "from='xn--mnchen-3ya.example' to='Sender.Example.' id='b1e7c0a94d2f4c61' version='1.0' xml:lang='en'",
    ),
  );
  const response = parseStreamHeader(answer, "response");
  assert.deepEqual([response.fault, response.id], [null, "b1e7c0a94d2f4c61"]);
});

Deno.test("an answer without names that could be repeated leaves them out", () => {
  const answer = printResponseHeader({ from: "target.example", to: null }, "i", {
    version: null,
    lang: null,
  });
  assert.equal(answer, header("from='target.example' id='i' xml:lang='en'"));
});

const STREAMS = "http://etherx.jabber.org/streams";
const FAULTS: Record<string, [text: string, condition: string]> = {
  "a root in another namespace": [
    "<stream:stream xmlns='jabber:server' xmlns:stream='urn:wrong' to='a.example' version='1.0'>",
    "invalid-namespace",
  ],
  "another root of the stream namespace": [
    `<stream:features xmlns='jabber:server' xmlns:stream='${STREAMS}' to='a.example' version='1.0'>`,
    "invalid-namespace",
  ],
  "a client's stream": [
    `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' to='a.example' version='1.0'>`,
    "invalid-namespace",
  ],
  "no `to`": [header("from='a.example' version='1.0'"), "improper-addressing"],
  "an empty `to`": [header("to='' version='1.0'"), "improper-addressing"],
  "a malformed `to`": [header("to='a@b.example' version='1.0'"), "improper-addressing"],
  "a malformed `from`": [header("from='a/b' to='a.example' version='1.0'"), "improper-addressing"],
  "no version": [header("from='a.example' to='b.example'"), "unsupported-version"],
  "version 0.9": [header("to='b.example' version='0.9'"), "unsupported-version"],
  "a version that is no number": [header("to='b.example' version='one'"), "unsupported-version"],
  "an undeclared prefix": ["<stream:stream to='b.example' version='1.0'>", "not-well-formed"],
  "text": ["hello", "not-well-formed"],
};
for (const [name, [text, condition]] of Object.entries(FAULTS)) {
  Deno.test(`a header with a fault is read: ${name}`, () => {
    assert.equal(parseStreamHeader(text, "initial").fault?.condition, condition);
  });
}

/** Under policy `legacy` (4.1): what an old header may leave out, and what no header may be. */
const IF_OLD: Record<string, [attrs: string, old: boolean, condition: string | null]> = {
  "no version": ["from='a.example' to='b.example'", true, null],
  "version 0.9": ["from='a.example' to='b.example' version='0.9'", true, null],
  "no version and no `to`": ["", true, null],
  "version 1.0 and no `to`": ["version='1.0'", false, "improper-addressing"],
  "no version, a malformed `to`": ["to='a@b.example'", true, "improper-addressing"],
  "no version, a malformed `from`": ["from='a/b' to='b.example'", true, "improper-addressing"],
  "no version, an endless language": [
    `to='b.example' xml:lang='${"x".repeat(36)}'`,
    true,
    "policy-violation",
  ],
};
for (const [name, [attrs, old, condition]] of Object.entries(IF_OLD)) {
  Deno.test(`a header where an old one is taken: ${name}`, () => {
    const seen = read(attrs);
    assert.deepEqual([seen.old, seen.faultIfOld?.condition ?? null], [old, condition]);
    if (old) assert.equal(seen.fault?.condition, "unsupported-version");
  });
}

Deno.test("our header without a version is for whoever refused 1.0 (4.8)", () => {
  const { version, old, to } = parseStreamHeader(printInitialHeader(NAMES, null), "initial");
  assert.deepEqual([version, old, to?.text], [null, true, NAMES.to]);
});

Deno.test("a faulty header still tells what can be answered", () => {
  const { fault, to, from } = read("from='a@b' to='Target.example' version='1.0'");
  assert.equal(fault?.cause, "stream.addressing");
  assert.deepEqual([to?.text, from], ["Target.example", null]);
});

const ACCEPTED: Record<string, string> = {
  "the prefix-free style": `<stream xmlns='${STREAMS}' to='a.example' version='1.0'>`,
  "another prefix of the root":
    `<s:stream xmlns='jabber:server' xmlns:s='${STREAMS}' to='a.example' version='1.0'>`,
  "no default namespace": `<stream:stream xmlns:stream='${STREAMS}' to='a.example' version='1.0'>`,
  "white space and double quotes": ` \n<?xml version="1.0" encoding="UTF-8"?>\r\n` +
    `<stream:stream xmlns="jabber:server" xmlns:stream = "${STREAMS}"\n to="a.example" version="01.00" >`,
};
for (const [name, text] of Object.entries(ACCEPTED)) {
  Deno.test(`a header is accepted: ${name}`, () => {
    const { fault, to } = parseStreamHeader(text, "initial");
    assert.deepEqual([fault, to?.domain], [null, "a.example"]);
  });
}

Deno.test("a response may lack `to`", () => {
  assert.equal(parseStreamHeader(header("from='a.example' id='1' version='1.0'"), "response").fault, null);
});

Deno.test("STR-12: versions are compared by number, and ours is 1.0", () => {
  for (const text of ["1.0", "1.10", "2.0", "01.000", "10.1"]) {
    const { version, fault } = read(`to='a.example' version='${text}'`);
    assert.equal(fault, null, text);
    assert.deepEqual(answerVersion(version), { major: 1, minor: 0 }, text);
  }
  assert.deepEqual(answerVersion({ major: 0, minor: 11 }), { major: 0, minor: 11 });
  assert.equal(answerVersion(null), null);
});

Deno.test("STR-32: the language of the answer", () => {
  for (const wanted of ["de", "xx-unknown", "", "en", "EN-gb", null]) {
    assert.equal(answerLanguage(wanted), "en");
  }
  const ours = ["en", "de", "zh-Hant"];
  assert.equal(answerLanguage("de-CH-1996", ours), "de");
  assert.equal(answerLanguage("zh-hant-TW", ours), "zh-Hant");
  assert.equal(answerLanguage("zh-Hans", ours), "en");
});

Deno.test("after a restart other names are noticed, other spellings are not", () => {
  const before = read("from='a.example' to='b.example' version='1.0'");
  assert.ok(!changedNames(before, read("from='A.example.' to='b.example' version='1.0'")));
  assert.ok(changedNames(before, read("from='c.example' to='b.example' version='1.0'")));
  assert.ok(changedNames(before, read("from='a.example' to='c.example' version='1.0'")));
  assert.ok(changedNames(before, read("to='b.example' version='1.0'")));
  assert.ok(!changedNames(read("to='b.example' version='1.0'"), before), "`from` may come only after TLS");
});

Deno.test("component headers are those of protocol.md 9.1", () => {
  const open =
    `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='${STREAMS}'`;
  assert.equal(printComponentInitial("rooms.target.example"), `${open} to='rooms.target.example'>`);
  assert.equal(
    printComponentResponse("rooms.target.example", "1"),
    `${open} from='rooms.target.example' id='1' xml:lang='en'>`,
  );
  const { fault, to } = parseStreamHeader(
    printComponentInitial("rooms.target.example"),
    "initial",
    NS.component,
  );
  assert.deepEqual([fault, to?.domain], [null, "rooms.target.example"]);
  const wrong = parseStreamHeader(header("to='rooms.target.example' version='1.0'"), "initial", NS.component);
  assert.equal(wrong.fault?.condition, "invalid-namespace");
});
