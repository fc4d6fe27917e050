/** The server under test as receiving server: it calls the sender's own server back (protocol.md 7.4, trace T9). */
import assert from "node:assert/strict";
import { Authority, EXPIRED, selfSigned } from "../harness/certificates.ts";
import { DIALBACK_SECRET, granted, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import type { Component } from "../peer/component.ts";
import { NS } from "../peer/names.ts";
import { dial, Listener } from "../peer/peer.ts";
import { answer, CLOSING, FEATURE, header, openSecured, request, verdict } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { arrival, bidiArrival, calledBack, grant, message, refuseServerNames, reply } from "./acts.ts";

const SENDER = "sender.example";
const OTHER = "other-sender.example";
const TARGET = "target.example";
/** Whatever it is: only its own server can tell whether it is right. */
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";

/** Policy `encrypted`: the weakest that accepts proof by dialback and that anybody should run. */
const encrypted = (options: StageOptions = {}): StageOptions => ({
  ...options,
  settings: { ...options.settings, policy: { proof: "encrypted", ...options.settings?.policy } },
});

/** The sender's server as initiating server with a certificate that proves nothing; the id that its key is made for. */
async function originating(
  stage: Stage,
  identity?: Identity,
  from = stage.world.peerIp,
): Promise<{ o: Conversation; id: string }> {
  const o = await dial(stage.server.s2s, from, "O");
  const shown = identity ?? await selfSigned({ names: ["nobody.example"] });
  const opened = await openSecured(o, { from: SENDER, to: TARGET }, { identity: shown, serverName: TARGET });
  assert.ok(!opened.features.raw.includes("EXTERNAL"), opened.features.raw);
  return { o, id: opened.header.attributes.id! };
}

Deno.test("DB-2 DB-3 DB-21 BID-12, cause dialback.done: trace T9", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  const { o, id } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, secured, asked } = await calledBack(stage);
  assert.deepEqual([secured.attributes.from, secured.attributes.to], [TARGET, SENDER]);
  const { from, to, id: about } = asked.attributes;
  assert.deepEqual({ from, to, about, key: asked.text }, { from: TARGET, to: SENDER, about: id, key: KEY });
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  await closed(a);
  await stage.server.told({ event: "connection.closed", cause: "dialback.done" });
  assert.equal(stage.peer.count, 1);
  await stage.server.told({
    event: "pair.granted",
    prooftype: "dialback-dnssec",
    local: TARGET,
    remote: SENDER,
  });
});

/** The verify connection is closed in good order (DB-21: within 5 s of the answer; the patience of a test is no more). */
async function closed(a: Conversation): Promise<void> {
  await a.closing();
  a.send(CLOSING);
  const { closeNotify, elements, end } = await a.farewell();
  assert.deepEqual({ closeNotify, elements, end }, { closeNotify: true, elements: [], end: "fin" });
}

Deno.test("DB-3: an unsigned delegation is worth plain dialback", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await stage.initiate();
  o.send(request("unsigned.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("unsigned.example", TARGET, "valid");
  await stage.server.told({ event: "pair.granted", prooftype: "dialback", remote: "unsigned.example" });
});

Deno.test("DB-3: a domain without SRV is its own authoritative server", async () => {
  await using stage = await Stage.open(encrypted({
    prepare: (world) => void world.addZone("plain.example").set("plain.example", "A", [world.peerIp]),
  }));
  const { o } = await stage.initiate();
  o.send(request("plain.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("plain.example", TARGET, "valid");
});

Deno.test("DB-12: whitespace around the key of a request is trimmed", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, `\n  ${KEY}\n\t`));
  const { asked } = await calledBack(stage);
  assert.equal(asked.text, KEY);
});

Deno.test("DB-2: the question repeats the request's spelling, which the key was made for", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request("Sender.Example", "Target.Example", KEY));
  const { r: a, asked } = await calledBack(stage);
  assert.deepEqual([asked.attributes.from, asked.attributes.to], ["Target.Example", "Sender.Example"]);
  a.send(reply(asked, "valid"));
  await o.verdict("Sender.Example", "Target.Example", "valid");
});

