/** When a peer that does not answer, or that was lost, is dialled again (protocol.md 8.4, 4.8). */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, S2S_PORT, srvOwner, type World } from "../harness/world.ts";
import type { Component } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Identity } from "../peer/wire.ts";
import { Listener } from "../peer/peer.ts";
import { acceptSecured, CLOSING } from "../peer/stream.ts";
import { arrival, bounced, grant, ping } from "./acts.ts";

const SECOND = 1000, MINUTE = 60 * SECOND;
const TARGET = "target.example", SENDER = "sender.example";
const ROMEO = `romeo@${SENDER}`;

/** How many connection attempts of the server failed so far. */
const dials = (stage: Stage): number =>
  stage.server.log.filter(({ json }) => json?.event === "connection.failed" && json.direction === "out")
    .length;

/** What the clock started has had its real time too. */
async function second(stage: Stage, ms = SECOND): Promise<void> {
  await stage.server.advance(ms);
  await stage.server.connections();
}

const shutdown = (condition = "system-shutdown") =>
  `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>${CLOSING}`;

Deno.test("SM-16: refused TCP: tried again only on demand, after at most 2, 4, 8 .. 300 s", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  await stage.peer[Symbol.asyncDispose](); // nobody listens there any more
  juliet.say("juliet", ROMEO, "m0");
  await bounced(juliet, "m0", "remote-server-timeout", "wait");
  assert.equal(dials(stage), 1);
  await second(stage, 60 * MINUTE);
  assert.equal(dials(stage), 1, "without demand");

  /** When each was, by the clock of the test, in seconds. */
  const at: number[] = [];
  for (let now = 0; now < 1500; now += 5) {
    juliet.say("juliet", ROMEO, `m${now}`);
    await handled(juliet);
    await stage.server.advance(5 * SECOND);
    await stage.server.eventually("the attempt is over", async () => {
      const route = await stage.server.route(TARGET, SENDER);
      return route === undefined || route.state === "backoff";
    });
    while (at.length < dials(stage) - 1) at.push(now);
  }
  assert.ok(at.length >= 6, `${at.length} dials in 25 minutes`);
  for (let n = 1; n < at.length; n++) {
    const most = Math.min(300, 2 ** (n + 1));
    assert.ok(at[n]! - at[n - 1]! <= most + 10, `dial ${n} after ${at[n]! - at[n - 1]!} s, at most ${most}`);
  }
  // Full jitter is half of the bound on average.
  assert.ok(at.at(-1)! - at[0]! > 200, `${at}`);
});

for (const signed of [true, false]) {
  const kind = signed ? "signed, one stream for all" : "unsigned, a stream for each";
  Deno.test(`SM-16: thirty pairs of a dead provider make one attempt at a time (${kind}), and all come back with it`, async () => {
    const domains = Array.from({ length: 30 }, (_, n) => `d${n}.many.example`);
    await using stage = await Stage.open({
      movedClock: true,
      prepare: (world) => {
        const zone = world.addZone("many.example", { signed });
        const srv = [{ target: ORIGINATING, port: S2S_PORT, priority: 10, weight: 0 }];
        for (const domain of domains) zone.set(srvOwner(domain), "SRV", srv);
      },
    });
    await using juliet = await stage.component();
    await stage.peer[Symbol.asyncDispose]();
    for (let n = 0; n < 30; n++) {
      for (const domain of domains) juliet.say("juliet", `romeo@${domain}`, domain);
      await second(stage);
    }
    const attempts = dials(stage);
    // In half a minute 2, 4, 8, 16 s and whatever jitter leaves of them; every second thirty stanzas wanted one.
    assert.ok(attempts >= 2 && attempts <= 12, `${attempts} attempts`);

    await using again = await Listener.listen(stage.world.peerIp, S2S_PORT, "again");
    for (let n = 0; n < 300 && again.count === 0; n++) {
      juliet.say("juliet", `romeo@${domains[0]}`, "back");
      await second(stage);
    }
    assert.ok(again.count > 0);
  });
}

Deno.test("SM-16: a dead machine that is left alone holds up no pair that has a living one too", async () => {
  await using stage = await Stage.open({
    movedClock: true,
    prepare: (world) => {
      world.machine("dead.provider.example", 31);
      world.customer("dead-only.example", ["dead.provider.example"]);
      world.customer("both.example", [
        { target: "dead.provider.example", priority: 1 },
        { target: ORIGINATING, priority: 2 },
      ]);
    },
  });
  await using juliet = await stage.component();
  for (let n = 0; n < 6; n++) {
    juliet.say("juliet", "romeo@dead-only.example", `m${n}`);
    await bounced(juliet, `m${n}`, "remote-server-timeout", "wait");
    await stage.server.advance(MINUTE);
  }
  juliet.say("juliet", "romeo@dead-only.example", "last");
  await bounced(juliet, "last", "remote-server-timeout", "wait");
  juliet.say("juliet", "romeo@both.example", "m1"); // no clock is moved
  const { r } = await arrival(stage);
  await grant(r, TARGET, "both.example");
  await r.message({ id: "m1" });
});

