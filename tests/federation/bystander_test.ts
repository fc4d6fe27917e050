/** What strangers have us ask costs nobody else his way (protocol.md 10). */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, S2S_PORT } from "../harness/world.ts";
import { Listener } from "../peer/peer.ts";
import { openSecured, request } from "../peer/stream.ts";
import { arrival, bounced, grant } from "./acts.ts";

const TARGET = "target.example";
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";
/** Of the test's own addresses nobody else takes a port. */
const SILENT_PORT = 5299;
const STRANGERS = ["stranger1.example", "stranger2.example", "stranger3.example"];

Deno.test("LIM-13 5.3: questions that strangers have us ask at a silent port of somebody's machine keep nobody from that machine", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    prepare: (world) => {
      for (const name of STRANGERS) world.customer(name, [{ target: ORIGINATING, port: SILENT_PORT }]);
    },
  });
  await using silent = await Listener.listen(stage.world.peerIp, SILENT_PORT, "silent");
  await using juliet = await stage.component();
  const identity = await selfSigned({ names: ["nobody.example"] });
  for (const from of STRANGERS) {
    const o = await stage.dial(from);
    await openSecured(o, { from, to: TARGET }, { identity, serverName: RECEIVING });
    o.send(request(from, TARGET, KEY));
    await silent.accept();
  }
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, "sender.example");
  await r.message({ id: "m1" });
});

const DEAD = Array.from({ length: 12 }, (_, n) => `dead${n}.example`);

Deno.test("5.3: one tenant's stanzas for many silent machines cost another tenant one turn, not all of them", async () => {
  await using stage = await Stage.open({
    settings: { limits: { outgoing_in_progress: 2, header_timeout: "4s" } },
    prepare: (world) => {
      for (const name of DEAD) {
        const zone = world.customer(name, [`m.${name}`], { signed: false });
        zone.set(`m.${name}`, "A", [world.ip(77)]);
      }
    },
  });
  await using silent = await Listener.listen(stage.world.ip(77), S2S_PORT, "silent");
  await using hostile = await stage.component("other-target.example");
  await using juliet = await stage.component();
  for (const name of DEAD) hostile.say("mallory", `nobody@${name}`, name);
  await silent.accept();
  await silent.accept();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  assert.ok(silent.count <= 6, `${silent.count} attempts of another tenant went first`);
  await grant(r, TARGET, "sender.example");
  await r.message({ id: "m1" });
});

for (const [what, piece] of [["", "x"], [", with references", "&#120;"]] as const) {
  Deno.test(`4.11: a stanza whose start tag alone is larger than most stanzas${what} comes back, instead of getting lost`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    await stage.peer[Symbol.asyncDispose](); // it cannot be delivered
    const large = Array.from({ length: 5 }, (_, n) => ` a${n}='${piece.repeat(16_000 / piece.length)}'`).join(
      "",
    );
    juliet.send(
      `<message from='juliet@${TARGET}' to='romeo@sender.example' id='m1'${large}><body>hi</body></message>`,
    );
    await bounced(juliet, "m1", "remote-server-timeout", "wait");
  });
}
