/** Sizes and counts at the door (protocol.md 10). */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import { ORIGINATING, RECEIVING, S2S_PORT, srvOwner } from "../harness/world.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial, Listener } from "../peer/peer.ts";
import { CLOSING, denial, header, open, openSecured, request, secure, verdict } from "../peer/stream.ts";
import { child } from "../peer/xml.ts";
import { arrival, bidiArrival, bounced, fence, grant, initiateBidi, message } from "./acts.ts";

/** A message padded to exactly `bytes`. */
function padded(id: string, bytes: number): string {
  const empty = message("romeo@sender.example", "juliet@target.example", id, "");
  return message("romeo@sender.example", "juliet@target.example", id, "x".repeat(bytes - empty.length));
}

Deno.test("LIM-3 RTE-5 RTE-6, cause route.too-long: a stanza of exactly the limit passes, one byte more is policy-violation (modify), and the stream goes on", async () => {
  await using stage = await Stage.open({ settings: { limits: { stanza_bytes: 20_000 } } });
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  o.send(padded("fits", 20_000));
  await juliet.message({ id: "fits" });
  for (const [id, bytes] of [["over", 20_001], ["far", 39_999]] as const) {
    o.send(padded(id, bytes));
    const error = await o.message({ id, type: "error", from: "juliet@target.example" });
    assert.deepEqual(errorOf(error), { condition: "policy-violation", type: "modify" });
    assert.equal(child(error, NS.server, "body"), undefined, "its payload goes back");
  }
  const large = `<ping xmlns='${NS.ping}'/>`.replace(
    "/>",
    ` a='${"x".repeat(16_000)}' b='${"x".repeat(16_000)}'/>`,
  );
  o.send(`<iq type='get' id='machines' from='${ORIGINATING}' to='${RECEIVING}'>${large}</iq>`);
  assert.equal(errorOf(await o.iq({ id: "machines", type: "error" })).condition, "policy-violation");
  o.send(padded("error", 30_000).replace("<message ", "<message type='error' ")); // answered by silence
  o.send(padded("next", 20_000));
  await juliet.message({ id: "next" }); // and nothing before it
  assert.deepEqual(juliet.stream.waiting, []);
  await fence(o);
  assert.deepEqual(o.waiting, []);
  const line = await stage.server.told({ event: "stanza.bounced", cause: "route.too-long" });
  assert.deepEqual([line.condition, line.local], ["policy-violation", "target.example"]);
});

Deno.test("LIM-3: a stanza of twice the limit ends the stream, and so does anything else over it", async () => {
  await using stage = await Stage.open({ settings: { limits: { stanza_bytes: 20_000 } } });
  await using _juliet = await stage.component();
  const attribute = "x".repeat(15_000);
  const tag =
    `<message from='romeo@sender.example' to='juliet@target.example' a='${attribute}' b='${attribute}'>`;
  for (
    const long of [padded("twice", 40_000), `${tag}</message>`, request("x.example", "y".repeat(20_001))]
  ) {
    const o = await stage.initiateWith();
    o.send(long);
    const error = await o.element(NS.stream, "error");
    assert.ok(child(error, NS.streamErrors, "policy-violation"), error.raw);
    assert.ok(child(error, NS.errors, "stanza-too-big"), error.raw);
    await o.closing();
  }
});

Deno.test("LIM-3, cause route.too-long: a component's stanza over the limit goes back to it, and the component stays", async () => {
  await using stage = await Stage.open({ settings: { limits: { stanza_bytes: 20_000 } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "over", "x".repeat(20_001));
  await bounced(juliet, "over", "policy-violation", "modify");
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "romeo@sender.example", "over2", "x".repeat(20_001));
  await bounced(juliet, "over2", "policy-violation", "modify");
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.message({ id: "m2" });
});

Deno.test("LIM-3 LIM-5: the default limit is the one advertised", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  o.send(padded("fits", 524_288));
  await juliet.message({ id: "fits" });
  o.send(padded("over", 524_289));
  assert.equal(errorOf(await o.message({ id: "over", type: "error" })).condition, "policy-violation");
  o.send(padded("twice", 1_048_576));
  await o.streamError("policy-violation");
});

Deno.test("LIM-4: a stanza limit below 10000 is refused at start with exit code 2", async () => {
  await using stage = await Stage.open();
  const directory = await Deno.makeTempDir();
  const settings = { ...stage.server.settings, limits: { stanza_bytes: 9_999 } };
  await using refused = await VeronaServer.spawn(directory, settings);
  assert.equal(await refused.exited, 2);
  assert.match(refused.log.map((line) => line.text).join("\n"), /stanza_bytes/);
  await Deno.remove(directory, { recursive: true });
});

