/** DANE in both directions over real sockets, TLS and DNS. RFC 6698, RFC 7671, RFC 7673; protocol.md 3.4, 11.6. */
import assert from "node:assert/strict";
import { Authority, EXPIRED, selfSigned } from "../harness/certificates.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { type Tlsa, tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { ORIGINATING, RECEIVING, srvOwner, type World } from "../harness/world.ts";
import { NS } from "../peer/names.ts";
import { answer, FEATURE, openSecured, PROCEED, request } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { arrival, assertNothingAsked, bounced, grant } from "./acts.ts";

const OWNER = tlsaOwner(ORIGINATING);

/** What the peer's machine publishes. */
function publish(world: World, records: readonly Tlsa[]): void {
  world.zone("originating.example").set(OWNER, "TLSA", records);
}

/** A stage whose peer shows `identity` and publishes `records`. */
async function staged(
  records: readonly Tlsa[] | ((world: World) => readonly Tlsa[]),
  options: StageOptions = {},
): Promise<Stage> {
  return await Stage.open({
    ...options,
    prepare: async (world) => {
      publish(world, typeof records === "function" ? records(world) : records);
      await options.prepare?.(world);
    },
  });
}

/** Our stanza reaches the peer that shows this. */
async function arrives(stage: Stage, identity: Identity, domain = "sender.example"): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${domain}`, "m1");
  const { r } = await arrival(stage, { tls: { identity } });
  await grant(r, "target.example", domain);
  await r.message({ id: "m1", to: `romeo@${domain}` });
}

/** The peer that shows this is asked nothing, on any connection, and the sender is told. */
async function isRefused(stage: Stage, identity: Identity, domain = "sender.example"): Promise<void> {
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${domain}`, "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(PROCEED);
  r.acceptTls({ identity }).catch(() => {}); // the server may refuse inside the handshake
  await assertNothingAsked(r);
  const error = await juliet.message({ id: "m1", type: "error" });
  assert.match(error.raw, /remote-server-timeout/);
  assert.equal(stage.peer.count, 1);
}

Deno.test("DAN-1: the records of the SRV target and its port are asked for", async () => {
  const shown = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  await arrives(stage, shown);
  assert.equal(stage.world.dns.asked(OWNER, "TLSA").length > 0, true);
  const [{ delegated, serverNames }] = await stage.server.connections();
  assert.deepEqual(delegated.map(({ prooftype }: { prooftype: string }) => prooftype), ["dane"]);
  // 3.4: the name of the machine, and no other of the certificate.
  assert.deepEqual(serverNames, [ORIGINATING]);
});

Deno.test("DAN-2: below an insecure address nothing is asked", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      world.addZone("plain.example", { signed: false }).set("xmpp.plain.example", "A", [world.peerIp]);
      world.zone("plain.example").set(tlsaOwner("xmpp.plain.example"), "TLSA", [
        tlsa("3 1 1", world.receiving),
      ]);
      world.customer("hosted.example", ["xmpp.plain.example"]);
    },
  });
  await arrives(stage, await stage.world.ca.issue({ names: ["hosted.example"] }), "hosted.example");
  assert.equal(stage.world.dns.asked(tlsaOwner("xmpp.plain.example"), "TLSA").length, 0);
});

const PINNED: Record<string, () => Promise<Identity>> = {
  "self-signed": () => selfSigned({ names: [ORIGINATING] }),
  "expired": () => selfSigned({ names: [ORIGINATING], ...EXPIRED }),
  "for another name": () => selfSigned({ names: ["evil.example"] }),
};
for (const [what, issue] of Object.entries(PINNED)) {
  Deno.test(`DAN-3: a pinned key will do in a certificate that is ${what}`, async () => {
    const shown = await issue();
    await using stage = await staged([tlsa("3 1 1", shown)]);
    await arrives(stage, shown);
  });
}

Deno.test("cause dane.mismatch: DAN-4: none matches: refused, though PKIX would pass", async () => {
  const other = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", other)]);
  await isRefused(stage, stage.world.originating);
  await stage.server.told({ event: "connection.failed", cause: "dane.mismatch" });
});

Deno.test("DAN-4: nor on a classic stream, nor under a policy that takes dialback", async () => {
  const other = await selfSigned({ names: [ORIGINATING] });
  await using stage = await staged([tlsa("3 1 1", other)], {
    settings: { policy: { proof: "encrypted" } },
  });
  await isRefused(stage, await stage.world.ca.issue({ names: ["sender.example"] }));
});

interface Anchored {
  readonly sent: (ta: Authority, name: string) => Promise<Identity>;
  readonly name: string;
  readonly passes: boolean;
}

/** With the anchor behind the leaf. */
async function withAnchor(ta: Authority, name: string): Promise<Identity> {
  const { certificate, key } = await ta.issue({ names: [name] });
  return { certificate: `${certificate}${ta.pem}\n`, key };
}

