/** Streams and XML at the server's door: headers, closing, restricted XML (protocol.md 4). */
import assert from "node:assert/strict";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import {
  CLOSING,
  FEATURE,
  features,
  header,
  type HeaderOptions,
  open,
  request,
  secure,
} from "../peer/stream.ts";
import { acceptStartTls, verdict } from "../peer/stream.ts";
import { child } from "../peer/xml.ts";
import { arrival, bidiArrival, fence, grant, initiateBidi, message, ping } from "./acts.ts";

const [SENDER, TARGET] = ["sender.example", "target.example"];

Deno.test("STR-1: ids are long, of safe characters, and never repeat over a thousand streams", async () => {
  await using stage = await Stage.open();
  const ids = new Set<string>();
  for (let batch = 0; batch < 50; batch++) {
    const streams = await Promise.all(Array.from({ length: 20 }, () => stage.dial()));
    for (const o of streams) o.send(header({ to: RECEIVING, from: ORIGINATING }));
    for (const o of streams) {
      const { id } = (await o.header()).attributes;
      assert.match(id ?? "", /^[0-9a-zA-Z-]{22,}$/);
      ids.add(id!);
      o.wire.fin();
    }
    for (const o of streams) await o.farewell();
  }
  assert.equal(ids.size, 1000);
});

Deno.test("STR-1 STR-3: a new id after TLS; an id on the initial header is ignored, the key belongs to ours", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  const before = await open(o, { ...SERVER_NAMES, id: "x" });
  await secure(o, stage.originatingTls);
  const after = await open(o, { ...SERVER_NAMES, id: "x" });
  const ids = [before, after].map(({ header }) => header.attributes.id);
  assert.equal(new Set([...ids, "x"]).size, 3);
  await granted(o, SENDER, TARGET);
});

const root = (attributes: string) => `<?xml version='1.0'?><stream:stream ${attributes}>`;
const declared = `xmlns='${NS.server}' xmlns:stream='${NS.stream}' xmlns:db='${NS.db}'`;
const named = `from='${ORIGINATING}' to='${RECEIVING}' version='1.0'`;

/** Headers that end the stream; the server's own header comes first in each (STR-10). */
const BAD_HEADERS: Record<string, [header: string, condition: string]> = {
  "STR-4: to a name not served": [header({ from: ORIGINATING, to: "nowhere.example" }), "host-unknown"],
  "STR-5: to a domain hosted here before": [header({ from: ORIGINATING, to: "gone.example" }), "host-gone"],
  "STR-6: in a wrong stream namespace": [
    root(`xmlns='${NS.server}' xmlns:stream='urn:wrong' ${named}`),
    "invalid-namespace",
  ],
  "STR-7: of a client": [header({ ...SERVER_NAMES, content: NS.client }), "invalid-namespace"],
  "STR-8: without to": [header({ from: ORIGINATING, to: null }), "improper-addressing"],
  "STR-8: with a resource in to": [
    header({ from: ORIGINATING, to: `${RECEIVING}/x` }),
    "improper-addressing",
  ],
  "STR-8: with a localpart in from": [
    header({ from: `a@${ORIGINATING}`, to: RECEIVING }),
    "improper-addressing",
  ],
  "STR-11: without version": [header({ ...SERVER_NAMES, version: null }), "unsupported-version"],
  "STR-10: from a domain hosted here": [header({ from: TARGET, to: RECEIVING }), "undefined-condition"],
};

for (const [what, [bad, condition]] of Object.entries(BAD_HEADERS)) {
  Deno.test(`STR-10 ${what}: own header first, then ${condition}`, async () => {
    await using stage = await Stage.open({ settings: { server: { gone: ["gone.example"] } } });
    const o = await stage.dial();
    o.send(bad);
    const answer = await o.header();
    assert.match(answer.attributes.id ?? "", /./);
    await o.streamError(condition);
    o.send(CLOSING);
    assert.equal((await o.farewell()).end, "fin");
  });
}