const address = "from='romeo@sender.example' to='juliet@target.example'";
const attributes = (count: number) => Array.from({ length: count }, (_, n) => `a${n}='1'`).join(" ");

const TOO_MUCH: Record<string, string> = {
  "65 levels": `<message ${address}>${"<a>".repeat(64)}${"</a>".repeat(64)}</message>`,
  "65 attributes": `<message ${address}><a ${attributes(65)}/></message>`,
  "a name of 257 bytes": `<message ${address}><${"n".repeat(257)}/></message>`,
  "a value over 16 KiB": `<message ${address}><a b='${"v".repeat(16_385)}'/></message>`,
  "a namespace over 1 KiB": `<message ${address}><a xmlns='${"u".repeat(1025)}'/></message>`,
  "10001 elements": `<message ${address}>${"<a/>".repeat(10_000)}</message>`,
};

for (const [what, stanza] of Object.entries(TOO_MUCH)) {
  Deno.test(`LIM-7: ${what}: policy-violation, not delivered; other streams stay`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const other = await stage.initiateWith("other-sender.example", "target.example");
    const o = await stage.initiateWith();
    o.send(stanza);
    await o.streamError("policy-violation");
    other.send(message("tybalt@other-sender.example", "juliet@target.example", "m2"));
    await juliet.message({ id: "m2" });
  });
}

const JUST_RIGHT: Record<string, string> = {
  "64 levels": `<message id='m' ${address}>${"<a>".repeat(63)}${"</a>".repeat(63)}</message>`,
  "64 attributes": `<message id='m' ${address}><a ${attributes(64)}/></message>`,
  "a name of 256 bytes": `<message id='m' ${address}><${"n".repeat(256)}/></message>`,
};

for (const [what, stanza] of Object.entries(JUST_RIGHT)) {
  Deno.test(`LIM-7: ${what} are allowed`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const o = await stage.initiateWith();
    o.send(stanza);
    await juliet.message({ id: "m" });
  });
}

Deno.test("LIM-7: a stream header over 8192 bytes, or a long language: policy-violation", async () => {
  await using stage = await Stage.open();
  const wide = `${header(SERVER_NAMES).slice(0, -1)} x='${"x".repeat(8192)}'>`;
  for (const long of [wide, header({ ...SERVER_NAMES, lang: "x".repeat(36) })]) {
    const o = await stage.dial();
    o.send(long);
    await o.header();
    await o.streamError("policy-violation");
  }
});

Deno.test("LIM-12: over the pending-request limit the last one gets resource-constraint", async () => {
  await using stage = await Stage.open({ settings: { limits: { pending_requests: 5 } } });
  const o = await stage.initiateWith();
  stage.world.dns.outage({ kind: "hold", until: new Promise<void>(() => {}) });
  for (let n = 1; n <= 6; n++) o.send(request(`p${n}.example`, "target.example"));
  await o.denial("p6.example", "target.example", "wait", "resource-constraint");
  await granted(o, "sender.example", "target.example"); // what is proven already costs nothing
});

Deno.test("LIM-12: thirty denials in a minute are borne, one more ends the stream; wait never counts", async () => {
  await using stage = await Stage.open({ settings: { limits: { denials_per_minute: 3 } } });
  const o = await initiateBidi(stage);
  stage.world.dns.fail("_xmpp-server._tcp.other-sender.example", "SRV", { kind: "servfail" });
  for (let n = 0; n < 5; n++) {
    o.send(request("other-sender.example", "target.example"));
    await o.denial("other-sender.example", "target.example", "wait", "remote-server-timeout");
  }
  for (let n = 0; n < 3; n++) {
    o.send(request("sender.example", `nowhere${n}.example`));
    await o.denial("sender.example", `nowhere${n}.example`, "cancel", "item-not-found");
  }
  o.send(request("sender.example", "nowhere9.example"));
  const seen = await o.until((element) => element.uri === NS.stream, "the stream error");
  assert.ok(child(seen.at(-1)!, NS.streamErrors, "policy-violation"), seen.at(-1)!.raw);
});

