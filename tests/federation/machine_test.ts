/** Streams between server names whose name no accepted certificate carries: TLSA of that name. protocol.md R-7, 3.4, 3.9. */
import assert from "node:assert/strict";
import { Authority, EXPIRED, selfSigned } from "../harness/certificates.ts";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { type Tlsa, tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { ORIGINATING, RECEIVING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { auth, BIDI, CLOSING, header, open, request, secure } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { child } from "../peer/xml.ts";
import { fence } from "./acts.ts";

const OWNER = tlsaOwner(ORIGINATING);

/** What the machine publishes at its own name. */
const publish = (world: World, records: readonly Tlsa[], ttl?: number) =>
  void world.zone("originating.example").set(OWNER, "TLSA", records, ttl);

async function staged(records: readonly Tlsa[], options: StageOptions = {}): Promise<Stage> {
  return await Stage.open({
    ...options,
    prepare: async (world) => {
      publish(world, records);
      await options.prepare?.(world);
    },
  });
}

/** The machine shows this and has written its header inside TLS. */
async function knocks(stage: Stage, identity: Identity): Promise<Conversation> {
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  await secure(o, { identity, serverName: RECEIVING });
  o.send(header(SERVER_NAMES));
  return o;
}

/** It is let in, and what the server calls it. */
async function isNamed(stage: Stage, identity: Identity): Promise<Conversation> {
  const o = await knocks(stage, identity);
  await o.header();
  const features = await o.features();
  assert.notEqual(child(features, NS.sasl, "mechanisms"), undefined, "EXTERNAL is offered (A-14)");
  const rows = await stage.server.connections();
  const { serverNames } = rows.find(({ state }) => state === "established")!;
  assert.deepEqual(serverNames, [ORIGINATING]); // and no other of the certificate
  return o;
}

async function isRefused(stage: Stage, identity: Identity, cause: string): Promise<void> {
  const o = await knocks(stage, identity);
  await o.header();
  await o.streamError("not-authorized");
  o.send(CLOSING);
  await stage.server.told({ event: "connection.failed", cause });
}

Deno.test("R-7 DAN-9: a certificate that the machine's own TLSA pins: the stream is up, and a customer is proven on it", async () => {
  const shown = await selfSigned({ names: ["anything.example"] });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  const o = await isNamed(stage, shown);
  o.send(BIDI); // so that there is a way back
  await fence(o); // the pair of the server names is open
  await granted(o, "sender.example", "target.example");
  await stage.server.told({ event: "machine.judged", name: ORIGINATING, prooftype: "dane", dns: "secure" });
  const { proofs } = await stage.server.api("/proofs");
  assert.deepEqual(
    proofs.map(({ domain, prooftype }: { domain: string; prooftype: string }) => [domain, prooftype]).sort(),
    [["sender.example", "dane"], [ORIGINATING, "dane"]],
  );
});

Deno.test("R-7 A-14: such a machine may claim its name by EXTERNAL, and goes on under it", async () => {
  const shown = await selfSigned({ names: [] });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  const o = await isNamed(stage, shown);
  o.send(auth(btoa(ORIGINATING)));
  await o.element(NS.sasl, "success");
  o.restart();
  await open(o, SERVER_NAMES);
  await granted(o, "sender.example", "target.example");
});

Deno.test("R-7: dates do not count where the key is pinned (RFC 7671 5.1)", async () => {
  const shown = await selfSigned({ names: [ORIGINATING], ...EXPIRED });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  await isNamed(stage, shown);
});

Deno.test("R-7: what an authority says of other names gives way to the one that TLSA proves", async () => {
  await using stage = await Stage.open();
  const shown = await stage.world.ca.issue({ names: ["xmpp9.elsewhere.example", "*.wild.example"] });
  publish(stage.world, [tlsa("3 1 1", shown)]);
  await isNamed(stage, shown);
});

Deno.test("R-7: an authority that the machine publishes vouches for its name, and for no other (2 0 1)", async () => {
  const ta = await Authority.root("Their Root");
  const behind = async (name: string): Promise<Identity> => {
    const { certificate, key } = await ta.issue({ names: [name] });
    return { certificate: `${certificate}${ta.pem}\n`, key };
  };
  await using stage = await staged([tlsa("2 0 1", ta.pem)]);
  await isRefused(stage, await behind("xmpp9.originating.example"), "dane.mismatch");
  await isRefused(stage, await ta.issue({ names: [ORIGINATING] }), "dane.mismatch"); // the authority is not sent
  await isNamed(stage, await behind(ORIGINATING));
});

for (const [strong, passes] of [["3 1 2", true], ["3 1 1", false]] as const) {
  Deno.test(`R-7: of two digests the stronger one decides: ${strong} is right`, async () => {
    const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: [ORIGINATING] })));
    const weak = strong === "3 1 2" ? "3 1 1" : "3 1 2";
    await using stage = await staged([tlsa(strong, shown!), tlsa(weak, other!)]);
    if (passes) await isNamed(stage, shown!);
    else await isRefused(stage, shown!, "dane.mismatch");
  });
}