const CHANGED: Record<string, HeaderOptions> = {
  from: { from: "xmpp2.originating.example", to: RECEIVING },
  to: { from: ORIGINATING, to: TARGET },
};

for (const [attribute, changed] of Object.entries(CHANGED)) {
  Deno.test(`STR-9 STR-10: ${attribute} changed at the restart: improper-addressing`, async () => {
    await using stage = await Stage.open();
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    const names = [ORIGINATING, "xmpp2.originating.example"];
    await secure(o, { identity: await stage.world.ca.issue({ names }), serverName: RECEIVING });
    o.send(header(changed));
    await o.header();
    await o.streamError("improper-addressing");
  });
}

Deno.test("STR-12: versions are compared by number; ours is 1.0 and the negotiation goes on", async () => {
  await using stage = await Stage.open();
  for (const version of ["1.10", "2.0", "01.00"]) {
    const { o, opened } = await stage.initiate({ ...SERVER_NAMES, version });
    assert.equal(opened.header.attributes.version, "1.0");
    await granted(o, SENDER, TARGET);
  }
});

Deno.test("STR-32: the answer has a language: the default for an unknown one and for none", async () => {
  await using stage = await Stage.open();
  for (const lang of ["de", "xx-unknown", null]) {
    const { opened } = await stage.initiate({ ...SERVER_NAMES, lang });
    assert.equal(opened.header.attributes["xml:lang"], "en", `asked for ${lang}`);
  }
});

/** Sent on an authorised stream; `condition` ends it. Several are allowed where protocol.md leaves a choice. */
const BAD_XML: Record<string, [xml: string | Uint8Array, conditions: string[]]> = {
  "STR-16: a comment": ["<!-- hello -->", ["restricted-xml"]],
  "STR-16: a processing instruction": ["<?php 1 ?>", ["restricted-xml"]],
  "STR-16: a custom entity": [message("romeo@sender.example", "juliet@target.example", "e", "&own;"), [
    "restricted-xml",
    "not-well-formed",
  ]],
  "STR-17: an XML declaration in the middle": ["<?xml version='1.0'?>", [
    "not-well-formed",
    "restricted-xml",
  ]],
  "STR-17: a mismatched tag": ["<message from='a@sender.example' to='b@target.example'><body></message>", [
    "not-well-formed",
  ]],
  "STR-17: an undeclared prefix": [
    "<message from='a@sender.example' to='b@target.example'><x:y/></message>",
    ["not-well-formed"],
  ],
  "STR-17: a doubled attribute": ["<message id='1' id='2'/>", ["not-well-formed"]],
  "STR-17: an attribute doubled by namespace": [
    "<message xmlns:a='urn:x' xmlns:b='urn:x' a:i='1' b:i='2'/>",
    ["not-well-formed"],
  ],
  "STR-17: a control character": ["<message>\u0001</message>", ["not-well-formed"]],
  "STR-18: invalid UTF-8": [
    new Uint8Array([
      ...new TextEncoder().encode("<message><body>"),
      0xff,
      ...new TextEncoder().encode("</body></message>"),
    ]),
    [
      "unsupported-encoding",
      "not-well-formed",
    ],
  ],
};

for (const [what, [xml, conditions]] of Object.entries(BAD_XML)) {
  Deno.test(`${what} on an authorised stream ends it, nothing else`, async () => {
    await using stage = await Stage.open();
    const other = await stage.initiateWith("other-sender.example", TARGET);
    const o = await initiateBidi(stage);
    await granted(o, SENDER, TARGET);
    o.send(xml);
    const error = await o.element(NS.stream, "error");
    assert.ok(conditions.some((condition) => child(error, NS.streamErrors, condition)), error.raw);
    await o.closing();
    await granted(other, "other-sender.example", "other-target.example");
  });
}