/** A classic stream whose certificate proves nothing: as unproven as can be. */
async function stranger(stage: Stage): Promise<Conversation> {
  const o = await stage.dial();
  const names = { from: "sender.example", to: "target.example" };
  await open(o, names);
  await secure(o, {
    identity: await selfSigned({ names: ["sender.example"] }),
    serverName: "target.example",
  });
  await open(o, names);
  return o;
}

Deno.test("LIM-8: an unproven peer may not send elements over 10000 bytes", async () => {
  await using stage = await Stage.open();
  const o = await stranger(stage);
  const whole = (key: string) => request("sender.example", "target.example", key);
  const room = 10_000 - whole("").length;
  o.send(whole("k".repeat(room)));
  await o.verdict("sender.example", "target.example", "error");
  o.send(whole("k".repeat(room + 1)));
  await o.streamError("policy-violation");
});

/** What an unproven peer may just send: it is read, and then refused for want of a proof (F2). */
const STRANGERS: Record<string, readonly [fits: string, over: string]> = {
  "8 levels": [nested(7), nested(8)],
  "16 attributes": [`<a ${attributes(16)}/>`, `<a ${attributes(17)}/>`],
  "32 elements": ["<a/>".repeat(31), "<a/>".repeat(32)],
};

for (const [what, [fits, over]] of Object.entries(STRANGERS)) {
  Deno.test(`LIM-8: an unproven peer may send ${what}, not one more`, async () => {
    await using stage = await Stage.open();
    for (const [inside, condition] of [[fits, "not-authorized"], [over, "policy-violation"]] as const) {
      const o = await stranger(stage);
      o.send(`<message ${address}>${inside}</message>`);
      await o.streamError(condition);
    }
  });
}

function nested(levels: number): string {
  return "<a>".repeat(levels) + "</a>".repeat(levels);
}

/** The server accepted TCP and dropped it: not a byte was said (XEP-0205). */
async function assertTurnedAway(stage: Stage): Promise<void> {
  const o = await stage.dial("one too many");
  const item = await o.next("the end of TCP");
  assert.ok(item.kind === "fin" || item.kind === "reset", o.transcript.toString());
}

Deno.test("LIM-1: the 51st connection of an address is dropped without XML, and one that leaves makes room", async () => {
  const limits = { connections_per_address: 50, unproven_per_address: 50 };
  await using stage = await Stage.open({ settings: { limits } });
  const first = await stage.initiateWith();
  for (let n = 2; n <= 50; n++) await open(await stage.dial(), SERVER_NAMES);
  await assertTurnedAway(stage);
  await stage.server.told({ event: "connection.failed", cause: "tcp.limit" });
  first.send(CLOSING);
  await first.farewell();
  await stage.server.told({ event: "connection.closed" });
  await open(await stage.dial(), SERVER_NAMES);
});

Deno.test("LIM-1: the 11th unproven connection of an address is dropped, proven ones do not count", async () => {
  await using stage = await Stage.open({ settings: { limits: { unproven_per_address: 10 } } });
  for (let n = 1; n <= 3; n++) await stage.initiateWith();
  for (let n = 1; n <= 10; n++) await open(await stage.dial(), SERVER_NAMES);
  await assertTurnedAway(stage);
});

Deno.test("LIM-2: the 61st attempt within a minute is dropped, a minute later it is not", async () => {
  await using stage = await Stage.open({
    movedClock: true,
    settings: { limits: { attempts_per_minute: 60 } },
  });
  for (let n = 1; n <= 60; n++) {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.wire.reset();
  }
  await assertTurnedAway(stage);
  await stage.server.advance(61_000);
  await open(await stage.dial(), SERVER_NAMES);
});

Deno.test("LIM-12: an unproven peer may have ten requests open, not eleven", async () => {
  await using stage = await Stage.open({ settings: { policy: { allow_insecure_delegation: true } } });
  stage.world.dns.outage({ kind: "hold", until: new Promise<void>(() => {}) });
  const o = await stage.dial();
  const names = { from: "nobody.example", to: "target.example" };
  await open(o, names);
  await secure(o, { identity: stage.world.originating, serverName: "target.example" });
  await open(o, names);
  for (let n = 1; n <= 11; n++) o.send(request(`p${n}.example`, "target.example"));
  await o.denial("p11.example", "target.example", "wait", "resource-constraint");
});

