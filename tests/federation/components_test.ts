/** Components and the server's own answers (protocol.md 9). */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { RECEIVING } from "../harness/world.ts";
import { componentHeader, handshakeDigest } from "../peer/component.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial } from "../peer/peer.ts";
import { CLOSING } from "../peer/stream.ts";
import { child, type Element } from "../peer/xml.ts";
import { arrival, grant, initiateBidi, message, ping } from "./acts.ts";

/** A component's TCP connection, before any header. */
const knock = (stage: Stage): Promise<Conversation> =>
  dial(stage.server.components, stage.world.serverIp, "component");

/** Header sent and answered: the stream id for the digest. */
async function greeted(stage: Stage, domain = "target.example"): Promise<{ c: Conversation; id: string }> {
  const c = await knock(stage);
  c.send(componentHeader(domain));
  const { attributes } = await c.header();
  assert.equal(attributes.from, domain);
  assert.equal(attributes.version, undefined);
  return { c, id: attributes.id! };
}

Deno.test("CMP-1: the handshake digest is accepted, in upper case too; no features come", async () => {
  await using stage = await Stage.open();
  for (const spelling of [(hex: string) => hex, (hex: string) => hex.toUpperCase()]) {
    const { c, id } = await greeted(stage);
    c.send(`<handshake>${spelling(handshakeDigest(id, "secret"))}</handshake>`);
    await c.element(NS.component, "handshake");
    c.send("</stream:stream>");
    await c.farewell();
  }
});

Deno.test("CMP-2: a digest with one digit changed: not-authorized", async () => {
  await using stage = await Stage.open();
  const { c, id } = await greeted(stage);
  const digest = handshakeDigest(id, "secret");
  c.send(`<handshake>${digest.slice(0, -1)}${digest.endsWith("0") ? "1" : "0"}</handshake>`);
  await c.streamError("not-authorized");
  c.send(CLOSING);
  assert.equal((await c.farewell()).end, "fin");
});

Deno.test("CMP-2: a stanza before the handshake: not-authorized, nothing is routed", async () => {
  await using stage = await Stage.open();
  const { c } = await greeted(stage);
  c.send(message("juliet@target.example", "romeo@sender.example", "m1"));
  await c.streamError("not-authorized");
  assert.equal(stage.peer.count, 0);
});

Deno.test("CMP-3: an unknown domain is host-unknown; a second connection is conflict, the first works on", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const unknown = await knock(stage);
  unknown.send(componentHeader("nowhere.example"));
  await unknown.header();
  await unknown.streamError("host-unknown");
  const second = await knock(stage);
  second.send(componentHeader("target.example"));
  const { id } = (await second.header()).attributes;
  second.send(`<handshake>${handshakeDigest(id!, "secret")}</handshake>`);
  await second.streamError("conflict");
  const o = await stage.initiateWith();
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

const BAD_HEADERS: Record<string, [header: string, condition: string]> = {
  "without to": [componentHeader("x").replace(/ to='x'/, ""), "improper-addressing"],
  "in the server's namespace": [
    componentHeader("target.example").replace(NS.component, NS.server),
    "invalid-namespace",
  ],
};

for (const [what, [bad, condition]] of Object.entries(BAD_HEADERS)) {
  Deno.test(`CMP-3: a component's header ${what}: ${condition}`, async () => {
    await using stage = await Stage.open();
    const c = await knock(stage);
    c.send(bad);
    await c.header();
    await c.streamError(condition);
  });
}

Deno.test("CMP-4: a foreign from is invalid-from; a missing to is bad-request and the stream stays", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.send("<message from='juliet@target.example' id='m1'><body>x</body></message>");
  assert.equal(errorOf(await juliet.message({ id: "m1", type: "error" })).condition, "bad-request");
  juliet.send(message("nurse@other-target.example", "romeo@sender.example", "m2"));
  await juliet.stream.streamError("invalid-from");
  assert.equal(stage.peer.count, 0);
});

Deno.test("CMP-5: a component's stanza travels over a pair of its own", async () => {
  await using stage = await Stage.open({ domains: ["rooms.target.example"] });
  await using rooms = await stage.component("rooms.target.example");
  rooms.say("hall", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "rooms.target.example", "sender.example");
  await r.message({ id: "m1", from: "hall@rooms.target.example/x" });
});

Deno.test("CMP-6: inbound stanzas reach the component in its namespace, payload unchanged", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(
    "<iq type='get' id='q1' from='romeo@sender.example/x' to='target.example'><query xmlns='jabber:iq:version'/></iq>",
  );
  const iq = await juliet.iq({ id: "q1", type: "get", to: "target.example" }); // the component is the domain
  assert.deepEqual([iq.uri, iq.children[0]?.uri], [NS.component, NS.version]);
});