Deno.test("STR-16 STR-19: a DOCTYPE with nested entities: restricted-xml, and no memory is spent", async () => {
  await using stage = await Stage.open();
  const before = await stage.server.residentBytes();
  const entities = Array.from({ length: 10 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join(
    "",
  );
  for (let n = 0; n < 20; n++) {
    const o = await stage.dial();
    o.send(
      `<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e0 "lol">${entities}]><stream:stream ${declared} ${named} x='&e10;'>`,
    );
    await o.header();
    await o.streamError("restricted-xml");
    o.wire.fin();
    await o.farewell();
  }
  const grown = await stage.server.residentBytes() - before;
  assert.ok(grown < 10 * 1024 * 1024, `resident memory grew by ${grown} bytes`);
});

Deno.test("STR-18: a header in UTF-16 is an unsupported encoding", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  o.send(`<?xml version='1.0' encoding='UTF-16'?><stream:stream ${declared} ${named}>`);
  await o.header();
  await o.streamError("unsupported-encoding");
});

Deno.test("STR-20: a stanza before any authorisation: not-authorized, not delivered", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  await open(o, { from: "unsigned.example", to: TARGET }); // a classic stream; the certificate does not prove the domain
  await secure(o, { identity: stage.world.originating, serverName: TARGET });
  const { features } = await open(o, { from: "unsigned.example", to: TARGET });
  assert.equal(child(features, NS.sasl, "mechanisms"), undefined);
  o.send(message("romeo@unsigned.example", "juliet@target.example", "m1"));
  await o.streamError("not-authorized");
  const other = await stage.initiateWith();
  other.send(message("romeo@sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
});

Deno.test("STR-20: a classic stream may request: the pair is proven by DNA", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  await open(o, { from: SENDER, to: TARGET });
  await secure(o, { identity: stage.world.originating, serverName: TARGET });
  await open(o, { from: SENDER, to: TARGET });
  await granted(o, SENDER, TARGET);
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

const WITHOUT_ADDRESS: Record<string, string> = {
  "no to": "<message from='romeo@sender.example' id='1'/>",
  "an empty to": "<message from='romeo@sender.example' to='' id='1'/>",
  "no from": "<message to='juliet@target.example' id='1'/>",
  "an empty from": "<message from='' to='juliet@target.example' id='1'/>",
};

for (const [what, stanza] of Object.entries(WITHOUT_ADDRESS)) {
  Deno.test(`STR-21: a stanza with ${what}: improper-addressing`, async () => {
    await using stage = await Stage.open();
    const o = await stage.initiateWith();
    o.send(stanza);
    await o.streamError("improper-addressing");
  });
}

Deno.test("STR-22: an unknown first-level element is refused or ignored, never routed", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, SENDER, TARGET);
  o.send("<foo xmlns='urn:x' from='romeo@sender.example' to='juliet@target.example'/>");
  o.send(ping("romeo@sender.example", RECEIVING, "p1"));
  const first = await o.anyElement();
  if (first.name === "error") assert.ok(child(first, NS.streamErrors, "unsupported-stanza-type"), first.raw);
  const other = await stage.initiateWith("other-sender.example", TARGET);
  other.send(message("tybalt@other-sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
});

Deno.test("STR-23 STR-24: closing: what came before is delivered, then tag, close_notify, TCP end", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(message("romeo@sender.example", "juliet@target.example", "m1") + CLOSING);
  await juliet.message({ id: "m1" });
  assert.deepEqual(await o.farewell(), { elements: [], closingTag: true, closeNotify: true, end: "fin" });
});

Deno.test("STR-24 STR-25: the server closes: it still reads, and drops a peer that never answers", async () => {
  await using stage = await Stage.open({
    settings: { limits: { closing_timeout: "4s", close_notify_timeout: "200ms" } },
  });
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const [{ id }] = await stage.server.connections();
  await stage.server.api(`/connections/${id}/close`, "POST", {});
  await o.closing();
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  const { elements, end } = await o.farewell();
  assert.deepEqual([elements, end], [[], "fin"]);
});

Deno.test("STR-26: a stream error is answered with the closing tag alone", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(`<stream:error><reset xmlns='${NS.streamErrors}'/></stream:error>`);
  await o.closing();
  o.send(CLOSING);
  assert.deepEqual((await o.farewell()).elements, []);
});

Deno.test("STR-27: whitespace between stanzas is nothing", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const one = (id: string) => message("romeo@sender.example", "juliet@target.example", id);
  o.send(`  \n\t${one("m1")} \r\n ${one("m2")}\n`);
  await juliet.message({ id: "m1" });
  await juliet.message({ id: "m2" });
});