Deno.test("SM-16: at once after a loss, but within a minute at random when the peer shuts down", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const r = await delivered(stage, juliet, "m1");
  r.wire.reset();
  await stage.server.connected(0);
  const again = await delivered(stage, juliet, "m2"); // no clock was moved
  again.send(shutdown());
  await again.farewell();
  await stage.server.connected(0);
  const connections = stage.peer.count;
  juliet.say("juliet", ROMEO, "m3");
  await waiting(stage, SENDER);
  assert.equal(stage.peer.count, connections);
  for (let n = 0; n < 60 && stage.peer.count === connections; n++) await second(stage);
  const { r: third } = await arrival(stage);
  await grant(third, TARGET, SENDER);
  await third.message({ id: "m3" });
});

Deno.test("SM-16, RTE-11: what waits for a machine that is left alone is bounced in its time, and then nobody is dialled", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const r = await delivered(stage, juliet, "m1");
  r.send(shutdown("resource-constraint"));
  await r.farewell();
  await stage.server.connected(0);
  const { settings } = stage.server;
  await stage.server.reload({ ...settings, limits: { ...settings.limits, queue_age: "100ms" } });
  juliet.say("juliet", ROMEO, "m2");
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
  const connections = stage.peer.count; // the machine's time may have been over as soon as that
  await stage.server.reload(settings);
  for (let n = 0; n < 70; n++) await second(stage);
  assert.equal(stage.peer.count, connections);
  await delivered(stage, juliet, "m3"); // that is a demand
});

Deno.test("SM-16: an attempt whose turn comes when nobody waits for it any more is not made", async () => {
  await using stage = await Stage.open({
    settings: { limits: { outgoing_in_progress: 1, queue_age: "3s" } },
    prepare: (world) => provider(world, "elsewhere.example", world.ip(101)),
  });
  await using second = await Listener.listen(stage.world.ip(101), S2S_PORT, "second");
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await stage.peer.accept(); // and says nothing: it holds the one place
  juliet.say("juliet", "romeo@elsewhere.example", "m2");
  for (const id of ["m1", "m2"]) await bounced(juliet, id, "remote-server-timeout", "wait");
  r.wire.reset();
  for (const remote of [SENDER, "elsewhere.example"]) {
    await stage.server.eventually(
      "it has given up",
      async () => (await stage.server.route(TARGET, remote))?.state === "backoff",
    );
  }
  // Neither the next rung for the one, nor the first connection for the other.
  assert.deepEqual([stage.peer.count, second.count], [1, 0]);
});

Deno.test("SM-16: what many providers lost together comes back spread over a minute, and nothing of it is bounced", async () => {
  const providers: { domain: string; ip: string }[] = [];
  await using stage = await Stage.open({
    movedClock: true,
    prepare: async (world) => {
      for (let n = 0; n < 7; n++) {
        const [domain, ip] = [`p${n}.example`, await world.elsewhere()];
        provider(world, domain, ip);
        providers.push({ domain, ip });
      }
    },
  });
  await using juliet = await stage.component();
  await using stack = new AsyncDisposableStack();
  const machines: { domain: string; at: Listener; identity: Identity; r: Conversation }[] = [];
  for (const { domain, ip } of providers) {
    const at = stack.use(await Listener.listen(ip, S2S_PORT, domain));
    const identity = await stage.world.ca.issue({ names: [`m.${domain}`] });
    juliet.say("juliet", `romeo@${domain}`, "before");
    machines.push({ domain, at, identity, r: await taken(at, identity, domain, "before") });
  }
  for (const { r } of machines) r.wire.reset(); // the network between is gone
  await stage.server.connected(0);
  for (const { domain } of providers) juliet.say("juliet", `romeo@${domain}`, "after");
  for (const { domain } of providers) await waiting(stage, domain);
  /** After how many seconds each was back. */
  const after = new Map<string, number>();
  for (let n = 0; n <= 60 && after.size < machines.length; n++) {
    await second(stage);
    for (const { domain, at, identity } of machines) {
      if (at.count < 2 || after.has(domain)) continue;
      after.set(domain, n);
      await taken(at, identity, domain, "after");
    }
  }
  const seconds = [...after.values()];
  assert.equal(seconds.length, machines.length, `${seconds}`);
  assert.ok(seconds.at(-1)! - seconds[0]! >= 10, `not spread: ${seconds}`);
});

