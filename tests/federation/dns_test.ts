/** DNS as it decides where a stanza goes, and whether it goes at all (protocol.md 5). */
import assert from "node:assert/strict";
import { granted, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, srvOwner, type World } from "../harness/world.ts";
import { Listener } from "../peer/peer.ts";
import { request } from "../peer/stream.ts";
import { arrival, bounced, grant } from "./acts.ts";

/** A message to a domain that nothing may be sent to: the bounce, and that no connection was tried. */
interface Refused {
  readonly domain: string;
  readonly prepare?: (world: World) => void;
  readonly condition?: string;
  readonly type: "wait" | "cancel";
  readonly settings?: StageOptions["settings"];
}

/** 5.10: how long a DNS failure is remembered, and some patience. */
const FAILURE_MS = 45_000;

const damaged = (how: "expired" | "future" | "strip" | "corrupt") => (world: World) =>
  void world.customer("damaged.example").damage(srvOwner("damaged.example"), "SRV", how);

const REFUSED: Record<string, Refused> = {
  "DNS-4: a single SRV with target .": {
    domain: "refusing.example",
    prepare: (world) => void world.customer("refusing.example", [{ target: ".", port: 0 }]),
    type: "cancel",
  },
  "DNS-12: an expired signature": { domain: "damaged.example", prepare: damaged("expired"), type: "wait" },
  "DNS-12: a signature from the future": {
    domain: "damaged.example",
    prepare: damaged("future"),
    type: "wait",
  },
  "DNS-13: a stripped signature": { domain: "damaged.example", prepare: damaged("strip"), type: "wait" },
  "DNS-15: a corrupt signature": { domain: "damaged.example", prepare: damaged("corrupt"), type: "wait" },
  "DNS-15: a forged proof that the zone is unsigned": {
    domain: "sender.example",
    prepare: (world) => {
      // The DS answer becomes "none here" with a broken signature on its proof, and the zone's answers lose theirs.
      world.zone("example").damage("sender.example", "NSEC", "corrupt");
      world.zone("sender.example").secureDelegation = false;
      world.zone("sender.example").signed = false;
    },
    type: "wait",
  },
  "DNS-15: an unsigned answer without any proof": {
    domain: "sender.example",
    prepare: (world) => {
      for (const type of ["DS", "DNSKEY"] as const) {
        world.dns.fail("sender.example", type, {
          kind: "forge",
          with: () => ({ rcode: "NOERROR", answers: [], authorities: [] }),
        });
      }
      world.zone("sender.example").damage(srvOwner("sender.example"), "SRV", "strip");
    },
    type: "wait",
  },
  "DNS-23 DNS-16: a name that does not exist": { domain: "missing.example", type: "cancel" },
  "DNS-16: a name that does not exist, by NSEC3": {
    domain: "missing.hashed.example",
    prepare: (world) => void world.addZone("hashed.example", { denial: "nsec3" }),
    type: "cancel",
  },
  "DNS-24: a loop of aliases": {
    domain: "loop.example",
    prepare: (world) => {
      const zone = world.addZone("loop.example");
      zone.set(srvOwner("loop.example"), "CNAME", ["b.loop.example"]);
      zone.set("b.loop.example", "CNAME", [srvOwner("loop.example")]);
    },
    type: "wait",
  },
  "DNS-24: a chain of twenty aliases": {
    domain: "chain.example",
    prepare: (world) => {
      const zone = world.addZone("chain.example");
      zone.set(srvOwner("chain.example"), "CNAME", ["c0.chain.example"]);
      for (let n = 0; n < 20; n++) zone.set(`c${n}.chain.example`, "CNAME", [`c${n + 1}.chain.example`]);
      zone.set("c20.chain.example", "SRV", [{ priority: 1, weight: 0, port: 5269, target: ORIGINATING }]);
    },
    type: "wait",
  },
  "DNS-25: private addresses, by default": {
    domain: "sender.example",
    settings: { dial: { allow_private_addresses: false } },
    condition: "remote-server-timeout",
    type: "wait",
  },
};

for (const [what, { domain, prepare, condition, type, settings }] of Object.entries(REFUSED)) {
  Deno.test(`${what}: no connection, the sender gets an error of type ${type}`, async () => {
    await using stage = await Stage.open({ prepare, settings });
    await using juliet = await stage.component();
    juliet.say("juliet", `romeo@${domain}`, "m1");
    await bounced(juliet, "m1", condition ?? "remote-server-not-found", type);
    assert.equal(stage.peer.count, 0);
  });
}

Deno.test("DNS-6: an SRV whose target cannot be reached: no fallback to the domain's own address", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      const zone = world.customer("stuck.example", [{ target: ORIGINATING, port: 1 }]);
      zone.set("stuck.example", "A", [world.peerIp]);
    },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@stuck.example", "m1");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNS-8: dead addresses, then the next target", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      world.machine("dead.elsewhere.example", 31);
      world.zone("elsewhere.example").set("dead.elsewhere.example", "A", [world.ip(31), world.ip(32)]);
      world.customer("patient.example", [
        { target: "dead.elsewhere.example", priority: 1 },
        { target: ORIGINATING, priority: 2 },
      ]);
    },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@patient.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "patient.example");
  await r.message({ id: "m1" });
});

