/** What one request may cost, and what ten thousand may (protocol.md 10; LIM-13, DB-22). */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { selfSigned } from "../harness/certificates.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { Listener } from "../peer/peer.ts";
import { NS } from "../peer/names.ts";
import { acceptSecured, FEATURE, openSecured, request } from "../peer/stream.ts";
import { calledBack, refuseServerNames, reply } from "./acts.ts";
import { blackhole } from "./blackhole.ts";

const TARGET = "target.example";
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";

/** A classic stream of a peer whose certificate proves nothing. */
async function unproven(stage: Stage, sender: string): Promise<Conversation> {
  const o = await stage.dial();
  const identity = await selfSigned({ names: ["nobody.example"] });
  await openSecured(o, { from: sender, to: TARGET }, { identity, serverName: RECEIVING });
  return o;
}

const TARGETS = 12;
const machine = (n: number): string => `x${n}.many-hosts.example`;

/** Of no certificate at all. */
const NOBODYS = { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.alloc(32) };

/** A domain with a dozen servers, each in DNS with address and TLSA; none of them lets anybody in. */
function manyServers(world: World): void {
  const zone = world.addZone("many-hosts.example");
  for (let n = 0; n < TARGETS; n++) {
    zone.set(machine(n), "A", [world.ip(100 + n)]);
    zone.set(`_5269._tcp.${machine(n)}`, "TLSA", [{ ...NOBODYS }]);
  }
  world.customer(
    "many.example",
    Array.from({ length: TARGETS }, (_, n) => ({ target: machine(n), priority: n })),
  );
}

/** Distinct questions that a request may cause, from log entry `since` on; a re-sent packet is none (protocol.md 10). */
function asked(stage: Stage, since: number, ...types: string[]): string[] {
  const questions = stage.world.dns.log.slice(since)
    .filter(({ type, name }) => types.includes(type) && name !== TARGET);
  return [...new Set(questions.map(({ name, type }) => `${name} ${type}`))];
}

Deno.test("LIM-13: one request about a domain with a dozen dead servers: bounded questions, one connection", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    prepare: manyServers,
  });
  const listeners = await Promise.all(
    Array.from({ length: TARGETS }, (_, n) => Listener.listen(stage.world.ip(100 + n), 5269, machine(n))),
  );
  await using stack = new AsyncDisposableStack();
  for (const listener of listeners) stack.use(listener);
  // The header's name is looked up too, at its own expense: it is another one.
  const o = await unproven(stage, "sender.example");
  const before = stage.world.dns.log.length;
  o.send(request("many.example", TARGET, KEY));
  const called = await Promise.race(listeners.map((listener) => listener.accept()));
  called.wire.destroy();
  await o.denial("many.example", TARGET, "wait", "remote-server-timeout");
  assert.deepEqual(asked(stage, before, "SRV").sort(), [
    "_xmpp-server._tcp.many.example SRV",
    "_xmpps-server._tcp.many.example SRV",
  ]);
  const [addresses, tlsa] = [asked(stage, before, "A", "AAAA"), asked(stage, before, "TLSA")];
  assert.ok(addresses.length <= 8, addresses.join());
  assert.ok(tlsa.length > 0 && tlsa.length <= 8, tlsa.join());
  assert.equal(listeners.reduce((sum, { count }) => sum + count, 0), 1);
});

/** The ways to the sender's own server, of which only one leads there. */
const WAYS: Record<string, (world: World, port: number) => void> = {
  "a dead machine, and one of the next priority": (world, port) => {
    world.machine("dead.elsewhere.example", 99); // nobody listens there
    world.delegate(world.zone("sender.example"), [
      { target: "dead.elsewhere.example", priority: 1 },
      { target: ORIGINATING, port, priority: 2 },
    ]);
  },
  "a machine whose first two addresses are dead": (world, port) => {
    world.zone("sender.example").set("m.sender.example", "A", [world.ip(98), world.ip(99), world.peerIp]);
    world.delegate(world.zone("sender.example"), [{ target: "m.sender.example", port }]);
  },
  "an IPv6 address that swallows everything": (world, port) => {
    const zone = world.zone("sender.example").set("m.sender.example", "A", [world.peerIp]);
    zone.set("m.sender.example", "AAAA", ["::1"]);
    world.delegate(zone, [{ target: "m.sender.example", port }]);
  },
};

for (const [what, prepare] of Object.entries(WAYS)) {
  Deno.test(`DNS-8 DNS-9: the question finds its way at once: ${what}`, async () => {
    await using hole = await blackhole();
    const { port } = hole;
    // Whoever waited for a dead address would wait longer than this test.
    const limits = { connect_timeout: "10m", connect_total: "1h" };
    await using stage = await Stage.open({
      settings: { policy: { proof: "encrypted" }, limits },
      prepare: (world) => prepare(world, port),
    });
    await using authoritative = await Listener.listen(stage.world.peerIp, port, "authoritative");
    const o = await unproven(stage, "sender.example");
    o.send(request("sender.example", TARGET, KEY));
    const a = await authoritative.accept();
    const identity = await selfSigned({ names: ["nobody.example"] });
    await acceptSecured(a, { tls: { identity }, features: [FEATURE.dialback] });
    a.send(reply(await a.element(NS.db, "verify"), "valid"));
    await o.verdict("sender.example", TARGET, "valid");
    assert.equal(authoritative.count, 1);
  });
}