Deno.test("DB-4, cause dialback.refuted: a refuted key, the only pair: invalid, then close", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, "wrong"));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "invalid"));
  await o.verdict(SENDER, TARGET, "invalid");
  await o.closing();
  o.send(CLOSING);
  assert.equal((await o.farewell()).end, "fin");
  await stage.server.told({ event: "pair.denied", cause: "dialback.refuted", remote: SENDER });
});

Deno.test("DB-5: a refuted key, other pairs exist: forbidden, the stream stays", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const first = await calledBack(stage);
  first.r.send(reply(first.asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  o.send(request(OTHER, TARGET, "wrong"));
  const second = await calledBack(stage);
  second.r.send(reply(second.asked, "invalid"));
  await o.denial(OTHER, TARGET, "auth", "forbidden");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("DB-6, cause dialback.error: the authoritative server answers error: remote-server-not-found", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "error", `<error type='cancel'><item-not-found xmlns='${NS.stanzaErrors}'/></error>`));
  await o.denial(SENDER, TARGET, "cancel", "remote-server-not-found");
  await stage.server.told({ event: "pair.denied", cause: "dialback.error", remote: SENDER });
  await fenceByRequest(o);
});

/** The stream is still open: a request that needs no proof is answered. */
async function fenceByRequest(o: Conversation): Promise<void> {
  o.send(request(SENDER, "nowhere.example"));
  await o.denial(SENDER, "nowhere.example", "cancel", "item-not-found");
}

const HOST_UNKNOWN = `<stream:error><host-unknown xmlns='${NS.streamErrors}'/></stream:error>${CLOSING}`;

Deno.test("DB-6: the authoritative server does not host the domain: remote-server-not-found", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const a = await stage.peer.accept();
  const theirs = await a.header();
  a.send(header({ from: theirs.attributes.to, to: theirs.attributes.from, id: "1" }) + HOST_UNKNOWN);
  await o.denial(SENDER, TARGET, "cancel", "remote-server-not-found");
  await fenceByRequest(o);
});

Deno.test("DB-6: the same after the question", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a } = await calledBack(stage);
  a.send(HOST_UNKNOWN);
  await o.denial(SENDER, TARGET, "cancel", "remote-server-not-found");
});

Deno.test("DB-7: the authoritative server refuses TCP: remote-server-timeout", async () => {
  await using stage = await Stage.open(encrypted({
    prepare: (world) => void world.delegate(world.zone(SENDER), [{ target: ORIGINATING, port: 5299 }]),
  }));
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  await o.denial(SENDER, TARGET, "wait", "remote-server-timeout");
  await stage.server.told({ event: "pair.denied", cause: "tcp.refused", remote: SENDER });
  await fenceByRequest(o);
});

const SILENT = { verify_timeout: "4s" };

/** Every way in which A says nothing of use. */
const UNREACHABLE: Record<string, (a: Conversation) => Promise<unknown> | void> = {
  "says nothing at all": () => {},
  "is silent after the question": async (a) => void await asking(a),
  "closes TCP": (a) => a.wire.destroy(),
  "closes the stream after the question": async (a) => void (await asking(a), a.send(CLOSING)),
  "refuses to encrypt": async (a) => {
    await answer(a, "1", []);
    await a.element(NS.tls, "starttls");
    a.send(`<failure xmlns='${NS.tls}'/>${CLOSING}`);
  },
};

/** The authoritative server's side of a verify connection up to the question. */
async function asking(a: Conversation) {
  const identity = await selfSigned({ names: [SENDER] });
  await answer(a, "1", [FEATURE.starttls]);
  await a.element(NS.tls, "starttls");
  a.send(`<proceed xmlns='${NS.tls}'/>`);
  await a.acceptTls({ identity });
  await answer(a, "2", [FEATURE.dialback]);
  return await a.element(NS.db, "verify");
}

