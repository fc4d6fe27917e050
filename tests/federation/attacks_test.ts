/** What attackers' readings of the server found, each mended and kept so. */
import assert from "node:assert/strict";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import { Component } from "../peer/component.ts";
import { errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { acceptSecured, CLOSING, DNA_FEATURES, request, verdict } from "../peer/stream.ts";
import { bidiArrival, fence, grant, initiateBidi, message } from "./acts.ts";

Deno.test("BID-4 DNA-43: a route opened by the inverse of a grant hears of its connection's end", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept(); // the server's own attempt waits for our header
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await o.message({ id: "m1" });
  o.send(CLOSING);
  await o.farewell();
  juliet.say("juliet", "romeo@sender.example", "m2");
  await acceptSecured(r, { tls: { identity: stage.world.originating }, features: DNA_FEATURES });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m2" });
});

Deno.test("a proof that is held does not open a pair of a stricter policy", async () => {
  await using stage = await Stage.open({
    domains: [{ name: "strict.example", component_secret: "secret", policy: { proof: "strict" } }],
  });
  const identity = await stage.world.ca.issue({ names: [ORIGINATING, "bogus.example"] });
  const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
  await granted(o, "bogus.example", "target.example"); // pkix: DNS is not asked
  o.send(request("bogus.example", "strict.example"));
  await o.denial("bogus.example", "strict.example", "auth", "not-authorized");
  await stage.server.told({ event: "pair.denied", cause: "policy.dns" });
});

Deno.test("a re-check that comes late does not bring a forgotten proof back", async () => {
  const sender = srvOwner("sender.example");
  await using stage = await Stage.open({
    settings: { limits: { recheck_min: "200ms" } },
    prepare: (world) => void world.delegate(world.zone("sender.example"), [ORIGINATING], 1),
  });
  const o = await initiateBidi(stage);
  await granted(o, "other-sender.example", "target.example");
  await granted(o, "sender.example", "target.example");
  const asked = stage.world.dns.asked(sender, "SRV").length;
  const release = stage.world.dns.hold(sender, "SRV");
  await stage.world.dns.awaitQuestion(sender, "SRV", asked + 1);
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "10m" });
  await o.verdict("sender.example", "target.example", "invalid");
  const since = stage.server.log.length;
  release();
  // A whole turn later whatever came of it has been handled.
  await stage.server.told({ event: "proof.rechecked", domain: "other-sender.example" }, since);
  await fence(o);
  const [row] = await stage.server.connections();
  const proven = row.delegated.map(({ domain }: { domain: string }) => domain);
  assert.deepEqual(proven, ["other-sender.example"]);
});

Deno.test("requests of a connection that is gone are not looked up when their turn comes", async () => {
  await using stage = await Stage.open({ settings: { limits: { proofs: 1 } } });
  for (const domain of ["a.example", "b.example"]) stage.world.customer(domain);
  const release = stage.world.dns.hold(srvOwner("a.example"), "SRV");
  const { o } = await stage.initiate();
  o.send(request("a.example", "target.example") + request("b.example", "target.example"));
  await stage.world.dns.awaitQuestion(srvOwner("a.example"), "SRV");
  await stage.server.told({ event: "request.received", remote: "b.example" });
  o.wire.reset();
  await stage.server.told({ event: "connection.closed" });
  release();
  await stage.initiateWith(); // waits for its turn behind a.example, and would behind b.example
  assert.equal(stage.world.dns.asked(srvOwner("b.example"), "SRV").length, 0);
});

Deno.test("CMP-2: a component attached by an old secret is sent away when the secret changes", async () => {
  await using stage = await Stage.open();
  const juliet = await stage.component();
  const { settings, components } = stage.server;
  const domain = settings.domain!.map((one) =>
    one.name === "target.example" ? { ...one, component_secret: "changed" } : one
  );
  await stage.server.reload({ ...settings, domain });
  await juliet.stream.element(NS.stream, "error");
  await juliet.stream.closing();
  juliet.stream.send(CLOSING);
  await juliet.stream.farewell();
  const attach = (secret: string) => Component.attach(components, "target.example", secret, components.host);
  await assert.rejects(attach("secret"));
  await using _again = await attach("changed");
});

