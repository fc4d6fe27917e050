/** DNA from the initiating side: the server under test sends, the scripted peer receives (protocol.md 2.5, 2.7). */
import assert from "node:assert/strict";
import { EXPIRED, selfSigned } from "../harness/certificates.ts";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { NS } from "../peer/names.ts";
import { Listener } from "../peer/peer.ts";
import { acceptSecured, answer, denial, FEATURE, PROCEED, request, verdict } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import {
  arrival,
  assertNothingAsked,
  bidiArrival,
  bounced,
  fence,
  grant,
  initiateBidi,
  message,
} from "./acts.ts";

Deno.test("DNA-1 DNA-2 DNA-3 DNA-4 DNA-9 DNA-10 STR-15: trace T1, the server under test initiates", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");

  const { r, plain, secured } = await arrival(stage, { plainId: "before-tls", securedId: "after-tls" });
  for (const header of [plain, secured]) {
    const { from, to, version } = header.attributes;
    assert.deepEqual({ from, to, version }, { from: RECEIVING, to: ORIGINATING, version: "1.0" });
    assert.deepEqual([header.prefix, header.declared.db, header.declared[""]], ["stream", NS.db, NS.server]);
  }
  assert.equal(r.wire.clientHello?.serverName, ORIGINATING);
  assert.match(r.tls?.certificate?.subjectAltName ?? "", /DNS:xmpp1\.receiving\.example/);
  assert.doesNotMatch(r.transcript.received(false), /<\/stream:stream>/);

  const asked = await r.request("target.example", "sender.example");
  const pair = { receiving: "sender.example", originating: "target.example" };
  assert.equal(asked.text, dialbackKey({ secret: DIALBACK_SECRET, ...pair, streamId: "after-tls" }));
  r.send(verdict("target.example", "sender.example", "valid"));
  await r.message({ from: "juliet@target.example/x", to: "romeo@sender.example", id: "m1" });
});

const UNPROVEN: Record<string, (stage: Stage) => Promise<Identity>> = {
  "DNA-5: a certificate for another name": ({ world }) => world.ca.issue({ names: ["evil.example"] }),
  "DNA-6: a self-signed certificate": () => selfSigned({ names: [ORIGINATING] }),
  "DNA-6 TLS-13: an expired certificate": ({ world }) => world.ca.issue({ names: [ORIGINATING], ...EXPIRED }),
  "TLS-11: a certificate for clients only": ({ world }) =>
    world.ca.issue({ names: [ORIGINATING], usages: ["clientAuth"] }),
};

for (const [what, identity] of Object.entries(UNPROVEN)) {
  Deno.test(`${what} at the SRV target ends the connection before any request, the sender is told`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const shown = await identity(stage);
    juliet.say("juliet", "romeo@sender.example", "m1");
    const r = await stage.peer.accept();
    await answer(r, "1", [FEATURE.starttls]);
    await r.element(NS.tls, "starttls");
    r.send(PROCEED);
    r.acceptTls({ identity: shown }).catch(() => {}); // the server may refuse inside the handshake
    await assertNothingAsked(r);
    const error = await juliet.message({ id: "m1", type: "error" });
    assert.match(error.raw, /remote-server-timeout/);
    assert.equal(stage.peer.count, 1);
  });
}