Deno.test("LIM-12: sixty-four of our own requests are unanswered at most, the next waits for a verdict", async () => {
  await using stage = await Stage.open({ settings: { limits: { unanswered_requests: 2 } } });
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await r.request("target.example", "sender.example");
  nurse.say("nurse", "romeo@sender.example", "m2");
  await r.request("other-target.example", "sender.example");
  nurse.say("nurse", "tybalt@other-sender.example", "m3");
  await stage.server.told({ event: "route.state", remote: "other-sender.example", state: "requesting" });
  await fence(r); // no third request came before it
  r.send(verdict("target.example", "sender.example", "valid"));
  await r.message({ id: "m1" });
  await r.request("other-target.example", "other-sender.example");
});

Deno.test("LIM-12: proofs that need work come so many a second, the rest in its turn; what is held costs none", async () => {
  // A burst of ten, and far more than a busy machine takes seconds for.
  const limits = { proof_requests_per_second: 1, denials_per_minute: 1000 };
  await using stage = await Stage.open({ movedClock: true, settings: { limits } });
  const o = await stage.initiateWith(); // the first of the burst
  const names = Array.from({ length: 60 }, (_, n) => `p${n}.example`);
  for (const name of names) o.send(request(name, "target.example"));
  const verdicts = async (count: number) => {
    for (let n = 0; n < count; n++) await o.element(NS.db, "result", { type: "error" });
  };
  await verdicts(9);
  await granted(o, "sender.example", "other-target.example"); // held
  assert.equal(stage.world.dns.asked(srvOwner("p59.example"), "SRV").length, 0);
  await stage.server.advance(60_000);
  await verdicts(51);
});

Deno.test("LIM-1: attempts to connect are made so many at a time", async () => {
  await using stage = await Stage.open({
    settings: { limits: { outgoing_in_progress: 1 } },
    prepare: (world) => {
      world.machine("xmpp2.originating.example", 12, "originating.example");
      world.customer("elsewhere.example", ["xmpp2.originating.example"]);
    },
  });
  await using second = await Listener.listen(stage.world.ip(12), S2S_PORT, "second");
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  juliet.say("juliet", "romeo@elsewhere.example", "m2");
  await stage.server.told({ event: "route.state", remote: "elsewhere.example", state: "connecting" });
  assert.equal((await stage.server.connections()).length, 1);
  r.wire.reset();
  await (await second.accept()).header();
});

/** A proven stream from an address of its own. */
async function provenFrom(stage: Stage, octet: number): Promise<Conversation> {
  const o = await dial(stage.server.s2s, stage.world.ip(octet), `from .${octet}`);
  await openSecured(o, SERVER_NAMES, stage.originatingTls);
  return o;
}

Deno.test("LIM-12: one address looks up so many proofs at a time, another is not held up", async () => {
  await using stage = await Stage.open({ settings: { limits: { proofs_per_address: 1 } } });
  stage.world.dns.hold(srvOwner("sender.example"), "SRV");
  const [one, same] = [await provenFrom(stage, 31), await provenFrom(stage, 31)];
  one.send(request("sender.example", "target.example"));
  await stage.world.dns.awaitQuestion(srvOwner("sender.example"), "SRV");
  same.send(request("unsigned.example", "target.example"));
  await stage.server.told({ event: "request.received", remote: "unsigned.example" });
  await granted(await provenFrom(stage, 32), "other-sender.example", "target.example");
  assert.equal(stage.world.dns.asked(srvOwner("unsigned.example"), "SRV").length, 0);
});

/** Unproven by its header; its certificate is good enough to be worth a look at DNS. */
async function unprovenFrom(stage: Stage, octet: number): Promise<Conversation> {
  const o = await dial(stage.server.s2s, stage.world.ip(octet), `from .${octet}`);
  const names = { from: "nobody.example", to: "target.example" };
  await open(o, names);
  await secure(o, { identity: stage.world.originating, serverName: "target.example" });
  await open(o, names);
  return o;
}

Deno.test("LIM-12: one unproven address looks up so many proofs at a time", async () => {
  await using stage = await Stage.open({ settings: { limits: { proofs_per_address_unproven: 1 } } });
  stage.world.dns.hold(srvOwner("sender.example"), "SRV");
  const [one, same] = [await unprovenFrom(stage, 31), await unprovenFrom(stage, 31)];
  one.send(request("sender.example", "target.example"));
  await stage.world.dns.awaitQuestion(srvOwner("sender.example"), "SRV");
  same.send(request("unsigned.example", "target.example"));
  await stage.server.told({ event: "request.received", remote: "unsigned.example" });
  await granted(await unprovenFrom(stage, 32), "other-sender.example", "target.example");
  await granted(await provenFrom(stage, 31), "other-sender.example", "target.example");
  assert.equal(stage.world.dns.asked(srvOwner("unsigned.example"), "SRV").length, 0);
});