for (const [what, act] of Object.entries(UNREACHABLE)) {
  Deno.test(`DB-7, cause dialback.timeout: the authoritative server ${what}: remote-server-timeout`, async () => {
    await using stage = await Stage.open(encrypted({ settings: { limits: SILENT } }));
    const { o } = await originating(stage);
    o.send(request(SENDER, TARGET, KEY));
    await act(await stage.peer.accept());
    await o.denial(SENDER, TARGET, "wait", "remote-server-timeout");
    await fenceByRequest(o);
  });
}

Deno.test("DB-8: answers with another id, from or to, or on another connection, count for nothing", async () => {
  await using stage = await Stage.open(encrypted({ settings: { limits: { verify_timeout: "4s" } } }));
  const { o, id } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  const { from, to } = { from: SENDER, to: TARGET };
  const said = (attributes: { from: string; to: string; id: string }) =>
    `<db:verify from='${attributes.from}' to='${attributes.to}' id='${attributes.id}' type='valid'/>`;
  assert.equal(asked.attributes.id, id);
  a.send(said({ from, to, id: `${id}x` }));
  a.send(said({ from: OTHER, to, id }));
  a.send(said({ from, to: "other-target.example", id }));
  a.send(said({ from: to, to: from, id }));
  o.send(said({ from, to, id }));
  await o.denial(SENDER, TARGET, "wait", "remote-server-timeout");
  const ignored = stage.server.log.filter(({ json }) => json?.event === "verify.ignored");
  assert.equal(ignored.length, 5);
});

Deno.test("DB-8: an answer of an unknown type is ignored, the next one counts", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "perhaps"));
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
});

/**
 * A good key under the default policy: without a certificate, and with one that is meant for dialback, the policy is what
 * refuses (A-40, docs/policy.md); with one that somebody has to mend, it is that.
 */
const KEY_ALONE: Record<string, { identity: () => Promise<Identity | undefined>; cause: string }> = {
  "cause policy.dialback: with a self-signed certificate": {
    identity: () => selfSigned({ names: ["nobody.example"] }),
    cause: "policy.dialback",
  },
  "with a certificate of an unknown authority": {
    identity: async () => await (await Authority.root("Another")).issue({ names: [SENDER] }),
    cause: "tls.untrusted",
  },
  "with a self-signed certificate that has expired": {
    identity: () => selfSigned({ names: ["nobody.example"], ...EXPIRED }),
    cause: "tls.expired",
  },
  "cause policy.dialback: without a certificate": {
    identity: () => Promise.resolve(undefined),
    cause: "policy.dialback",
  },
};
for (const [what, { identity, cause }] of Object.entries(KEY_ALONE)) {
  Deno.test(`DB-11, ${what}: under policy authenticated nobody is called back`, async () => {
    await using stage = await Stage.open();
    const o = await stage.dial();
    const tls = { identity: await identity(), serverName: TARGET };
    const opened = await openSecured(o, { from: SENDER, to: TARGET }, tls);
    const streamId = opened.header.attributes.id!;
    const good = { secret: DIALBACK_SECRET, receiving: TARGET, originating: SENDER, streamId };
    o.send(request(SENDER, TARGET, dialbackKey(good)));
    await o.denial(SENDER, TARGET, "auth", "not-authorized");
    await stage.server.told({ event: "pair.denied", cause, local: TARGET, remote: SENDER });
    assert.equal(stage.peer.count, 0);
    const types = new Set(
      stage.world.dns.log.filter(({ name }) => name.endsWith(SENDER)).map(({ type }) => type),
    );
    for (const type of types) assert.ok(["SRV", "A", "AAAA", "TLSA", "DS", "DNSKEY"].includes(type), type);
  });
}

