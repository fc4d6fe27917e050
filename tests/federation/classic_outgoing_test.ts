/** Classic streams from the initiating side: service domains in the header (protocol.md 2.5, 2.9, 2.10, 6.3). */
import assert from "node:assert/strict";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { NS } from "../peer/names.ts";
import { answer, FEATURE, PROCEED, verdict } from "../peer/stream.ts";
import { arrival, assertNothingAsked, bounced, grant } from "./acts.ts";

const TARGET = "target.example";
const UNSIGNED = "unsigned.example";

/** A peer whose certificate carries the service domain: nothing but that can prove it while its SRV is unsigned. */
const serving = async ({ world }: Stage, ...names: string[]) => ({
  tls: { identity: await world.ca.issue({ names: [ORIGINATING, ...names] }) },
});

Deno.test("DNA-7 DNS-14 DB-13 TLS-26: an unsigned SRV: classic header, SNI the service domain, then a request with key", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const { r, plain, secured } = await arrival(stage, {
    ...await serving(stage, UNSIGNED),
    plainId: "before-tls",
    securedId: "after-tls",
    features: [FEATURE.dialback],
  });
  for (const { attributes: { from, to } } of [plain, secured]) {
    assert.deepEqual({ from, to }, { from: TARGET, to: UNSIGNED });
  }
  assert.equal(r.wire.clientHello?.serverName, UNSIGNED);
  assert.match(r.tls?.certificate?.subjectAltName ?? "", /DNS:xmpp1\.receiving\.example/);
  const asked = await r.request(TARGET, UNSIGNED);
  const pair = { receiving: UNSIGNED, originating: TARGET };
  assert.equal(asked.text, dialbackKey({ secret: DIALBACK_SECRET, ...pair, streamId: "after-tls" }));
  r.send(verdict(TARGET, UNSIGNED, "valid"));
  await r.message({ from: "juliet@target.example/x", to: `romeo@${UNSIGNED}`, id: "m1" });
  const [row] = await stage.server.connections();
  assert.deepEqual([row.local, row.remote, row.purpose], [TARGET, UNSIGNED, "federation"]);
});

Deno.test("DNS-7: no SRV: the domain's own address, port 5269, classic header", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.addZone("plain.example").set("plain.example", "A", [world.peerIp]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@plain.example", "m1");
  const { r, secured } = await arrival(stage, await serving(stage, "plain.example"));
  assert.deepEqual([secured.attributes.from, secured.attributes.to], [TARGET, "plain.example"]);
  await grant(r, TARGET, "plain.example");
  await r.message({ id: "m1" });
});

Deno.test("A-7: on an unsigned SRV the target's name in the certificate proves nothing: no request, the sender is told", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(PROCEED);
  r.acceptTls({ identity: stage.world.originating }).catch(() => {}); // the server ends it once it has seen it
  await assertNothingAsked(r);
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  await stage.server.told({ event: "connection.failed", cause: "dns.insecure" });
});