Deno.test("LIM-12: an unproven peer's proofs come more slowly", async () => {
  const limits = {
    proof_requests_per_second_unproven: 1, // and a burst of 10
    pending_requests_unproven: 100,
    denials_per_minute: 1000,
    negotiation_timeout: "10m",
  };
  await using stage = await Stage.open({ movedClock: true, settings: { limits } });
  const o = await unprovenFrom(stage, 31);
  const seen = stage.world.dns.log.length;
  const names = Array.from({ length: 60 }, (_, n) => `p${n}.example`);
  for (const name of names) o.send(request(name, "target.example"));
  for (let n = 0; n < 10; n++) await o.element(NS.db, "result", { type: "error" });
  const asked = stage.world.dns.log.slice(seen).map(({ name }) => name);
  assert.ok(!asked.includes(srvOwner("p59.example")));
  await stage.server.advance(60_000);
  for (let n = 0; n < 50; n++) await o.element(NS.db, "result", { type: "error" });
});

Deno.test("LIM-12: domains of a wildcard certificate are opened no faster than others", async () => {
  const limits = { proof_requests_per_second: 1 }; // and a burst of 10
  await using stage = await Stage.open({ movedClock: true, settings: { limits } });
  const identity = await stage.world.ca.issue({ names: [ORIGINATING, "*.wild.example"] });
  const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
  const ask = (n: number) => request(`x${n}.wild.example`, "target.example");
  for (let n = 1; n <= 16; n++) o.send(ask(n));
  for (let n = 1; n <= 10; n++) await o.verdict(`x${n}.wild.example`, "target.example", "valid");
  await granted(o, "x1.wild.example", "other-target.example");
  await stage.server.advance(10_000);
  for (let n = 11; n <= 16; n++) await o.verdict(`x${n}.wild.example`, "target.example", "valid");
});

Deno.test("LIM-1: a machine that takes no more connections does not hide why another one failed", async () => {
  await using stage = await Stage.open({
    settings: { limits: { outgoing_per_target: 1 } },
    prepare: (world) => {
      const targets = [{ target: ORIGINATING, port: 1 }, { target: ORIGINATING, priority: 20 }];
      world.customer("two.example", targets);
    },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage); // it says what it can do, so that other domains may use it
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "romeo@two.example", "m2");
  await r.request("target.example", "two.example");
  r.send(denial("target.example", "two.example", "cancel", "item-not-found"));
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
  await stage.server.told({ event: "route.state", remote: "two.example", cause: "tcp.refused" });
});

Deno.test("LIM-12: requests beyond the limit are refused no faster than proofs are made: reading pauses, none is lost", async () => {
  const limits = { pending_requests: 1, proof_requests_per_second: 1, proof_timeout: "10m" }; // and a burst of 10
  await using stage = await Stage.open({ movedClock: true, settings: { limits } });
  const o = await stage.initiateWith();
  stage.world.dns.hold(srvOwner("p0.example"), "SRV");
  const last = 60; // far more than a busy machine takes seconds for
  for (let n = 0; n <= last; n++) o.send(request(`p${n}.example`, "target.example"));
  const refused = (n: number) => o.denial(`p${n}.example`, "target.example", "wait", "resource-constraint");
  for (let n = 1; n <= 11; n++) await refused(n);
  await stage.server.told({ event: "pair.denied", remote: "p11.example" });
  assert.equal(stage.server.log.some(({ json }) => json?.remote === `p${last}.example`), false);
  for (let n = 12; n <= last; n++) {
    await stage.server.advance(1000);
    await refused(n);
  }
});

Deno.test("a request that is asked again and again for an open pair is answered, and summed up in the log", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  for (let n = 0; n < 200; n++) o.send(request("sender.example", "target.example"));
  for (let n = 0; n < 200; n++) await o.verdict("sender.example", "target.example", "valid");
  o.send(CLOSING);
  await stage.server.told({ event: "connection.closed" });
  const lines = stage.server.log.filter(({ json }) => json?.event === "verdict.sent").map(({ json }) => json);
  assert.ok(lines.length <= 11, `${lines.length} lines`);
  assert.equal(lines.reduce((sum, { repeated }) => sum + (repeated ?? 1), 0), 201);
});