Deno.test("LIM-13: one request tries four addresses at most for its connection; the next one tries those first that were not tried", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    prepare: (world) => {
      const addresses = [91, 92, 93, 94, 95].map((octet) => world.ip(octet));
      world.zone("sender.example").set("m.sender.example", "A", [...addresses, world.peerIp]);
      world.delegate(world.zone("sender.example"), ["m.sender.example"]);
    },
  });
  const o = await unproven(stage, "sender.example");
  o.send(request("sender.example", TARGET, KEY));
  await o.denial("sender.example", TARGET, "wait", "remote-server-timeout");
  assert.equal(stage.peer.count, 0);
  o.send(request("sender.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("sender.example", TARGET, "valid");
});

Deno.test("LIM-13: a server that takes TCP and then fails is not replaced within the request, but in the next", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    prepare: (world) => {
      world.machine("broken.elsewhere.example", 99);
      world.delegate(world.zone("sender.example"), [
        { target: "broken.elsewhere.example", priority: 1 },
        { target: ORIGINATING, priority: 2 },
      ]);
    },
  });
  await using broken = await Listener.listen(stage.world.ip(99), 5269, "broken", (r) => r.wire.destroy());
  const o = await unproven(stage, "sender.example");
  o.send(request("sender.example", TARGET, KEY));
  await o.denial("sender.example", TARGET, "wait", "remote-server-timeout");
  assert.deepEqual([broken.count, stage.peer.count], [1, 0]);
  o.send(request("sender.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("sender.example", TARGET, "valid");
  assert.equal(broken.count, 1);
});

Deno.test("LIM-13: what a machine does with one domain is not held against another that it serves", async () => {
  await using stage = await Stage.open({
    settings: { policy: { proof: "encrypted" } },
    prepare: (world) => {
      world.machine("spare.elsewhere.example", 99);
      world.customer("stray.example");
      world.delegate(world.zone("sender.example"), [
        { target: ORIGINATING, priority: 1 },
        { target: "spare.elsewhere.example", priority: 2 },
      ]);
    },
  });
  await using spare = await Listener.listen(stage.world.ip(99), 5269, "spare");
  const stranger = await unproven(stage, "stray.example");
  stranger.send(request("stray.example", TARGET, KEY));
  await refuseServerNames(stage, "host-unknown");
  await stranger.denial("stray.example", TARGET, "cancel", "remote-server-not-found");
  const o = await unproven(stage, "sender.example");
  o.send(request("sender.example", TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict("sender.example", TARGET, "valid");
  assert.equal(spare.count, 0);
});

const FLOOD = 10_000;
/** The default of `limits.verify_connections`. */
const VERIFY_CONNECTIONS = 100;
const AT_ONCE = 500;
/** Nothing else stands in the flood's way: not the rates, not the pending limits. */
const unhindered: StageOptions = {
  settings: {
    policy: { proof: "encrypted" },
    limits: {
      proof_requests_per_second: 1_000_000,
      pending_requests: 10_000,
      proofs_per_address: 500,
      denials_per_minute: 1_000_000,
      closing_timeout: "500ms",
    },
  },
  prepare: (world) => {
    const zone = world.addZone("flood.example", { signed: false });
    zone.set("*.flood.example", "SRV", [{ target: ORIGINATING, port: 5269, priority: 1, weight: 0 }], 1);
  },
};

Deno.test("DB-22: ten thousand requests for random domains: never more than 100 questions at once, memory bounded", async () => {
  await using stage = await Stage.open(unhindered);
  const o = await stage.initiateWith();
  let [most, unanswered, half] = [0, 0, 0];
  for (let sent = 0; sent < FLOOD; sent += AT_ONCE) {
    const senders = Array.from({ length: AT_ONCE }, () => `r${crypto.randomUUID()}.flood.example`);
    o.send(senders.map((sender) => request(sender, TARGET, KEY)).join(""));
    // Their server accepts and stays silent: whoever is called back keeps its place for as long as may be.
    for (unanswered += AT_ONCE; unanswered > VERIFY_CONNECTIONS; unanswered--) {
      await o.anyElement("a verdict", 60_000);
    }
    const rows = await stage.server.connections();
    most = Math.max(most, rows.filter(({ purpose }) => purpose === "verify").length);
    if (sent === FLOOD / 2) half = await stage.server.residentBytes();
  }
  assert.equal(most, VERIFY_CONNECTIONS);
  // The first half fills what is bounded: the ring of events, the caches of DNS.
  const grown = await stage.server.residentBytes() - half;
  assert.ok(grown < 200 * 2 ** 20, `the second half of the flood grew the server by ${grown} bytes`);
});