Deno.test("DNA-8 DNS-13: a bogus SRV: no connection at all, the sender gets remote-server-not-found (wait)", async () => {
  await using stage = await Stage.open({
    prepare: (world) =>
      void world.customer("stripped.example").damage(srvOwner("stripped.example"), "SRV", "strip"),
  });
  await using juliet = await stage.component();
  for (const domain of ["bogus.example", "stripped.example"]) {
    juliet.say("juliet", `romeo@${domain}`, domain);
    await bounced(juliet, domain, "remote-server-not-found", "wait");
  }
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNA-11 DNA-12 DNA-16 RTE-2: nothing of a pair before its valid, then everything in order", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  const sent = Array.from({ length: 100 }, (_, n) => `m${n}`);
  for (const id of sent) juliet.say("juliet", "romeo@sender.example", id);
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");

  // While that verdict is owed, another pair asks, is granted and talks: the fence that proves the silence.
  nurse.say("nurse", "romeo@sender.example", "n1");
  await grant(r, "other-target.example", "sender.example");
  await r.message({ id: "n1" });

  r.send(verdict("target.example", "sender.example", "valid"));
  for (const id of sent) await r.message({ id, from: "juliet@target.example/x" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("DNA-13 RTE-1: a second target on the same SRV target is requested on the same connection", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "tybalt@other-sender.example", "m2");
  await grant(r, "target.example", "other-sender.example");
  await r.message({ id: "m2" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("DNA-15: any SRV target of the new domain that matches the connection is enough to reuse it", async () => {
  await using stage = await Stage.open({
    prepare: (world) =>
      void world.customer("twin.example", [
        { target: "xmpp9.elsewhere.example", priority: 10 },
        { target: ORIGINATING, priority: 20 },
      ]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "romulus@twin.example", "m2");
  await grant(r, "target.example", "twin.example");
  await r.message({ id: "m2" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("DNA-44: the first authorised connection is used; after its loss the other", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const connections = [await initiateBidi(stage), await initiateBidi(stage)] as const;
  for (const o of connections) {
    o.send(request("sender.example", "target.example"));
    await o.verdict("sender.example", "target.example", "valid");
  }
  const [first, second] = connections;
  juliet.say("juliet", "romeo@sender.example", "m1");
  await first.message({ id: "m1" });
  first.wire.reset();
  await stage.server.connected(1); // the component's stanza must not overtake the news of the reset
  juliet.say("juliet", "romeo@sender.example", "m2");
  await second.message({ id: "m2" });
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNA-45: a revoked pair stops at once and is requested again before the next stanza", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });

  r.send(verdict("target.example", "sender.example", "invalid"));
  await fence(r);
  juliet.say("juliet", "romeo@sender.example", "m2");
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m2" });
});

Deno.test("DNA-46: an unsolicited valid opens nothing: the pair is requested all the same", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });

  r.send(verdict("other-target.example", "sender.example", "valid"));
  await fence(r);
  nurse.say("nurse", "romeo@sender.example", "n1");
  await r.request("other-target.example", "sender.example");
});

Deno.test("DNA-47: the third unsolicited valid ends the stream with policy-violation", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  for (const remote of ["a.example", "b.example", "c.example"]) {
    r.send(verdict("other-target.example", remote, "valid"));
  }
  await r.streamError("policy-violation");
});

Deno.test("DNA-48: a verdict on another connection than the request is ignored", async () => {
  await using stage = await Stage.open({
    settings: { limits: { verdict_timeout: "4s" } },
    prepare: (world) => {
      world.machine("xmpp2.originating.example", 12);
      world.customer("second.example", ["xmpp2.originating.example"]);
    },
  });
  await using other = await Listener.listen(stage.world.ip(12), 5269, "second peer");
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });

  juliet.say("juliet", "paris@second.example", "m2");
  const second = await other.accept();
  const identity = await stage.world.ca.issue({ names: ["xmpp2.originating.example"] });
  await acceptSecured(second, { tls: { identity } });
  await second.request("target.example", "second.example");
  r.send(verdict("target.example", "second.example", "valid"));
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
  assert.deepEqual(second.waiting, []);
});

Deno.test("DNA-49: an unswapped verdict is ignored, the pair fails when the verdict timer ends", async () => {
  await using stage = await Stage.open({ settings: { limits: { verdict_timeout: "400ms" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(`<db:result from='target.example' to='sender.example' type='valid'/>`);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.deepEqual(r.waiting, []);
});

Deno.test("DNA-50: a verdict with character data and extra attributes is understood", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  const { text: key } = await r.request("target.example", "sender.example");
  r.send(
    `<db:result to='target.example' id='7' xmlns:x='urn:x' x:y='z' type='valid' from='sender.example'>${key}</db:result>`,
  );
  await r.message({ id: "m1" });
});

Deno.test("DNA-51: trace T10, a request from the accepting side of a one-way stream is not-authorized", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(request("other-sender.example", "target.example"));
  await r.streamError("not-authorized");
});

Deno.test("DNA-52: no verdict in time: the queue is bounced, a late valid opens nothing", async () => {
  await using stage = await Stage.open({ settings: { limits: { verdict_timeout: "300ms" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await r.request("target.example", "sender.example");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  r.send(verdict("target.example", "sender.example", "valid"));
  await fence(r);
  assert.deepEqual(r.waiting, []);
});

/** 2.7: on a fresh connection each condition bounces the queue; the type tells permanent from passing. */
const DENIALS: Record<string, [type: string, bounce: string]> = {
  "item-not-found": ["cancel", "cancel"],
  "not-allowed": ["cancel", "cancel"],
  "not-authorized": ["auth", "cancel"],
  "resource-constraint": ["wait", "wait"],
  "remote-server-timeout": ["wait", "wait"],
};

for (const [condition, [type, bounce]] of Object.entries(DENIALS)) {
  Deno.test(`RTE-5 RTE-6 RTE-7: verdict ${condition}: the queue is bounced (${bounce}), the stream stays`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await bidiArrival(stage);
    await r.request("target.example", "sender.example");
    r.send(denial("target.example", "sender.example", type, condition));
    const error = await bounced(juliet, "m1", "remote-server-timeout", bounce);
    assert.deepEqual([error.attributes.from, error.attributes.to], [
      "romeo@sender.example",
      "juliet@target.example/x",
    ]);
    assert.doesNotMatch(error.raw, /xmpp1\.|127\./);
    await fence(r);
  });
}

Deno.test("RTE-5: verdict invalid: the queue is bounced with internal-server-error", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(verdict("target.example", "sender.example", "invalid"));
  await bounced(juliet, "m1", "internal-server-error", "cancel");
});

Deno.test("2.7: a verdict of unknown type is ignored, the right one still counts", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(verdict("target.example", "sender.example", "maybe"));
  r.send(verdict("target.example", "sender.example", "valid"));
  await r.message({ id: "m1" });
});

Deno.test("2.9: after a denial item-not-found on a reused connection, a new connection is tried once", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "tybalt@other-sender.example", "m2");
  await r.request("target.example", "other-sender.example");
  r.send(denial("target.example", "other-sender.example", "cancel", "item-not-found"));
  const { r: fresh } = await arrival(stage);
  await grant(fresh, "target.example", "other-sender.example");
  await fresh.message({ id: "m2" });
  juliet.send(message("juliet@target.example/x", "romeo@sender.example", "m3"));
  await r.message({ id: "m3" });
});