Deno.test("what a peer says is cut before it is kept", async () => {
  await using stage = await Stage.open();
  const names = Array.from({ length: 200 }, (_, n) => `host${n}.originating.example`);
  const identity = await stage.world.ca.issue({ names: [ORIGINATING, ...names] });
  const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
  const long = `<text xmlns='${NS.streamErrors}'>${"x".repeat(5000)}</text>`;
  o.send(`<stream:error><reset xmlns='${NS.streamErrors}'/>${long}</stream:error>`);
  await stage.server.told({ event: "stream.error", by: "peer" });
  const sizes = stage.server.log.map(({ text }) => text.length);
  assert.ok(Math.max(...sizes) < 5000, `a log line of ${Math.max(...sizes)} characters`);
});

Deno.test("cause policy.proof: after a reload with a stricter policy what it would not have granted ends at once", async () => {
  await using stage = await Stage.open();
  const identity = await stage.world.ca.issue({ names: [ORIGINATING, "bogus.example", "unsigned.example"] });
  const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
  await granted(o, "sender.example", "target.example");
  await granted(o, "bogus.example", "target.example");
  const { settings } = stage.server;
  await stage.server.reload({ ...settings, policy: { proof: "strict" } });
  await o.verdict("bogus.example", "target.example", "invalid");
  await stage.server.told({ event: "pair.revoked", cause: "policy.proof", remote: "bogus.example" });
  o.send(request("bogus.example", "target.example"));
  await o.denial("bogus.example", "target.example", "auth", "not-authorized");
  await granted(o, "unsigned.example", "target.example"); // its own certificate, and DNS is not bogus
  await stage.server.reload({ ...settings, policy: { proof: "strict" } });
  await granted(o, "sender.example", "target.example"); // nothing was changed: nothing was revoked
});

Deno.test("a flood of stanzas without a pair is no flood of log lines, and none is left out of the sum", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  for (let n = 0; n < 500; n++) {
    o.send(message("romeo@sender.example", "nurse@other-target.example", `m${n}`));
  }
  o.send(CLOSING);
  await stage.server.told({ event: "connection.closed" });
  const lines = stage.server.log.map(({ json }) => json).filter((line) => line?.event === "stanza.discarded");
  assert.ok(lines.length <= 11, `${lines.length} lines`);
  assert.equal(lines.reduce((sum, { repeated }) => sum + (repeated ?? 1), 0), 500);
});

Deno.test("SVC-6 RTE-5: a message too large to be read is answered all the same", async () => {
  await using stage = await Stage.open({ domains: [{ name: "bare.example" }] });
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "bare.example");
  o.send(message("romeo@sender.example", "juliet@bare.example", "big", "x".repeat(100_000)));
  const error = await o.message({ id: "big", type: "error", to: "romeo@sender.example" });
  assert.deepEqual(errorOf(error), { type: "cancel", condition: "service-unavailable" });
});

Deno.test("a domain that is removed while a request for it is being proven is not opened by the proof", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith("other-sender.example", "target.example");
  const release = stage.world.dns.hold(srvOwner("sender.example"), "SRV");
  o.send(request("sender.example", "other-target.example"));
  await stage.world.dns.awaitQuestion(srvOwner("sender.example"), "SRV");
  const { settings } = stage.server;
  const domain = settings.domain!.filter(({ name }) => name !== "other-target.example");
  await stage.server.reload({ ...settings, domain });
  release();
  await o.denial("sender.example", "other-target.example", "cancel", "item-not-found");
});

Deno.test("A-33: a block that comes while our own request is unanswered is not undone by the verdict", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await r.request("target.example", "sender.example");
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "10m" });
  r.send(verdict("target.example", "sender.example", "valid"));
  await fence(r); // and no message before it
  juliet.say("juliet", "romeo@sender.example", "m2");
  const seen = [await juliet.message({ type: "error" }), await juliet.message({ type: "error" })];
  assert.deepEqual(seen.map(({ attributes }) => attributes.id).sort(), ["m1", "m2"]);
  assert.equal(errorOf(seen.find(({ attributes }) => attributes.id === "m2")!).condition, "not-allowed");
});
