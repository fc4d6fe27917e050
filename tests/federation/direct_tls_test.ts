/** Direct TLS, both directions (XEP-0368; protocol.md 5.1, 6.2). */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial, Listener } from "../peer/peer.ts";
import { answer, DNA_FEATURES, FEATURE, header, open, STARTTLS } from "../peer/stream.ts";
import type { TlsOptions } from "../peer/wire.ts";
import { arrival, authenticate, bounced, grant, message } from "./acts.ts";

const SENDER = "sender.example", TARGET = "target.example";
const DIRECT_PORT = 5270;

/** The server listens for direct TLS too; its own address is known once the world is there. */
async function opened(options: StageOptions = {}): Promise<Stage> {
  const listen = { s2s_tls: [] as string[] };
  return await Stage.open({
    ...options,
    settings: { ...options.settings, listen },
    prepare: async (world) => {
      listen.s2s_tls.push(`${world.serverIp}:${DIRECT_PORT}`);
      await options.prepare?.(world);
    },
  });
}

async function direct(stage: Stage, tls: TlsOptions): Promise<Conversation> {
  const o = await dial({ host: stage.world.serverIp, port: DIRECT_PORT }, stage.world.peerIp, "O");
  await o.startTls(tls);
  return o;
}

Deno.test("TLS-20: a connection that begins with TLS: the first features are those after TLS, everything else the same", async () => {
  await using stage = await opened();
  await using juliet = await stage.component();
  const o = await direct(stage, { ...stage.originatingTls, alpn: ["xmpp-server"] });
  assert.equal(o.tls?.alpn, "xmpp-server");
  const { features } = await open(o, SERVER_NAMES);
  const offered = features.children.map(({ name }) => name);
  assert.ok(offered.includes("dialback") && !offered.includes("starttls"), offered.join());
  await granted(o, SENDER, TARGET);
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("TLS-20: the same checks of the certificate", async () => {
  await using stage = await opened();
  const o = await direct(stage, { serverName: RECEIVING });
  o.send(header(SERVER_NAMES));
  await o.header();
  await o.streamError("not-authorized");
});

Deno.test("TLS-8 TLS-20: STARTTLS inside direct TLS gets failure and the end", async () => {
  await using stage = await opened();
  const o = await direct(stage, stage.originatingTls);
  await open(o, SERVER_NAMES);
  o.send(STARTTLS);
  await o.element(NS.tls, "failure");
  await o.closing();
});

Deno.test("TLS-21 TLS-20: an ALPN list without xmpp-server ends in alert 120, no list at all goes on", async () => {
  await using stage = await opened();
  const o = await dial({ host: stage.world.serverIp, port: DIRECT_PORT }, stage.world.peerIp, "O");
  // TLS 1.2, where the alert can be read: fatal, no_application_protocol.
  await assert.rejects(o.startTls({ ...stage.originatingTls, alpn: ["h2"], maxVersion: "TLSv1.2" }));
  assert.deepEqual([...Buffer.concat(o.wire.rawSinceTls).subarray(-7)], [21, 3, 3, 0, 2, 2, 120]);
  const silent = await direct(stage, stage.originatingTls);
  await open(silent, SERVER_NAMES);
});

Deno.test("LIM-11 TLS-20: a connection that stays silent where TLS is spoken first is dropped in tls_timeout", async () => {
  await using stage = await opened({ settings: { limits: { tls_timeout: "300ms" } } });
  const o = await dial({ host: stage.world.serverIp, port: DIRECT_PORT }, stage.world.peerIp, "O");
  const { elements } = await o.farewell();
  assert.deepEqual(elements, []);
  assert.equal(o.transcript.received(), "");
});

// -- outgoing

const publish = (world: World, domain: string, priority = 5, port = DIRECT_PORT) =>
  void world.zone(domain).set(`_xmpps-server._tcp.${domain}`, "SRV", [
    { target: ORIGINATING, port, priority, weight: 0 },
  ]);

/** The peer where it listens for TLS from the first byte. */
const peerDirect = (stage: Stage, identity = stage.world.originating) =>
  Listener.listen(stage.world.peerIp, DIRECT_PORT, "direct", (r) => {
    r.acceptTls({ identity, alpn: ["xmpp-server"] }).catch(() => {}); // the header that never comes tells
  });

Deno.test("TLS-20 TLS-26: an _xmpps-server record: TLS at once, SNI the domain, ALPN xmpp-server, server names inside", async () => {
  await using stage = await Stage.open({ prepare: (world) => publish(world, SENDER) });
  await using at = await peerDirect(stage);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const r = await at.accept();
  const { attributes } = await answer(r, "1", DNA_FEATURES);
  assert.deepEqual([r.wire.clientHello?.serverName, r.wire.clientHello?.alpn], [SENDER, ["xmpp-server"]]);
  assert.match(r.tls?.certificate?.subjectAltName ?? "", /DNS:xmpp1\.receiving\.example/);
  assert.deepEqual([attributes.from, attributes.to], [RECEIVING, ORIGINATING]);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  assert.equal(r.transcript.received(false), "");
  assert.equal(stage.peer.count, 0);
});

Deno.test("TLS-20: over an unsigned delegation the stream inside is classic, with EXTERNAL", async () => {
  await using stage = await Stage.open({ prepare: (world) => publish(world, "unsigned.example") });
  await using at = await peerDirect(stage, await stage.world.ca.issue({ names: ["unsigned.example"] }));
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  const r = await at.accept();
  const { attributes } = await answer(r, "1", [FEATURE.external, FEATURE.dialback]);
  assert.deepEqual([attributes.from, attributes.to], [TARGET, "unsigned.example"]);
  await authenticate(r);
  await r.message({ id: "m1" });
});

Deno.test("DNS-2: both kinds of records are one list by priority; what does not answer is left for the next", async () => {
  await using stage = await Stage.open({ prepare: (world) => publish(world, SENDER, 5) }); // nobody listens there
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
});

Deno.test("DNS-2: a direct record of a later priority waits behind STARTTLS", async () => {
  await using stage = await Stage.open({ prepare: (world) => publish(world, SENDER, 20) });
  await using at = await peerDirect(stage);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  assert.equal(at.count, 0);
});

Deno.test("TLS-20: a peer that speaks plaintext where TLS is expected: dropped, and the sender is told", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      publish(world, SENDER);
      world.zone(SENDER).set(`_xmpp-server._tcp.${SENDER}`, "SRV", [{
        target: ".",
        port: 0,
        priority: 0,
        weight: 0,
      }]);
    },
  });
  await using at = await Listener.listen(stage.world.peerIp, DIRECT_PORT, "plain");
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  // Between server names it may be the name that it does not know, so it is tried once more by the domain's (2.10).
  for (let n = 0; n < 2; n++) (await at.accept()).send("<stream:stream>");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
});