Deno.test("STR-28 STR-29: byte by byte is the same as all at once; half a stanza has no effect", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  await o.sendBytewise(header(SERVER_NAMES));
  await o.header();
  await o.features();
  await secure(o, stage.originatingTls);
  await o.sendBytewise(header(SERVER_NAMES));
  await o.header();
  await o.features();
  await o.sendBytewise(request(SENDER, TARGET));
  await o.verdict(SENDER, TARGET, "valid");
  await o.sendBytewise(
    message("romeo@sender.example", "juliet@target.example", "m1", "h\u00e9 &amp; \u{1F600}"),
  );
  assert.equal((await juliet.message({ id: "m1" })).children[0]?.text, "h\u00e9 & \u{1F600}");

  const cut = message("romeo@sender.example", "juliet@target.example", "m2");
  o.send(cut.slice(0, -12));
  o.wire.fin();
  await o.farewell();
  const other = await stage.initiateWith("other-sender.example", TARGET);
  other.send(message("tybalt@other-sender.example", "juliet@target.example", "m3"));
  await juliet.message({ id: "m3" });
});

Deno.test("STR-30: the prefix-free style of headers is understood", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  const free =
    `<?xml version='1.0'?><stream xmlns='${NS.stream}' from='${ORIGINATING}' to='${RECEIVING}' version='1.0'>`;
  o.send(free);
  await o.header();
  await o.features();
  await secure(o, stage.originatingTls);
  o.send(free);
  await o.header();
  await o.features();
  o.send(`<result xmlns='${NS.db}' from='${SENDER}' to='${TARGET}'/>`);
  await o.verdict(SENDER, TARGET, "valid");
  o.send(
    `<message xmlns='${NS.server}' from='romeo@sender.example' to='juliet@target.example' id='m1'><body>hi</body></message>`,
  );
  const seen = await juliet.message({ id: "m1" });
  assert.equal(seen.children[0]?.uri, NS.component);
});

Deno.test("STR-30 STR-34: other prefixes of the peer for the same namespaces are understood by URI", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  const odd =
    `<?xml version='1.0'?><s:stream xmlns='${NS.server}' xmlns:s='${NS.stream}' xmlns:d='${NS.db}' xmlns:j='${NS.server}' ` +
    `from='${ORIGINATING}' to='${RECEIVING}' version='1.0'>`;
  o.send(odd);
  await o.header();
  await o.features();
  await secure(o, stage.originatingTls);
  o.send(odd);
  await o.header();
  await o.features();
  o.send(`<d:result from='${SENDER}' to='${TARGET}'/>`);
  await o.verdict(SENDER, TARGET, "valid");
  o.send(
    "<j:message from='romeo@sender.example' to='juliet@target.example' id='m1'><j:body>hi</j:body></j:message>",
  );
  const seen = await juliet.message({ id: "m1" });
  assert.equal(seen.children[0]?.text, "hi");
});

Deno.test("STR-31: unknown features are ignored", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage, {
    features: ["<zzz xmlns='urn:zzz'><a/></zzz>", FEATURE.dialback, FEATURE.dna],
  });
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
});