type Refusal = (shown: Identity, world: World) => void;
const REFUSED: Record<string, [cause: string, prepare: Refusal, options?: StageOptions]> = {
  "nothing published": ["tls.self-signed", () => {}],
  "records of another certificate": [
    "dane.mismatch",
    (_, world) => publish(world, [tlsa("3 1 1", world.receiving)]),
  ],
  "records that nobody can use": [
    "tls.self-signed",
    (shown, world) => publish(world, [{ ...tlsa("3 1 1", shown), usage: 9 }]),
  ],
  "records whose signature is broken": ["dns.bogus", (shown, world) => {
    publish(world, [tlsa("3 1 1", shown)]);
    world.zone("originating.example").damage(OWNER, "TLSA", "corrupt");
  }],
  "records below a broken address": ["dns.bogus", (shown, world) => {
    publish(world, [tlsa("3 1 1", shown)]);
    world.zone("originating.example").damage(ORIGINATING, "A", "corrupt");
  }],
  "records in an unsigned zone": ["tls.self-signed", (shown, world) => {
    publish(world, [tlsa("3 1 1", shown)]);
    const zone = world.zone("originating.example");
    zone.signed = zone.secureDelegation = false;
  }],
  "records that are not answered": ["dns.servfail", (shown, world) => {
    publish(world, [tlsa("3 1 1", shown)]);
    world.dns.fail(OWNER, "TLSA", { kind: "servfail" });
  }],
};
for (const [what, [cause, prepare, options]] of Object.entries(REFUSED)) {
  Deno.test(`R-7: ${what}: not-authorized, and the cause is ${cause}`, async () => {
    const shown = await selfSigned({ names: [ORIGINATING] });
    await using stage = await Stage.open({ ...options, prepare: (world) => prepare(shown, world) });
    await isRefused(stage, shown, cause);
  });
}

Deno.test("R-7: the name has 5 s; what the peer says meanwhile is not read, and no later answer counts", async () => {
  const shown = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", shown)], { movedClock: true });
  const answer = stage.world.dns.hold(OWNER, "TLSA");
  const o = await knocks(stage, shown);
  await o.header();
  o.send(request("sender.example", "target.example"));
  await stage.world.dns.awaitQuestion(OWNER, "TLSA");
  const [{ machine }] = await stage.server.connections();
  assert.equal(machine, "negotiating.vouching");
  await stage.server.advance(5_000);
  await o.streamError("not-authorized");
  answer();
  o.send(CLOSING);
  await stage.server.told({ event: "connection.failed", cause: "proof.timeout" });
  assert.equal(stage.server.log.some(({ json }) => json?.event === "request.received"), false);
});

Deno.test("R-7 LIM-12: strangers of one address wait for their turn, so many look-ups at once", async () => {
  const shown = await selfSigned({ names: [ORIGINATING] });
  const limits = { proofs: 1, proofs_waiting: 1 };
  await using stage = await staged([tlsa("3 1 1", shown)], { settings: { limits } });
  const answer = stage.world.dns.hold(OWNER, "TLSA");
  const first = await knocks(stage, shown);
  await stage.world.dns.awaitQuestion(OWNER, "TLSA");
  const second = await knocks(stage, shown);
  await second.header();
  const third = await knocks(stage, shown);
  await third.header();
  await third.streamError("resource-constraint");
  await stage.server.told({ event: "stream.error", cause: "limit.proofs" });
  answer();
  for (const o of [first, second]) {
    if (o === first) await o.header();
    await o.features();
  }
});

Deno.test("R-7 LIM-13: one stranger's stream costs two address questions and one for TLSA", async () => {
  const shown = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  const before = stage.world.dns.log.length;
  await isNamed(stage, shown);
  const about = stage.world.dns.log.slice(before).filter(({ name }) => name.endsWith(ORIGINATING));
  const asked = [...new Set(about.map(({ name, type }) => `${type} ${name}`))].sort();
  assert.deepEqual(asked, [`A ${ORIGINATING}`, `AAAA ${ORIGINATING}`, `TLSA ${OWNER}`]);
});

// -- 3.9: the name lasts as long as its proof

Deno.test("R-7 3.9: the name is looked at again, and lapses with the stream when the records move on", async () => {
  const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: [ORIGINATING] })));
  await using stage = await staged([], {
    settings: { limits: { recheck_min: "300ms" } },
    prepare: (world) => publish(world, [tlsa("3 1 1", shown!)], 1),
  });
  const o = await isNamed(stage, shown!);
  await stage.server.told({ event: "proof.rechecked", domain: ORIGINATING, outcome: "held" });
  publish(stage.world, [tlsa("3 1 1", other!)], 1);
  await o.streamError("reset");
  o.send(CLOSING);
  await stage.server.told({ event: "connection.closed", cause: "dane.mismatch" });
  await isRefused(stage, shown!, "dane.mismatch");
});

Deno.test("R-7 3.9: the name ends with the signatures that it rests on", async () => {
  const shown = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", shown)], {
    movedClock: true,
    settings: { limits: { negotiation_timeout: "1h" } },
    prepare: (world) => void (world.zone("originating.example").signatureLifetimeS = 20 * 60),
  });
  const o = await isNamed(stage, shown);
  stage.world.dns.outage({ kind: "servfail" });
  const [{ expires }] = (await stage.server.api("/proofs")).proofs;
  await stage.server.advanceTo(expires);
  await o.streamError("reset");
  o.send(CLOSING);
  await stage.server.told({ event: "connection.closed", cause: "proof.expired" });
});