Deno.test("DB-3: an empty key is nothing to ask about: not-authorized", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET));
  await o.denial(SENDER, TARGET, "auth", "not-authorized");
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNA-25: a bogus zone is never a reason to call back, whatever the key", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await stage.initiate();
  o.send(request("bogus.example", TARGET, KEY));
  await o.denial("bogus.example", TARGET, "auth", "not-authorized");
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNA-25: nor are bogus addresses of its server", async () => {
  await using stage = await Stage.open(encrypted({
    prepare: (world) => {
      machine(world, "xmpp7.bogus-host.example", 31);
      world.zone("bogus-host.example").damage("xmpp7.bogus-host.example", "A", "corrupt");
      world.delegate(world.zone(SENDER), ["xmpp7.bogus-host.example"]);
    },
  }));
  await using elsewhere = await Listener.listen(stage.world.ip(31), 5269, "A");
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  await o.denial(SENDER, TARGET, "auth", "not-authorized");
  assert.equal(elsewhere.count, 0);
});

function machine(world: World, name: string, octet: number): void {
  world.machine(name, octet);
}

Deno.test("BID-9: a reverse request is never proven by its key", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  r.send(request("unsigned.example", TARGET, KEY));
  await r.denial("unsigned.example", TARGET, "auth", "not-authorized");
  assert.equal(stage.peer.count, 1);
});

Deno.test("BID-12: with bidi too the question goes another way than the request", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await stage.initiate();
  o.send(`<bidi xmlns='${NS.bidi}'><dna xmlns='${NS.dna}'/></bidi>`);
  await granted(o, SENDER, TARGET);
  o.send(request("unsigned.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("unsigned.example", TARGET, "valid");
  assert.equal(stage.peer.count, 1);
});

Deno.test("BID-12: our own connection to the sender's server carries the question", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  const { o, id } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const asked = await r.element(NS.db, "verify", { from: TARGET, to: SENDER, id });
  r.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.message({ id: "m2" });
  assert.equal(stage.peer.count, 1);
});

/** Our own request waits on a classic stream, and the question about the sender's key comes there. */
async function askedWhereWeWait(stage: Stage, juliet: Component) {
  juliet.say("juliet", "romeo@sender.example", "m1");
  await refuseServerNames(stage);
  const { r } = await arrival(stage, { features: [FEATURE.dialback] });
  await r.request(TARGET, SENDER);
  const { o, id } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const asked = await r.element(NS.db, "verify", { from: TARGET, to: SENDER, id });
  return { r, o, asked };
}

Deno.test("7.4: a stream on which our own request waits carries the question, as the peer may answer it first", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  const { r, o, asked } = await askedWhereWeWait(stage, juliet);
  r.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  r.send(verdict(TARGET, SENDER, "valid"));
  await r.message({ id: "m1" });
  assert.equal(stage.peer.count, 2); // the refused one and this
});

Deno.test("7.4: when that stream is refused and ends, so does the question", async () => {
  await using stage = await Stage.open(encrypted());
  await using juliet = await stage.component();
  const { r, o } = await askedWhereWeWait(stage, juliet);
  r.send(verdict(TARGET, SENDER, "invalid"));
  await r.closing();
  r.send(CLOSING);
  await o.verdict(SENDER, TARGET, "error");
});

Deno.test("DB-3: the same certificate on both connections spares the question (XEP-0344)", async () => {
  await using stage = await Stage.open(encrypted());
  const shown = await selfSigned({ names: [SENDER] });
  const { o } = await originating(stage, shown);
  o.send(request(SENDER, TARGET, KEY));
  const a = await arrival(stage, { tls: { identity: shown } });
  await o.verdict(SENDER, TARGET, "valid");
  await closed(a.r);
  await stage.server.told({ event: "pair.granted", prooftype: "samecert", remote: SENDER });
});

Deno.test("DB-3: the same certificate without the domain in it spares nothing", async () => {
  await using stage = await Stage.open(encrypted());
  const shown = await selfSigned({ names: ["nobody.example"] });
  const { o } = await originating(stage, shown);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage, { tls: { identity: shown } });
  a.send(reply(asked, "invalid"));
  await o.verdict(SENDER, TARGET, "invalid");
});

