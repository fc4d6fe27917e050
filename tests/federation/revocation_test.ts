/** Proofs end: trace T5 and the life time of proofs (protocol.md 3.9), both directions. */
import assert from "node:assert/strict";
import { granted, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, srvOwner, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { denial, openSecured, request, verdict } from "../peer/stream.ts";
import { bidiArrival, bounced, fence, grant, initiateBidi, message } from "./acts.ts";

const TTL_S = 1;
const SENDER = srvOwner("sender.example");

/** TTL 1 s and a floor of 200 ms: the stated bound is 1.1 x (1 s + 200 ms) + dns_timeout. */
const QUICK: StageOptions = {
  settings: { limits: { recheck_min: "200ms", dns_timeout: "4s", dns_query_timeout: "2s" } },
  prepare: (world) => void world.delegate(world.zone("sender.example"), [ORIGINATING], TTL_S),
};
const BOUND_MS = 1.1 * (TTL_S * 1000 + 200) + 4000;
/** A busy machine is allowed this much beyond the bound. */
const SLACK_MS = 2000;

const LOSSES: Record<string, (world: World) => void> = {
  "DNA-53: its SRV moved away": (world) =>
    void world.delegate(world.zone("sender.example"), ["xmpp9.elsewhere.example"], TTL_S),
  "DNA-53: its SRV is gone": (world) => void world.zone("sender.example").remove(SENDER, "SRV"),
  "DNA-53: its zone is unsigned now": (world) => {
    const zone = world.zone("sender.example");
    [zone.secureDelegation, zone.signed] = [false, false];
  },
};

for (const [what, lose] of Object.entries(LOSSES)) {
  Deno.test(`DNA-56 ${what}: trace T5, the sender is revoked; the other pair stays`, async () => {
    await using stage = await Stage.open(QUICK);
    await using juliet = await stage.component();
    const o = await stage.initiateWith();
    await granted(o, "other-sender.example", "target.example");
    const lost = performance.now();
    lose(stage.world);
    await o.verdict("sender.example", "target.example", "invalid");
    const took = performance.now() - lost;
    assert.ok(took < BOUND_MS + SLACK_MS, `revoked after ${took} ms, the bound is ${BOUND_MS}`);

    o.send(message("romeo@sender.example", "juliet@target.example", "late"));
    o.send(request("sender.example", "target.example"));
    await o.denial("sender.example", "target.example", "auth", "not-authorized");
    o.send(message("tybalt@other-sender.example", "juliet@target.example", "m2"));
    await juliet.message({ id: "m2" }); // and nothing of the revoked pair before it
  });
}

Deno.test("DNA-53: a delegation that comes back is granted again on request", async () => {
  const limits = { ...QUICK.settings?.limits, denials_per_minute: 100_000 };
  await using stage = await Stage.open({ ...QUICK, settings: { limits } });
  const o = await stage.initiateWith();
  stage.world.delegate(stage.world.zone("sender.example"), ["xmpp9.elsewhere.example"], TTL_S);
  await o.verdict("sender.example", "target.example", "invalid");
  stage.world.delegate(stage.world.zone("sender.example"), [ORIGINATING], TTL_S);
  const { denied } = await stage.server.eventually("the pair to be granted again", async () => {
    o.send(request("sender.example", "target.example"));
    const verdict = await o.anyElement("a verdict");
    return verdict.attributes.type === "valid" && { denied: false };
  });
  assert.equal(denied, false);
});

Deno.test("DNA-54: the hard bound: signatures run out and DNS is away: revoked", async () => {
  await using stage = await Stage.open({
    settings: { limits: { recheck_min: "200ms", dns_timeout: "4s", dns_query_timeout: "2s" } },
    prepare: (world) => {
      world.zone("sender.example").signatureLifetimeS = 4;
      world.delegate(world.zone("sender.example"), [ORIGINATING], TTL_S);
    },
  });
  const o = await stage.initiateWith();
  stage.world.dns.outage();
  await o.verdict("sender.example", "target.example", "invalid");
});

Deno.test("DNA-55: DNS away at the re-check: the pair is kept until the hard bound", async () => {
  await using stage = await Stage.open(QUICK);
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const asked = stage.world.dns.asked(SENDER, "SRV").length;
  stage.world.dns.outage({ kind: "servfail" });
  await stage.world.dns.awaitQuestion(SENDER, "SRV", asked + 1);
  await stage.server.told({ event: "proof.rechecked", outcome: "postponed" });
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  await granted(o, "sender.example", "target.example"); // no verdict `invalid` came before
});

Deno.test("DNA-56 DNA-45: outgoing too: the remote's delegation moves away, its pair stops and its stanzas bounce", async () => {
  await using stage = await Stage.open(QUICK);
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  juliet.say("juliet", "tybalt@other-sender.example", "k1");
  const { r } = await bidiArrival(stage);
  const seen = new Set<string | undefined>();
  await r.until((element) => {
    const { from, to, id } = element.attributes;
    if (element.name === "result") r.send(verdict(from!, to!, "valid"));
    return seen.add(id).has("m1") && seen.has("k1");
  }, "both messages");
  stage.world.delegate(stage.world.zone("sender.example"), ["xmpp9.elsewhere.example"], TTL_S);
  await stage.server.eventually("the pair to leave the connection", async () => {
    const route = await stage.server.route("target.example", "sender.example");
    return (route?.send ?? []).length === 0;
  });
  juliet.say("juliet", "romeo@sender.example", "m2");
  await bounced(juliet, "m2", "remote-server-not-found", "cancel"); // the new target has no address
  juliet.say("juliet", "tybalt@other-sender.example", "k2");
  await r.until((element) => element.attributes.id === "k2", "the other pair's message");
});

Deno.test("A-33: revoked by the operator: not-allowed while blocked, granted again after", async () => {
  await using stage = await Stage.open();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await granted(o, "other-sender.example", "target.example");
  const revoke = (block: string) =>
    stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block });
  await revoke("10m");
  await o.verdict("sender.example", "target.example", "invalid");
  o.send(request("sender.example", "target.example"));
  await o.denial("sender.example", "target.example", "cancel", "not-allowed");
  await granted(o, "other-sender.example", "target.example");
});

