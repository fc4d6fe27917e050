import assert from "node:assert/strict";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { isBounced, parseStanzaHead, STANZA_TYPES, type StanzaKind, stanzaType } from "../../xmpp/stanza.ts";

const head = (text: string) => parseStanzaHead(text, NS.server);

Deno.test("a stanza's head is read from its start tag alone", () => {
  const text =
    `<message from='a@b.example/c' to="d@e.example" id='1&amp;2' type='chat' xml:lang='de'><body>&`;
  assert.deepEqual(head(text), {
    kind: "message",
    from: "a@b.example/c",
    to: "d@e.example",
    id: "1&2",
    type: "chat",
    lang: "de",
  });
});

Deno.test("a head is read from a start tag of any size; what is no part of it is passed over unread", () => {
  const more = Array.from({ length: 60 }, (_, n) => ` a${n}='${"&lt;".repeat(4000)}&unread;'`).join("");
  const { from, to, id } = head(`<message${more} from='a@b.example/&lt;' to='d@e.example' id='1'><body>`) ??
    {};
  assert.deepEqual([from, to, id], ["a@b.example/<", "d@e.example", "1"]);
});

Deno.test("what is absent is null", () => {
  const nothing = { from: null, to: null, id: null, type: "none", lang: null };
  assert.deepEqual(head("<presence/>"), { kind: "presence", ...nothing });
});

Deno.test("a stanza is known by its namespace, whatever its prefix", () => {
  assert.equal(head("<x:iq xmlns:x='jabber:server'/>")?.kind, "iq");
  assert.equal(head("<iq xmlns='jabber:client'/>"), null);
  assert.equal(head("<iq xmlns='jabber:component:accept'/>"), null);
  assert.equal(parseStanzaHead("<iq/>", NS.component)?.kind, "iq");
  const declared = new Map([...DECLARED[NS.server], ["", NS.streams], ["s", NS.server]]);
  assert.equal(parseStanzaHead("<s:iq/>", NS.server, declared)?.kind, "iq");
  assert.equal(parseStanzaHead("<iq/>", NS.server, declared), null);
});

Deno.test("what is no stanza has no head", () => {
  for (const text of ["<db:result/>", "<stream:error/>", "<foo/>", "text", "", "<z:iq/>"]) {
    assert.equal(head(text), null, text);
  }
});

Deno.test("types are numbered as the framer numbers them (native/src/xml/record.rs)", async () => {
  const rust = await Deno.readTextFile(new URL("../../native/src/xml/record.rs", import.meta.url));
  const codes = rust.slice(rust.indexOf("mod type_code"));
  const numbered = [...codes.matchAll(/pub const ([A-Z]+): u32 = ([0-9]+);/g)];
  assert.deepEqual(numbered.map(([, name]) => name?.toLowerCase()), STANZA_TYPES);
  assert.deepEqual(numbered.map(([, , code]) => Number(code)), STANZA_TYPES.map((_, index) => index));
});

Deno.test("a type is read by its word; normal is none, anything else other", () => {
  assert.equal(stanzaType(null), "none");
  assert.equal(stanzaType("normal"), "none");
  assert.equal(stanzaType("unsubscribed"), "unsubscribed");
  for (const word of ["none", "Error", "", "constructor"]) assert.equal(stanzaType(word), "other", word);
});

const BOUNCED: Record<StanzaKind, Record<"always" | "local" | "never", (typeof STANZA_TYPES[number])[]>> = {
  message: { always: ["none", "chat", "groupchat", "headline", "other"], local: [], never: ["error"] },
  iq: { always: ["get", "set", "none", "other"], local: [], never: ["result", "error"] },
  presence: {
    always: ["subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"],
    local: ["none", "unavailable"],
    never: ["error", "other"],
  },
};
for (const [kind, { always, local, never }] of Object.entries(BOUNCED) as [StanzaKind, typeof BOUNCED.iq][]) {
  Deno.test(`which ${kind} is answered with an error`, () => {
    for (const type of always) {
      assert.ok(isBounced({ kind, type }, false) && isBounced({ kind, type }, true), type);
    }
    for (const type of local) {
      assert.ok(!isBounced({ kind, type }, false) && isBounced({ kind, type }, true), type);
    }
    for (const type of never) {
      assert.ok(!isBounced({ kind, type }, false) && !isBounced({ kind, type }, true), type);
    }
  });
}