Deno.test("DB-7: a sender whose server has a private address is never called", async () => {
  await using stage = await Stage.open(encrypted({ settings: { dial: { allow_private_addresses: false } } }));
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  await o.denial(SENDER, TARGET, "wait", "remote-server-timeout");
  assert.equal(stage.peer.count, 0);
  await stage.server.told({ event: "pair.denied", cause: "tcp.forbidden", remote: SENDER });
});

Deno.test("DB-22, cause limit.verifications: no more than two connections at once about one domain", async () => {
  await using stage = await Stage.open(encrypted({ domains: ["third-target.example"] }));
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  o.send(request(SENDER, "other-target.example", KEY));
  await stage.peer.arrived(2);
  o.send(request(SENDER, "third-target.example", KEY));
  await o.denial(SENDER, "third-target.example", "wait", "resource-constraint");
  await stage.server.told({ event: "pair.denied", cause: "limit.verifications", remote: SENDER });
  assert.equal(stage.peer.count, 2);
});

for (const asked of [false, true]) {
  const silence = asked ? "after the question" : "from the start";
  Deno.test(`DB-22: who has both places of a domain gives one up to who has none; its server is silent ${silence}`, async () => {
    await using stage = await Stage.open(encrypted({ domains: ["third-target.example"] }));
    const { o: hostile } = await originating(stage, undefined, await stage.world.elsewhere());
    const { o: honest } = await originating(stage);
    for (const target of [TARGET, "other-target.example"]) {
      hostile.send(request(SENDER, target, "junk"));
      await (asked ? calledBack(stage) : stage.peer.accept());
    }
    honest.send(request(SENDER, "third-target.example", KEY));
    await hostile.denial(SENDER, TARGET, "wait", "resource-constraint");
    const { r: a, asked: question } = await calledBack(stage);
    a.send(reply(question, "valid"));
    await honest.verdict(SENDER, "third-target.example", "valid");
    await stage.server.told({ event: "pair.denied", cause: "limit.verifications", local: TARGET });
    assert.equal(stage.peer.count, 3);
  });
}

Deno.test("DB-8 DB-21: two streams ask for one pair at once: one connection, each answer by its id, closed behind the last", async () => {
  await using stage = await Stage.open(encrypted());
  const [one, two] = [await originating(stage), await originating(stage)];
  one.o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked: first } = await calledBack(stage);
  two.o.send(request(SENDER, TARGET, "another key"));
  const second = await a.element(NS.db, "verify", { from: TARGET, to: SENDER, id: two.id });
  assert.equal(second.text, "another key");
  a.send(reply(second, "invalid"));
  await two.o.verdict(SENDER, TARGET, "invalid");
  a.send(reply(first, "valid"));
  await one.o.verdict(SENDER, TARGET, "valid");
  await closed(a);
  assert.equal(stage.peer.count, 1);
});

Deno.test("DB-21 DB-22: of three streams that ask for one pair in one moment none takes a place from the others: one connection", async () => {
  await using stage = await Stage.open(encrypted());
  const streams = [await originating(stage), await originating(stage), await originating(stage)];
  for (const { o } of streams) o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  const others = [await a.element(NS.db, "verify"), await a.element(NS.db, "verify")];
  for (const one of [asked, ...others]) a.send(reply(one, "valid"));
  for (const { o } of streams) await o.verdict(SENDER, TARGET, "valid");
  await closed(a);
  assert.equal(stage.peer.count, 1);
});

Deno.test("DB-8: when the asking stream is gone the question is dropped, and its connection with it", async () => {
  await using stage = await Stage.open(encrypted());
  const { o } = await originating(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a } = await calledBack(stage);
  o.wire.destroy();
  await closed(a);
  await stage.server.connected(0);
});