Deno.test("A-33: revoked without a block: the next request is granted", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "0s" });
  await o.verdict("sender.example", "target.example", "invalid");
  await granted(o, "sender.example", "target.example");
});

Deno.test("DNA-45 A-32: a revoked pair whose re-request is denied bounces what waits", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(`<db:result from='sender.example' to='target.example' type='invalid'/>`);
  await fence(r);
  juliet.say("juliet", "romeo@sender.example", "m2");
  await r.request("target.example", "sender.example");
  r.send(denial("target.example", "sender.example", "auth", "not-authorized"));
  await bounced(juliet, "m2", "remote-server-timeout", "cancel");
});

Deno.test("A-33: a block that comes while the request is being proven is not undone by the proof", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith("other-sender.example", "target.example");
  const gate = Promise.withResolvers<void>();
  stage.world.dns.fail(SENDER, "SRV", { kind: "hold", until: gate.promise });
  o.send(request("sender.example", "target.example"));
  await stage.server.told({ event: "request.received", remote: "sender.example" });
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "10m" });
  gate.resolve();
  await o.denial("sender.example", "target.example", "cancel", "not-allowed");
});

/** A peer without `urn:x-dna:0`: a classic stream with two pairs of the header's domain and another. */
async function classicWithTwo(stage: Stage): Promise<Conversation> {
  const o = await stage.dial();
  await openSecured(o, { from: "sender.example", to: "target.example" }, stage.originatingTls);
  await granted(o, "sender.example", "target.example");
  await granted(o, "other-sender.example", "target.example");
  return o;
}

Deno.test("DNA-57: to a peer without DNA a proof that ended is reset, while another pair uses the stream", async () => {
  await using stage = await Stage.open(QUICK);
  const o = await classicWithTwo(stage);
  stage.world.delegate(stage.world.zone("sender.example"), ["xmpp9.elsewhere.example"], TTL_S);
  await o.streamError("reset");
});

Deno.test("DNA-57: taken away by the operator it is policy-violation", async () => {
  await using stage = await Stage.open();
  const o = await classicWithTwo(stage);
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", {});
  await o.streamError("policy-violation");
});

Deno.test("DNA-57: the last pair hears invalid", async () => {
  await using stage = await Stage.open(QUICK);
  const o = await stage.dial();
  await openSecured(o, { from: "sender.example", to: "target.example" }, stage.originatingTls);
  await granted(o, "sender.example", "target.example");
  stage.world.delegate(stage.world.zone("sender.example"), ["xmpp9.elsewhere.example"], TTL_S);
  await o.verdict("sender.example", "target.example", "invalid");
});

Deno.test("DNA-57 F4: a domain that is removed costs the others of a peer without DNA nothing", async () => {
  await using stage = await Stage.open();
  await using nurse = await stage.component("other-target.example");
  const o = await stage.dial();
  await openSecured(o, { from: "sender.example", to: "target.example" }, stage.originatingTls);
  await granted(o, "sender.example", "target.example");
  await granted(o, "sender.example", "other-target.example");
  const { settings } = stage.server;
  const domain = settings.domain!.filter(({ name }) => name !== "target.example");
  await stage.server.reload({ ...settings, domain });
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  o.send(message("romeo@sender.example", "nurse@other-target.example", "m2"));
  await nurse.message({ id: "m2" });
  assert.deepEqual(o.waiting, []);
});