Deno.test("DNS-10: an alias at the SRV owner is followed; the request stays for the domain itself", async () => {
  await using stage = await Stage.open({
    prepare: (world) =>
      void world.addZone("alias.example").set(srvOwner("alias.example"), "CNAME", [
        srvOwner("sender.example"),
      ]),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@alias.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "alias.example");
  await r.message({ id: "m1" });
  const o = await stage.initiateWith("alias.example", "other-target.example");
  assert.ok(o);
});

Deno.test("DNS-10: an alias through an unsigned zone is not secure: the request is not authorized", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      world.zone("unsigned.example").set("hop.unsigned.example", "CNAME", [srvOwner("sender.example")]);
      world.addZone("mixed.example").set(srvOwner("mixed.example"), "CNAME", ["hop.unsigned.example"]);
    },
  });
  const { o } = await stage.initiate();
  o.send(request("mixed.example", "target.example"));
  await o.denial("mixed.example", "target.example", "auth", "not-authorized");
});

Deno.test("DNS-11 RTE-13: a mixed-case SRV target validates (the trap of vector C.3) and matches", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("capitals.example", ["XMPP1.Originating.example"]),
  });
  await using juliet = await stage.component();
  await stage.initiateWith("capitals.example", "target.example");
  juliet.say("juliet", "romeo@capitals.example", "m1");
  const { r, secured } = await arrival(stage);
  assert.equal(secured.attributes.to, ORIGINATING);
  await grant(r, "target.example", "capitals.example");
});

Deno.test("DNS-16: signed by a zone with NSEC3: the pair is granted, the absence is proven", async () => {
  await using stage = await Stage.open({
    prepare: (world) => void world.customer("hashed.example", [ORIGINATING], { denial: "nsec3" }),
  });
  const { o } = await stage.initiate();
  await granted(o, "hashed.example", "target.example");
  o.send(request("missing.hashed.example", "target.example"));
  await o.denial("missing.hashed.example", "target.example", "cancel", "remote-server-not-found");
});

Deno.test("DNS-20: SERVFAIL bounces (wait); when DNS is back, a later stanza goes through", async () => {
  await using stage = await Stage.open({
    settings: { limits: { backoff_max: "1s", negative_pair: "1s" } },
    prepare: (world) => world.dns.fail(srvOwner("sender.example"), "SRV", { kind: "servfail" }),
  });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m0");
  await bounced(juliet, "m0", "remote-server-not-found", "wait");
  stage.world.dns.heal(srvOwner("sender.example"), "SRV");
  // The failure may be remembered for 30 s (5.10): the user tries again after every bounce.
  for (let n = 1; stage.peer.count === 0; n++) {
    juliet.say("juliet", "romeo@sender.example", `m${n}`);
    await Promise.race([juliet.message({ id: `m${n}`, type: "error" }), stage.peer.arrived(1, FAILURE_MS)]);
  }
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message();
});

Deno.test("DNS-24: a resolver that never answers: the sender knows within dns_timeout", async () => {
  await using stage = await Stage.open({
    settings: { limits: { dns_timeout: "2s", dns_query_timeout: "1s" } },
  });
  await using juliet = await stage.component();
  stage.world.dns.outage();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await bounced(juliet, "m1", "remote-server-not-found", "wait");
  const { o } = await stage.initiate();
  o.send(request("other-sender.example", "target.example"));
  await o.denial("other-sender.example", "target.example", "wait", "remote-server-timeout");
});

Deno.test("DNS-25: with private addresses refused, a private target is skipped and a listener there sees nothing", async () => {
  await using stage = await Stage.open({
    settings: { dial: { allow_private_addresses: false } },
    prepare: (world) => {
      world.machine("inner.elsewhere.example", 33);
      world.zone("elsewhere.example").set("inner.elsewhere.example", "A", [
        world.ip(33),
        "10.0.0.1",
        "169.254.1.1",
      ]);
      world.customer("inner.example", ["inner.elsewhere.example"]);
    },
  });
  await using listener = await Listener.listen(stage.world.ip(33), 5269);
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@inner.example", "m1");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(listener.count, 0);
});

Deno.test("the two DNSSEC validators disagree: no connection, a warning of its own with the second one's words, in the pair's trace", async () => {
  const remote = "deep.between.example";
  await using stage = await Stage.open({
    prepare: (world) => {
      world.customer(remote);
      // Only the second one asks for a DS at a name that is no zone: neither an answer nor a proof is no way down to it.
      const nothing = { answers: [], authorities: [] };
      world.dns.fail("between.example", "DS", {
        kind: "forge",
        with: (answer) => ({ ...answer, ...nothing }),
      });
    },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${remote}`, "m1");
  await bounced(juliet, "m1", "remote-server-not-found", "wait");
  const line = await stage.server.told({ event: "dns.witness" });
  const { level, cause, fault, name, type, why, pair } = line;
  assert.deepEqual([level, cause, fault, name, type, pair], [
    ...["warning", "dns.witness", "us", `_xmpp-server._tcp.${remote}`, "SRV"],
    `target.example ${remote}`,
  ]);
  assert.match(why, /the second validator calls it bogus/);
  const { events } = await stage.server.api(`/routes/target.example/${remote}/events`);
  assert.ok(events.some((event: { type: string }) => event.type === "dns.witness"));
  assert.equal((await stage.server.route("target.example", remote))?.reason, "dns.witness");
});