Deno.test("STR-33 CMP-6: id, language and unknown children pass, both ways; only the stanza's namespace changes", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, SENDER, TARGET);
  const inside =
    "<body>hi &amp; &#x1F600;</body><x xmlns='urn:one' a='&lt;1'>t<y xmlns:p='urn:two' p:q='2'/></x>";
  o.send(
    `<message from='romeo@sender.example' to='juliet@target.example' id='m1' xml:lang='it' odd='1'>${inside}</message>`,
  );
  const seen = await juliet.message({ id: "m1", "xml:lang": "it", odd: "1" });
  assert.ok(seen.raw.includes(inside), seen.raw);
  assert.equal(child(seen, "urn:one", "x")?.attributes.a, "<1");
  juliet.send(
    `<message from='juliet@target.example' to='romeo@sender.example' id='m2' xml:lang='la'>${inside}</message>`,
  );
  const back = await o.message({ id: "m2", "xml:lang": "la" });
  assert.ok(back.raw.includes(inside), back.raw);
  const { o: italian } = await stage.initiate({ ...SERVER_NAMES, lang: "it" });
  await granted(italian, "other-sender.example", TARGET);
  italian.send(message("tybalt@other-sender.example", "juliet@target.example", "m3"));
  await juliet.message({ id: "m3", "xml:lang": "it" }); // 4.11: the stream's own, where the stanza has none
});

Deno.test("STR-34: the literal prefixes db and stream on everything that the server sends", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, SENDER, TARGET);
  o.send(request("unsigned.example", TARGET));
  await o.denial("unsigned.example", TARGET, "auth", "not-authorized");
  await fence(o);
  o.send("<!-- -->");
  await o.streamError("restricted-xml");
  juliet.say("juliet", "tybalt@other-sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, TARGET, "other-sender.example");
  await r.message({ id: "m1" });
  for (const seen of [o, r]) assertPrefixes(seen);
});

/** Every declaration of the two namespaces binds the literal prefix, and no other namespace takes one of them. */
function assertPrefixes(seen: Conversation): void {
  const text = seen.transcript.received();
  for (const [, prefix, uri] of text.matchAll(/xmlns:?([\w-]*)=["']([^"']*)["']/g)) {
    if (uri === NS.stream) assert.equal(prefix, "stream");
    if (uri === NS.db) assert.equal(prefix, "db");
    if (prefix === "stream") assert.equal(uri, NS.stream);
    if (prefix === "db") assert.equal(uri, NS.db);
  }
  assert.match(text, /<stream:stream /);
  assert.match(text, /<stream:features>|<db:result /);
}

Deno.test("STR-14: after TLS nothing offers STARTTLS", async () => {
  await using stage = await Stage.open();
  const { opened } = await stage.initiate();
  assert.equal(child(opened.features, NS.tls, "starttls"), undefined);
});

Deno.test("STR-10: bytes before the header that are no XML: header, not-well-formed, close; others untouched", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  o.send("GET / HTTP/1.1\r\n\r\n");
  await o.header();
  const error = await o.element(NS.stream, "error");
  assert.match(error.raw, /not-well-formed|invalid-namespace/);
  await stage.initiateWith();
});

Deno.test("4.6: anything but starttls before TLS is policy-violation", async () => {
  await using stage = await Stage.open();
  for (
    const early of [request(SENDER, TARGET), message("romeo@sender.example", "juliet@target.example", "m1")]
  ) {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.send(early);
    await o.streamError("policy-violation");
  }
});

Deno.test("TLS-3: starttls is sent though the peer did not list it", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  await r.header();
  r.send(header({ from: ORIGINATING, to: RECEIVING, id: "1" }) + features());
  await acceptStartTls(r, { identity: stage.world.originating });
  await r.header();
  r.send(header({ from: ORIGINATING, to: RECEIVING, id: "2" }) + features(FEATURE.dialback, FEATURE.dna));
  await r.request(TARGET, SENDER);
  r.send(verdict(TARGET, SENDER, "valid"));
  await r.message({ id: "m1" });
});