Deno.test("CMP-7: component away: remote-server-timeout or service-unavailable (wait), the bare domain included", async () => {
  await using stage = await Stage.open();
  const juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await juliet.detach();
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  o.send(ping("romeo@sender.example", "target.example", "p1"));
  o.send(
    "<iq type='set' id='q1' from='romeo@sender.example' to='juliet@target.example/x'><q xmlns='urn:x'/></iq>",
  );
  o.send("<iq type='result' id='q2' from='romeo@sender.example' to='juliet@target.example/x'/>");
  o.send(message("romeo@sender.example", "target.example", "m2"));
  for (const id of ["m1", "p1", "q1", "m2"]) {
    const error = await o.anyElement(`the error for ${id}`);
    assert.equal(error.attributes.id, id, o.transcript.toString());
    assert.deepEqual(errorOf(error), { type: "wait", condition: "remote-server-timeout" });
  }
  await using back = await stage.component();
  o.send(message("romeo@sender.example", "juliet@target.example", "m3"));
  await back.message({ id: "m3" });
});

Deno.test("CMP-4: a malformed component stream hurts only itself: peers and other components go on", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await granted(o, "sender.example", "other-target.example");
  juliet.send("<message from='juliet@target.example' to='romeo@sender.example'><body></message>");
  await juliet.stream.streamError("not-well-formed");
  nurse.say("nurse", "romeo@sender.example", "n1");
  await o.message({ id: "n1", from: "nurse@other-target.example/x" });
});

Deno.test("CMP-1: the component may write the version attribute; still no features", async () => {
  await using stage = await Stage.open();
  const c = await knock(stage);
  c.send(componentHeader("target.example").replace(" to=", " version='1.0' to="));
  const { attributes } = await c.header();
  c.send(`<handshake>${handshakeDigest(attributes.id!, "secret")}</handshake>`);
  await c.element(NS.component, "handshake");
});

// ------------------------------------------------------------------------------ the server's own answers (9.2, 9.3)

/** `bare.example` is hosted without a component: the server answers for it. */
async function asking(stage: Stage): Promise<(xml: string) => Promise<Element>> {
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "bare.example");
  return async (xml) => {
    o.send(xml);
    return await o.iq();
  };
}

const withoutComponent = { domains: [{ name: "bare.example" }] };
const query = (uri: string, id: string, more = "", to = "bare.example", type = "get") =>
  `<iq type='${type}' id='${id}' from='romeo@sender.example/orchard' to='${to}'><query xmlns='${uri}'${more}/></iq>`;

Deno.test("SVC-1: a ping is answered with an empty result", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const result = await ask(ping("romeo@sender.example/orchard", "bare.example", "p1"));
  assert.deepEqual(result.attributes, {
    type: "result",
    id: "p1",
    from: "bare.example",
    to: "romeo@sender.example/orchard",
  });
  assert.deepEqual(result.children, []);
});

Deno.test("SVC-2: disco#info has identity server/im and its own feature, to the own server name too", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const o = await initiateBidi(stage);
  const own =
    `<iq type='get' id='d2' from='xmpp1.originating.example' to='${RECEIVING}'><query xmlns='${NS.discoInfo}'/></iq>`;
  o.send(own);
  for (const result of [await ask(query(NS.discoInfo, "d1")), await o.iq({ id: "d2" })]) {
    assert.equal(result.attributes.type, "result", result.raw);
    const info = child(result, NS.discoInfo, "query")!;
    const { category, type } = child(info, NS.discoInfo, "identity")!.attributes;
    assert.deepEqual({ category, type }, { category: "server", type: "im" });
    const features = info.children.filter((one) => one.name === "feature").map((one) => one.attributes.var);
    for (const feature of [NS.discoInfo, NS.discoItems, NS.version, NS.ping]) {
      assert.ok(features.includes(feature));
    }
  }
});

Deno.test("SVC-3: an unknown node is item-not-found; disco#items without items is an empty result", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const unknown = await ask(query(NS.discoInfo, "d1", " node='nowhere'"));
  assert.deepEqual(errorOf(unknown), { type: "cancel", condition: "item-not-found" });
  const items = await ask(query(NS.discoItems, "d2"));
  assert.equal(items.attributes.type, "result");
  assert.deepEqual(child(items, NS.discoItems, "query")?.children, []);
});

Deno.test("SVC-4: version has name and version, and no os", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const answer = child(await ask(query(NS.version, "v1")), NS.version, "query")!;
  assert.deepEqual(answer.children.map((one) => one.name).sort(), ["name", "version"]);
  for (const part of answer.children) assert.notEqual(part.text, "");
});

Deno.test("SVC-5: unknown IQs are service-unavailable; results and errors get no answer", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const quiet = ["result", "error"].map((type) => query("urn:unknown", "none", "", "bare.example", type))
    .join("");
  for (const type of ["get", "set"]) {
    const answer = await ask(quiet + query("urn:unknown", type, "", "bare.example", type));
    assert.equal(answer.attributes.id, type);
    assert.deepEqual(errorOf(answer), { type: "cancel", condition: "service-unavailable" });
  }
});