const ANCHORED: Record<string, Anchored> = {
  "the anchor sent, the right name": { sent: withAnchor, name: ORIGINATING, passes: true },
  "the anchor sent, another name": { sent: withAnchor, name: "evil.example", passes: false },
  "no anchor, the right name": {
    sent: (ta, name) => ta.issue({ names: [name] }),
    name: ORIGINATING,
    passes: false,
  },
  "no anchor, another name": {
    sent: (ta, name) => ta.issue({ names: [name] }),
    name: "evil.example",
    passes: false,
  },
};
for (const [what, { sent, name, passes }] of Object.entries(ANCHORED)) {
  Deno.test(`DAN-5: 2 0 1: ${what}`, async () => {
    const ta = await Authority.root("Their Root");
    const shown = await sent(ta, name);
    await using stage = await staged([tlsa("2 0 1", ta.pem)]);
    await (passes ? arrives : isRefused)(stage, shown);
  });
}

Deno.test("DAN-5: 2 0 0 holds the anchor whole, so it need not be sent (RFC 7671 5.2.2)", async () => {
  const ta = await Authority.root("Their Root");
  const intermediate = await ta.intermediate();
  const shown = await intermediate.issue({ names: ["sender.example"] });
  await using stage = await staged([tlsa("2 0 0", ta.pem)]);
  await arrives(stage, shown);
});

Deno.test("DAN-6: bogus TLSA of one target: the next one is tried, this one never", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      world.machine("xmpp9.damaged.example", 19);
      world.zone("damaged.example")
        .set(tlsaOwner("xmpp9.damaged.example"), "TLSA", [tlsa("3 1 1", world.receiving)])
        .damage(tlsaOwner("xmpp9.damaged.example"), "TLSA", "corrupt");
      const first = { target: "xmpp9.damaged.example", priority: 1 };
      world.delegate(world.zone("sender.example"), [first, { target: ORIGINATING, priority: 2 }]);
    },
  });
  const trap = Deno.listen({ hostname: stage.world.ip(19), port: 5269 });
  let caught = 0;
  trap.accept().then((conn) => (caught++, conn.close())).catch(() => {});
  await arrives(stage, stage.world.originating);
  trap.close();
  assert.equal(caught, 0);
});

Deno.test("DAN-6: TLSA that is not answered skips the endpoint as well", async () => {
  await using stage = await Stage.open();
  stage.world.dns.fail(OWNER, "TLSA", { kind: "servfail" });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await bounced(juliet, "m1", "remote-server-not-found", "wait");
  assert.equal(stage.peer.count, 0);
});

Deno.test("DAN-7: records that nobody can use leave names and chains to decide; TLS stays", async () => {
  await using stage = await staged((world) => [{ ...tlsa("3 1 1", world.receiving), usage: 9 }]);
  await arrives(stage, stage.world.originating);
});

for (
  const [what, right, passes] of [
    ["3 1 1 wrong, 3 1 2 right", "3 1 2", true],
    ["3 1 1 right, 3 1 2 wrong", "3 1 1", false],
  ] as const
) {
  Deno.test(`DAN-8: ${what}`, async () => {
    const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: [ORIGINATING] })));
    const wrong = right === "3 1 1" ? "3 1 2" : "3 1 1";
    await using stage = await staged([tlsa(right, shown!), tlsa(wrong, other!)]);
    await (passes ? arrives : isRefused)(stage, shown!);
  });
}

Deno.test("3.4: an alias as SRV target: the expanded name's records come first, then the target's own (RFC 7671 7)", async () => {
  const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: ["anything.example"] })));
  await using stage = await Stage.open({
    prepare: (world) => {
      const zone = world.addZone("alias.example");
      for (const name of ["one", "two"]) zone.set(`${name}.alias.example`, "CNAME", [ORIGINATING]);
      zone.set(tlsaOwner("one.alias.example"), "TLSA", [tlsa("3 1 1", other!)]);
      publish(world, [tlsa("3 1 1", shown!)]);
      world.customer("first.example", ["one.alias.example"]);
    },
  });
  await arrives(stage, shown!, "first.example");
  assert.equal(stage.world.dns.asked(tlsaOwner("one.alias.example"), "TLSA").length, 0);
});

Deno.test("3.4: without SRV the domain's own records count where its absence is proven", async () => {
  const shown = await selfSigned({ names: ["anything.example"] });
  await using stage = await Stage.open({
    prepare: (world) => {
      const zone = world.addZone("bare.example");
      zone.set("bare.example", "A", [world.peerIp]);
      zone.set(tlsaOwner("bare.example"), "TLSA", [tlsa("3 1 1", shown)]);
    },
  });
  await arrives(stage, shown, "bare.example");
});

/** The peer asks with this certificate, on a classic stream. */
async function asks(stage: Stage, identity: Identity, sender = "sender.example") {
  const o = await stage.dial();
  await openSecured(o, { from: sender, to: "target.example" }, { identity, serverName: RECEIVING });
  o.send(request(sender, "target.example"));
  return o;
}

