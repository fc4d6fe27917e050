/** Classic streams from the initiating side: service domains in the header (protocol.md 2.5, 2.9, 2.10, 6.3). */
import assert from "node:assert/strict";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { NS } from "../peer/names.ts";
import { answer, failure, FEATURE, PROCEED, sasl, verdict } from "../peer/stream.ts";
import { arrival, assertNothingAsked, bounced, grant, message } from "./acts.ts";

const TARGET = "target.example";
const UNSIGNED = "unsigned.example";
/** base64 of target.example. */
const AUTHZID = "dGFyZ2V0LmV4YW1wbGU=";
const WITH_EXTERNAL = [FEATURE.external, FEATURE.dialback];

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

Deno.test("SAS-2 SAS-4 DB-13 DB-17: EXTERNAL opens the header pair; a second sender is requested on the same stream", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const { r } = await arrival(stage, { ...await serving(stage, UNSIGNED), features: WITH_EXTERNAL });
  const claim = await r.element(NS.sasl, "auth", { mechanism: "EXTERNAL" });
  assert.equal(claim.text, AUTHZID);
  r.send(sasl("success"));
  r.restart();
  const again = await answer(r, "after-sasl", [FEATURE.dialbackWithoutErrors]);
  assert.deepEqual([again.attributes.from, again.attributes.to], [TARGET, UNSIGNED]);
  await r.message({ id: "m1" }); // and no request before it

  nurse.say("nurse", `romeo@${UNSIGNED}`, "m2");
  const asked = await r.request("other-target.example", UNSIGNED);
  const pair = { receiving: UNSIGNED, originating: "other-target.example" };
  assert.equal(asked.text, dialbackKey({ secret: DIALBACK_SECRET, ...pair, streamId: "after-sasl" }));
  r.send(verdict("other-target.example", UNSIGNED, "valid"));
  await r.message({ id: "m2" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("BID-2: bidi is enabled before EXTERNAL, and the inverse of the header pair may come in", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const features = [...WITH_EXTERNAL, FEATURE.bidi];
  const { r } = await arrival(stage, { ...await serving(stage, UNSIGNED), features });
  await r.element(NS.bidi, "bidi");
  await r.element(NS.sasl, "auth");
  r.send(sasl("success"));
  r.restart();
  await answer(r, "2", []);
  await r.message({ id: "m1" });
  r.send(message(`romeo@${UNSIGNED}`, `juliet@${TARGET}`, "m2"));
  await juliet.message({ id: "m2" });
});

Deno.test("SAS-6 cause sasl.refused: EXTERNAL refused: a request with the right key on the same stream", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const options = { ...await serving(stage, UNSIGNED), features: WITH_EXTERNAL, securedId: "the-id" };
  const { r } = await arrival(stage, options);
  await r.element(NS.sasl, "auth");
  r.send(failure("not-authorized"));
  const asked = await r.request(TARGET, UNSIGNED);
  const pair = { receiving: UNSIGNED, originating: TARGET };
  assert.equal(asked.text, dialbackKey({ secret: DIALBACK_SECRET, ...pair, streamId: "the-id" }));
  r.send(verdict(TARGET, UNSIGNED, "valid"));
  await r.message({ id: "m1" });
  await stage.server.told({ event: "sasl.finished", cause: "sasl.refused", outcome: "not-authorized" });
});

Deno.test("SAS-10: empty mechanisms are no offer: a request follows", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${UNSIGNED}`, "m1");
  const features = [sasl("mechanisms"), FEATURE.dialback];
  const { r } = await arrival(stage, { ...await serving(stage, UNSIGNED), features });
  await grant(r, TARGET, UNSIGNED);
  await r.message({ id: "m1" });
});

Deno.test("A-14: between server names EXTERNAL is not used, though it is offered", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage, { features: WITH_EXTERNAL });
  await grant(r, TARGET, "sender.example");
  await r.message({ id: "m1" });
});