Deno.test("SM-16: many connections that one remote resets together delay only that remote", async () => {
  const victims = Array.from({ length: 7 }, (_, n) => `e${n}.evil.example`);
  await using stage = await Stage.open({
    movedClock: true,
    prepare: (world) => {
      provider(world, "honest.example", world.ip(101));
      // Unsigned: each has a stream of its own, and each a machine of its own name at the same address.
      const zone = world.addZone("evil.example", { signed: false });
      for (const [n, domain] of victims.entries()) {
        zone.set(srvOwner(domain), "SRV", [{
          target: `m${n}.evil.example`,
          port: S2S_PORT,
          priority: 1,
          weight: 0,
        }]);
        zone.set(`m${n}.evil.example`, "A", [world.peerIp]);
      }
    },
  });
  await using juliet = await stage.component();
  const identity = await stage.world.ca.issue({ names: ["m.honest.example"] });
  await using honest = await Listener.listen(stage.world.ip(101), S2S_PORT, "honest");
  juliet.say("juliet", "romeo@honest.example", "h1");
  const h = await taken(honest, identity, "honest.example", "h1");
  const evil: Conversation[] = [];
  for (const domain of victims) {
    juliet.say("juliet", `romeo@${domain}`, "e1");
    evil.push(await taken(stage.peer, await stage.world.ca.issue({ names: [domain] }), domain, "e1"));
  }
  for (const r of evil) r.wire.reset();
  h.wire.reset();
  await stage.server.connected(0);
  juliet.say("juliet", "romeo@honest.example", "h2"); // no clock is moved
  await taken(honest, identity, "honest.example", "h2");
});

Deno.test("SM-16: a domain that is hosted no more, and a server that stops, dial nobody for what waited", async () => {
  await using stage = await Stage.open({
    movedClock: true,
    settings: { limits: { shutdown_grace: "2s" } },
  });
  await using juliet = await stage.component();
  const r = await delivered(stage, juliet, "m1");
  r.send(shutdown());
  await r.farewell();
  await stage.server.connected(0);
  const connections = stage.peer.count;
  juliet.say("juliet", ROMEO, "m2");
  await waiting(stage, SENDER);
  const { settings } = stage.server;
  await stage.server.reload({ ...settings, domain: settings.domain!.filter(({ name }) => name !== TARGET) });
  await stage.server.eventually(
    "the route is gone",
    async () => await stage.server.route(TARGET, SENDER) === undefined,
  );
  for (let n = 0; n < 61; n++) await second(stage);
  assert.equal(stage.peer.count, connections);

  await using other = await stage.component("other-target.example");
  other.say("juliet", ROMEO, "m3");
  const { r: third } = await arrival(stage);
  await grant(third, "other-target.example", SENDER);
  await third.message({ id: "m3" });
  third.send(shutdown());
  await third.farewell();
  await stage.server.connected(0);
  other.say("juliet", ROMEO, "m4");
  await waiting(stage, SENDER, "other-target.example");
  stage.server.signal("SIGTERM");
  await bounced(other, "m4", "remote-server-timeout", "wait");
  assert.equal(await stage.server.exited, 0);
  assert.equal(stage.peer.count, connections + 1);
});

/** The server has taken all that the component sent. */
async function handled(component: Component): Promise<void> {
  const id = crypto.randomUUID();
  component.send(ping(`juliet@${component.domain}/x`, RECEIVING, id));
  await component.stream.until(({ attributes }) => attributes.id === id, "the ping's answer");
}

/** A domain with one machine of its own. */
function provider(world: World, domain: string, ip: string): void {
  world.customer(domain, [`m.${domain}`]).set(`m.${domain}`, "A", [ip]);
}

/** The next connection there is granted its pair, and its stanza comes. */
async function taken(at: Listener, identity: Identity, domain: string, id: string): Promise<Conversation> {
  const r = await at.accept();
  await acceptSecured(r, { tls: { identity } });
  await grant(r, TARGET, domain);
  await r.message({ id });
  return r;
}

/** A stanza for Romeo opens the pair on a new connection. */
async function delivered(stage: Stage, juliet: Component, id: string): Promise<Conversation> {
  juliet.say("juliet", ROMEO, id);
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id });
  return r;
}

/** One stanza waits for its pair, which waits for its time. */
const waiting = (stage: Stage, remote: string, local = TARGET) =>
  stage.server.eventually(`${local} to ${remote} waits`, async () => {
    const route = await stage.server.route(local, remote);
    return route?.state === "backoff" && route.queued === 1;
  });
