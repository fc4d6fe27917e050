/** Queues, bounces and addresses on the way through (protocol.md 2.3, 4.11, 4.13). */
import assert from "node:assert/strict";
import { errorOf } from "../peer/conversation.ts";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { NS } from "../peer/names.ts";
import { open, secure, verdict } from "../peer/stream.ts";
import { arrival, bounced, grant, initiateBidi, message } from "./acts.ts";

Deno.test("RTE-1: a pair keeps its connection while the peer opens others", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  const second = await initiateBidi(stage);
  await granted(second, "sender.example", "target.example");
  for (let n = 0; n < 50; n++) juliet.say("juliet", "romeo@sender.example", `m${n}`);
  for (let n = 0; n < 50; n++) await o.message({ id: `m${n}` });
  assert.deepEqual(second.waiting, []);
});

Deno.test("RTE-2: numbers rise though the connection is cut between them", async () => {
  await using stage = await Stage.open({ settings: { limits: { backoff_max: "100ms" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m0");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m0" });
  r.wire.reset();
  await stage.server.connected(0);
  for (let n = 1; n <= 20; n++) juliet.say("juliet", "romeo@sender.example", `m${n}`);
  const { r: again } = await arrival(stage);
  await grant(again, "target.example", "sender.example");
  for (let n = 1; n <= 20; n++) await again.message({ id: `m${n}` });
});

Deno.test("RTE-3: a stanza between two foreign domains is never relayed, from a component neither", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(message("romeo@sender.example", "tybalt@other-sender.example", "m1"));
  await o.streamError("host-unknown");
  assert.equal(stage.peer.count, 0);
  juliet.send(message("romeo@sender.example", "tybalt@other-sender.example", "m2"));
  await juliet.stream.streamError("invalid-from");
});

Deno.test("RTE-4: errors and IQ results towards a dead remote vanish; the message behind them is bounced", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const [from, to] = ["juliet@target.example/x", "romeo@missing.example"];
  juliet.send(`<message from='${from}' to='${to}' id='e1' type='error'/>`);
  juliet.send(`<iq from='${from}' to='${to}' id='e2' type='result'/>`);
  juliet.send(`<iq from='${from}' to='${to}' id='e3' type='error'/>`);
  juliet.send(message(from, to, "m1"));
  await bounced(juliet, "m1", "remote-server-not-found", "cancel");
});

Deno.test("RTE-5 RTE-6: an IQ and a directed presence are bounced as what they were", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const [from, to] = ["juliet@target.example/x", "romeo@missing.example"];
  juliet.send(`<iq from='${from}' to='${to}' id='q1' type='get'><q xmlns='urn:x'/></iq>`);
  const iq = await juliet.iq({ id: "q1", type: "error", from: to, to: from });
  assert.deepEqual(errorOf(iq), { type: "cancel", condition: "remote-server-not-found" });
  juliet.send(`<presence from='${from}' to='${to}' id='p1' type='subscribe'/>`);
  const presence = await juliet.stream.element(NS.component, "presence", { id: "p1", type: "error" });
  assert.deepEqual(errorOf(presence), { type: "cancel", condition: "remote-server-not-found" });
});

Deno.test("RTE-5: nobody listens at the target: remote-server-timeout (wait)", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("silent.example", [{ target: ORIGINATING, port: 1 }]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@silent.example", "m1");
  const error = await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.doesNotMatch(error.raw, /xmpp1\.|127\.\d/); // RTE-7
  juliet.say("juliet", "romeo@silent.example", "m2"); // the negative entry or the back-off answers alike
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
});