Deno.test("SVC-6: unknown users: the same answer for bare and full address", async () => {
  await using stage = await Stage.open(withoutComponent);
  const ask = await asking(stage);
  const answers = [];
  for (const to of ["a@bare.example", "b@bare.example", "b@bare.example/x"]) {
    const answer = await ask(query("urn:unknown", "same", "", to));
    answers.push(answer.raw.replaceAll(to, "TO"));
  }
  assert.equal(new Set(answers).size, 1, answers.join("\n"));
  assert.match(answers[0]!, /service-unavailable/);
});

Deno.test("CMP-1: a hosted domain without a component secret takes no component", async () => {
  await using stage = await Stage.open(withoutComponent);
  for (const secret of ["", "undefined", "null"]) {
    const c = await knock(stage);
    c.send(componentHeader("bare.example"));
    const { id = "" } = (await c.header()).attributes;
    c.send(`<handshake>${handshakeDigest(id, secret)}</handshake>`);
    assert.equal((await c.anyElement("a refusal")).name, "error", c.transcript.toString());
  }
});

Deno.test("SVC-2: contact addresses are told where they are configured (XEP-0157)", async () => {
  await using stage = await Stage.open({
    ...withoutComponent,
    settings: {
      server: { contacts: { abuse: ["mailto:abuse@target.example"], security: ["https://a.example/s"] } },
    },
  });
  const ask = await asking(stage);
  const info = child(await ask(query(NS.discoInfo, "d1")), NS.discoInfo, "query")!;
  const form = child(info, "jabber:x:data", "x")!;
  const fields = form.children.map((field) => [field.attributes.var, field.children.map(({ text }) => text)]);
  assert.deepEqual(fields, [
    ["FORM_TYPE", ["http://jabber.org/network/serverinfo"]],
    ["abuse-addresses", ["mailto:abuse@target.example"]],
    ["security-addresses", ["https://a.example/s"]],
  ]);
});

Deno.test("SVC-3: disco#items lists the components below the domain", async () => {
  await using stage = await Stage.open({
    domains: [{ name: "bare.example" }, "rooms.bare.example", "proxy.bare.example"],
  });
  const ask = await asking(stage);
  const items = child(await ask(query(NS.discoItems, "d1")), NS.discoItems, "query")!;
  const jids = items.children.map(({ attributes }) => attributes.jid);
  assert.deepEqual(jids.sort(), ["proxy.bare.example", "rooms.bare.example"]);
});

Deno.test("CMP-5 RTE-3: two components of one server talk without a connection; one that is away is said", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const nurse = await stage.component("other-target.example");
  juliet.say("juliet", "nurse@other-target.example", "m1");
  const seen = await nurse.message({ id: "m1", from: "juliet@target.example/x" });
  assert.equal(seen.uri, NS.component);
  nurse.say("nurse", "juliet@target.example", "m2");
  await juliet.message({ id: "m2", from: "nurse@other-target.example/x" });
  await nurse.detach();
  juliet.say("juliet", "nurse@other-target.example", "m3");
  const error = await juliet.message({ id: "m3", type: "error" });
  assert.deepEqual(errorOf(error), { type: "wait", condition: "remote-server-timeout" });
  assert.equal(stage.peer.count, 0);
});

Deno.test("SVC-1 SVC-2: a component asks the server itself, by its own name and by a domain without component", async () => {
  await using stage = await Stage.open(withoutComponent);
  await using juliet = await stage.component();
  for (const to of [RECEIVING, "bare.example"]) {
    juliet.send(ping("juliet@target.example/x", to, "p1"));
    assert.deepEqual((await juliet.iq({ id: "p1", type: "result", from: to })).children, []);
    juliet.send(
      query(NS.discoInfo, "d1", "", to).replace("romeo@sender.example/orchard", "juliet@target.example"),
    );
    await juliet.iq({ id: "d1", type: "result", from: to });
  }
});

Deno.test("CMP-4: a stanza without from is invalid-from", async () => {
  await using stage = await Stage.open();
  const juliet = await stage.component();
  juliet.send("<message to='romeo@sender.example' id='m1'><body>x</body></message>");
  await juliet.stream.streamError("invalid-from");
  assert.equal(stage.peer.count, 0);
});

Deno.test("9.2: messages to a bare domain are answered, presence and results are ignored", async () => {
  await using stage = await Stage.open(withoutComponent);
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "bare.example");
  const address = "from='romeo@sender.example' to='bare.example'";
  o.send(
    `<presence ${address}/><presence type='subscribe' ${address}/><iq type='result' id='r1' ${address}/>`,
  );
  o.send(message("romeo@sender.example", "bare.example", "m1"));
  const error = await o.message({ id: "m1", type: "error" });
  assert.deepEqual(errorOf(error), { type: "cancel", condition: "service-unavailable" });
});