Deno.test("DAN-9: a client certificate that matches the records of the sender's machine is valid", async () => {
  const shown = await selfSigned({ names: ["anything.example"] });
  await using stage = await staged([tlsa("3 1 1", shown)]);
  const o = await asks(stage, shown);
  await o.verdict("sender.example", "target.example", "valid");
  await stage.server.told({ event: "pair.granted", prooftype: "dane", dns: "secure" });
});

Deno.test("DAN-9: of several machines the records of each count; of a bogus SRV none", async () => {
  const shown = await selfSigned({ names: ["anything.example"] });
  await using stage = await staged([tlsa("3 1 1", shown)], {
    prepare: (world) => {
      world.machine("xmpp9.elsewhere.example", 19);
      world.zone("elsewhere.example").set(tlsaOwner("xmpp9.elsewhere.example"), "TLSA", [
        tlsa("3 1 1", world.receiving),
      ]);
      world.delegate(world.zone("sender.example"), ["xmpp9.elsewhere.example", ORIGINATING]);
    },
  });
  const o = await asks(stage, shown);
  await o.verdict("sender.example", "target.example", "valid");
  const other = await asks(stage, shown, "bogus.example");
  await other.denial("bogus.example", "target.example", "auth", "not-authorized");
});

Deno.test("DAN-9: the records of a machine stand at the port that its SRV names, and only without SRV at 5269 (TF-4)", async () => {
  const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: ["anything.example"] })));
  await using stage = await staged([tlsa("3 1 1", other!)], {
    prepare: (world) => {
      world.zone("originating.example").set(tlsaOwner(ORIGINATING, 5270), "TLSA", [tlsa("3 1 1", shown!)]);
      world.delegate(world.zone("sender.example"), [{ target: ORIGINATING, port: 5270 }]);
      const zone = world.addZone("bare.example");
      zone.set("bare.example", "A", [world.peerIp]);
      zone.set(tlsaOwner("bare.example"), "TLSA", [tlsa("3 1 1", shown!)]);
    },
  });
  for (const sender of ["sender.example", "bare.example"]) {
    const o = await asks(stage, shown!, sender);
    await o.verdict(sender, "target.example", "valid");
  }
  // other-sender.example is delegated to the same machine at 5269, whose records are of another key.
  const o = await asks(stage, shown!, "other-sender.example");
  await o.denial("other-sender.example", "target.example", "auth", "not-authorized");
});

Deno.test("DAN-10: a mismatch is not negative by default, and is under enforce", async () => {
  for (const [mode, passes] of [["positive", true], ["enforce", false]] as const) {
    await using stage = await staged((world) => [tlsa("3 1 1", world.receiving)], {
      settings: { policy: { dane_inbound: mode } },
    });
    const o = await asks(stage, await stage.world.ca.issue({ names: ["sender.example"] }));
    if (passes) await o.verdict("sender.example", "target.example", "valid");
    else await o.denial("sender.example", "target.example", "auth", "not-authorized");
  }
});

Deno.test("3.8: bogus TLSA of the sender's machine closes what comes after it (TF-2)", async () => {
  await using stage = await staged((world) => [tlsa("3 1 1", world.receiving)], {
    prepare: (world) => void world.zone("originating.example").damage(OWNER, "TLSA", "corrupt"),
    settings: { policy: { proof: "encrypted" } },
  });
  const o = await asks(stage, await selfSigned({ names: [ORIGINATING] }));
  await o.denial("sender.example", "target.example", "auth", "not-authorized");
});

Deno.test("3.9: a proof by DANE is looked at again, and ends when the records move on", async () => {
  const [shown, other] = await Promise.all([1, 2].map(() => selfSigned({ names: ["anything.example"] })));
  await using stage = await Stage.open({
    settings: { limits: { recheck_min: "300ms" } },
    prepare: (world) => {
      world.zone("originating.example").set(OWNER, "TLSA", [tlsa("3 1 1", shown!)], 1);
      world.delegate(world.zone("sender.example"), [ORIGINATING], 1);
    },
  });
  const o = await asks(stage, shown!);
  await o.verdict("sender.example", "target.example", "valid");
  await stage.server.told({ event: "proof.rechecked", outcome: "held", prooftype: "dane" });
  stage.world.zone("originating.example").set(OWNER, "TLSA", [tlsa("3 1 1", other!)], 1);
  await stage.server.told({ event: "pair.revoked", cause: "dane.mismatch" });
});

Deno.test("10: the records of at most four machines are asked for one request (LIM-13)", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      const names = Array.from({ length: 6 }, (_, n) => `xmpp${n}.many.example`);
      for (const [n, name] of names.entries()) world.machine(name, 100 + n);
      world.customer("many-sender.example", names);
    },
  });
  const o = await asks(stage, await selfSigned({ names: ["anything.example"] }), "many-sender.example");
  await o.denial("many-sender.example", "target.example", "auth", "not-authorized");
  const asked = stage.world.dns.log.filter(({ type }) => type === "TLSA");
  assert.equal(new Set(asked.map(({ name }) => name)).size, 4);
  assert.ok(stage.world.dns.asked(srvOwner("many-sender.example"), "SRV").length > 0);
});