Deno.test("RTE-5: a remote domain blocked by policy: not-allowed (cancel)", async () => {
  await using stage = await Stage.open({ settings: { policy: { block: ["sender.example"] } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await bounced(juliet, "m1", "not-allowed", "cancel");
  assert.equal(stage.peer.count, 0);
});

const BAD_IQS: Record<string, string> = {
  "without id": "<iq type='get' ADDR><q xmlns='urn:x'/></iq>",
  "without type": "<iq id='1' ADDR><q xmlns='urn:x'/></iq>",
  "of a type that does not exist": "<iq id='1' type='ask' ADDR><q xmlns='urn:x'/></iq>",
  "get without child": "<iq id='1' type='get' ADDR/>",
  "set with two children": "<iq id='1' type='set' ADDR><q xmlns='urn:x'/><q xmlns='urn:x'/></iq>",
};

for (const [what, iq] of Object.entries(BAD_IQS)) {
  Deno.test(`RTE-8: an IQ ${what}: bad-request (modify) to the sender, not delivered`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const o = await initiateBidi(stage);
    await granted(o, "sender.example", "target.example");
    o.send(iq.replace("ADDR", "from='romeo@sender.example/x' to='juliet@target.example'"));
    const error = await o.iq({ type: "error", to: "romeo@sender.example/x", from: "juliet@target.example" });
    assert.deepEqual(errorOf(error), { type: "modify", condition: "bad-request" });
    o.send(message("romeo@sender.example/x", "juliet@target.example", "m1"));
    await juliet.message({ id: "m1" });
  });
}

const MALFORMED: Record<string, string> = {
  "two @": "a@@sender.example",
  "a localpart of 1024 bytes": `${"a".repeat(1024)}@sender.example`,
  "an empty domain": "a@",
  "a space in the domain": "a@sen der.example",
};

for (const [what, to] of Object.entries(MALFORMED)) {
  Deno.test(`RTE-9: a destination with ${what}: jid-malformed (modify)`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    juliet.say("juliet", to, "m1");
    await bounced(juliet, "m1", "jid-malformed", "modify");
  });
}

Deno.test("RTE-10: a full queue refuses the newest (resource-constraint, wait) and keeps the rest in order", async () => {
  await using stage = await Stage.open({ settings: { limits: { queue_stanzas: 5 } } });
  await using juliet = await stage.component();
  const release = stage.world.dns.hold("_xmpp-server._tcp.sender.example", "SRV");
  for (let n = 1; n <= 6; n++) juliet.say("juliet", "romeo@sender.example", `m${n}`);
  await bounced(juliet, "m6", "resource-constraint", "wait");
  release();
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  for (let n = 1; n <= 5; n++) await r.message({ id: `m${n}` });
});

Deno.test("RTE-11: a queue older than queue_age: remote-server-timeout (wait)", async () => {
  await using stage = await Stage.open({
    settings: { limits: { queue_age: "3s", verdict_timeout: "30s" } },
  });
  await using juliet = await stage.component();
  const start = performance.now();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.ok(performance.now() - start >= 3000);
  r.send(verdict("target.example", "sender.example", "valid"));
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.message({ id: "m2" }); // m1 is not sent after its bounce
});

Deno.test("RTE-13: capitals and a final dot in header, request and stanza are the same domain", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const odd = { from: "XMPP1.Originating.Example", to: "Xmpp1.Receiving.Example." };
  const o = await stage.dial();
  await open(o, odd);
  await secure(o, stage.originatingTls);
  const { header } = await open(o, odd);
  assert.deepEqual([header.attributes.from, header.attributes.to], [odd.to, odd.from]); // echoed as spelt
  o.send("<db:result from='Sender.Example' to='Target.Example.'/>");
  await o.verdict("Sender.Example", "Target.Example.", "valid");
  o.send(message("romeo@SENDER.example.", "juliet@Target.Example.", "m1"));
  await juliet.message({ id: "m1" });
  assert.equal((await stage.server.route("target.example", "sender.example"))?.recv.length, 1);
});

Deno.test("RTE-14: A-labels and U-labels are the same domain", async () => {
  await using stage = await Stage.open({ prepare: (world) => void world.customer("xn--mnchen-3ya.example") });
  await using juliet = await stage.component();
  const { o } = await stage.initiate(SERVER_NAMES);
  await granted(o, "münchen.example", "target.example");
  o.send(message("romeo@xn--mnchen-3ya.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  o.send(message("romeo@münchen.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
  juliet.say("juliet", "romeo@xn--mnchen-3ya.example", "m3");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "münchen.example");
  await r.message({ id: "m3" });
});

Deno.test("RTE-12: a stanza for an unknown user of a domain without component, sent by an error: it settles", async () => {
  await using stage = await Stage.open({ domains: [{ name: "bare.example" }] });
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "bare.example");
  const [from, to] = ["romeo@sender.example", "nobody@bare.example"];
  o.send(
    `<message from='${from}' to='${to}' id='e1' type='error'><error type='cancel'><gone xmlns='${NS.stanzaErrors}'/></error></message>`,
  );
  o.send(`<iq from='${from}' to='${to}' id='e2' type='error'/>`);
  o.send(`<iq from='${from}' to='${to}' id='q1' type='get'><q xmlns='urn:x'/></iq>`);
  await o.iq({ id: "q1", type: "error" }); // the first answer there is
  assert.deepEqual(o.waiting, []);
});

Deno.test("RTE-1: two connections of the same peer name: a pair granted on the second only uses the second", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const first = await initiateBidi(stage);
  await granted(first, "other-sender.example", "target.example");
  const second = await initiateBidi(stage);
  await granted(second, "sender.example", "target.example");
  juliet.say("juliet", "romeo@sender.example", "m1");
  await second.message({ id: "m1" });
  assert.deepEqual(first.waiting, []);
  assert.equal(
    (await stage.server.connections()).filter((row) => row.remote === ORIGINATING && row.local === RECEIVING)
      .length,
    2,
  );
});
