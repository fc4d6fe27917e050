import assert from "node:assert/strict";
import { type Element } from "../../xml/element.ts";
import { parseElement } from "../../xml/reader.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { DECLARED, NS } from "../../xmpp/namespaces.ts";
import { answer, type Self } from "../../xmpp/services.ts";
import { conditionOf } from "../../xmpp/stanza_error.ts";

const SELF: Self = {
  software: { name: "example federation server", version: "1.2.3" },
  contacts: new Map([
    ["abuse", ["mailto:abuse@target.example"]],
    ["admin", ["mailto:xmpp@target.example"]],
  ]),
  items: [parseDomain("rooms.target.example")],
};
const BARE: Self = { ...SELF, contacts: new Map(), items: [] };

const text = (stanza: string, self = SELF) => answer(parseElement(stanza, DECLARED[NS.server]), self);
const iq = (child: string, type = "get", to = "target.example") =>
  `<iq type='${type}' from='romeo@sender.example/orchard' to='${to}' id='d1'>${child}</iq>`;
const RESULT = "<iq type='result' from='target.example' to='romeo@sender.example/orchard' id='d1'";
const PING = "<ping xmlns='urn:xmpp:ping'/>";
const query = (ns: string, attrs = "") => `<query xmlns='${ns}'${attrs}/>`;

/** The condition and type of an error answer. */
function refused(stanza: string): [condition: string, type: string | null] | null {
  const reply = text(stanza);
  if (reply === null) return null;
  const error = parseElement(reply, DECLARED[NS.server]).child(NS.server, "error") as Element;
  return [conditionOf(error), error.attr("type")];
}

Deno.test("SVC-1: a ping gets an empty result", () => assert.equal(text(iq(PING)), `${RESULT}/>`));

Deno.test("SVC-2: disco#info tells identity, features and contacts as in protocol.md 9.2", () => {
  assert.equal(
    text(iq(query(NS.discoInfo))),
    `${RESULT}><query xmlns='http://jabber.org/protocol/disco#info'>` +
      "<identity category='server' type='im' name='example federation server'/>" +
      "<feature var='http://jabber.org/protocol/disco#info'/>" +
      "<feature var='http://jabber.org/protocol/disco#items'/>" +
      "<feature var='jabber:iq:version'/><feature var='urn:xmpp:ping'/>" +
      "<x xmlns='jabber:x:data' type='result'>" +
      "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field>" +
      "<field var='abuse-addresses'><value>mailto:abuse@target.example</value></field>" +
      "<field var='admin-addresses'><value>mailto:xmpp@target.example</value></field></x></query></iq>",
  );
  assert.doesNotMatch(text(iq(query(NS.discoInfo)), BARE) ?? "", /jabber:x:data/);
});

Deno.test("SVC-3: an unknown node is not found; no items are an empty list", () => {
  for (const ns of [NS.discoInfo, NS.discoItems]) {
    assert.deepEqual(refused(iq(query(ns, " node='x'"))), ["item-not-found", "cancel"]);
  }
  assert.equal(text(iq(query(NS.discoItems)), BARE), `${RESULT}>${query(NS.discoItems)}</iq>`);
});

Deno.test("disco#items lists the components of the domain", () => {
  const list =
    "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='rooms.target.example'/></query>";
  assert.equal(text(iq(query(NS.discoItems))), `${RESULT}>${list}</iq>`);
});

Deno.test("SVC-4: version tells name and version, no operating system", () => {
  const told = "<name>example federation server</name><version>1.2.3</version>";
  assert.equal(
    text(iq(query(NS.version))),
    `${RESULT}><query xmlns='jabber:iq:version'>${told}</query></iq>`,
  );
});

Deno.test("SVC-5: an unknown query is unavailable; results and errors get no answer", () => {
  for (const type of ["get", "set"]) {
    assert.deepEqual(refused(iq("<x xmlns='urn:unknown'/>", type)), ["service-unavailable", "cancel"]);
    assert.deepEqual(refused(iq("<ping xmlns='urn:unknown'/>", type)), ["service-unavailable", "cancel"]);
  }
  for (const type of ["result", "error"]) assert.equal(text(iq(PING, type)), null);
});

Deno.test("SVC-6: a user gets the same answer for every form of address", () => {
  const replies = ["juliet@target.example", "juliet@target.example/balcony", "nobody@target.example"].map((
    to,
  ) => text(iq(PING, "get", to))?.replace(to, "ADDRESS"));
  assert.equal(new Set(replies).size, 1);
  assert.match(replies[0] ?? "", /service-unavailable/);
});

Deno.test("to set what can only be asked is unavailable", () => {
  for (const child of [PING, query(NS.discoInfo), query(NS.version)]) {
    assert.deepEqual(refused(iq(child, "set")), ["service-unavailable", "cancel"]);
  }
});

Deno.test("an iq against RFC 6120 8.2.3 is a bad request", () => {
  const from = "from='a.example' to='target.example'";
  const bad = [iq(""), iq(PING + PING), iq(PING, "foo"), `<iq ${from} id='1'>${PING}</iq>`];
  for (const stanza of [...bad, `<iq ${from} type='get'>${PING}</iq>`]) {
    assert.deepEqual(refused(stanza), ["bad-request", "modify"], stanza);
  }
});

Deno.test("messages are unavailable, presence and headlines are silence", () => {
  const addresses = "from='romeo@sender.example' to='juliet@target.example'";
  assert.deepEqual(refused(`<message ${addresses}><body>x</body></message>`), [
    "service-unavailable",
    "cancel",
  ]);
  for (const type of ["", "type='unavailable'", "type='subscribe'", "type='probe'", "type='error'"]) {
    assert.equal(text(`<presence ${addresses} ${type}/>`), null, type);
  }
  assert.equal(text(`<message ${addresses} type='error'/>`), null);
  assert.equal(text(`<message ${addresses} type='headline'/>`), null);
});

Deno.test("what has no sender or is no stanza of the stream gets no answer", () => {
  for (
    const stanza of [
      "<iq type='get' id='1'/>",
      "<db:result from='a.example'/>",
      "<iq xmlns='toString' from='a'/>",
    ]
  ) {
    assert.equal(text(stanza), null, stanza);
  }
});

Deno.test("a component is answered in its own namespace", () => {
  const stanza = parseElement(iq(PING), DECLARED[NS.component]);
  assert.equal(answer(stanza, SELF, NS.component), `${RESULT}/>`);
  assert.equal(answer(stanza, SELF), null);
});
