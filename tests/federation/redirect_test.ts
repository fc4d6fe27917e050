/** `see-other-host`: whom the server follows, where to, and what it wants to see there. RFC 6120 4.9.3.19; protocol.md 4.8, STR-35. */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { ORIGINATING, RECEIVING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { Listener } from "../peer/peer.ts";
import { answer, DNA_FEATURES, FEATURE, header, PROCEED, SM, verdict } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import {
  type Arrival,
  arrival,
  assertNothingAsked,
  authenticate,
  bounced,
  calledBack,
  grant,
  refuseServerNames,
} from "./acts.ts";

const TARGET = "target.example", SENDER = "sender.example";
/** Machines of the same provider that no SRV names. */
const B = "b.elsewhere.example", C = "c.elsewhere.example", D = "d.elsewhere.example";
const OCTET = { [B]: 31, [C]: 32, [D]: 33 };

const seeOther = (host: string) =>
  `<stream:error><see-other-host xmlns='${NS.streamErrors}'>${host}</see-other-host></stream:error></stream:stream>`;

/** Sends the server on, and waits until it has let go. */
async function sendTo(r: Conversation, host: string): Promise<void> {
  r.send(seeOther(host));
  if (r.tls === undefined) r.wire.fin();
  else r.wire.closeNotify();
  const { closingTag } = await r.farewell();
  assert.ok(closingTag, r.transcript.toString());
}

/** A provider of several machines, and a stanza for one of its domains. */
class Provider implements AsyncDisposable {
  private constructor(
    readonly stage: Stage,
    /** Where the machines listen that are not named by DNS. */
    readonly at: Readonly<Record<string, Listener>>,
  ) {}

  static async open(options: StageOptions = {}): Promise<Provider> {
    const stage = await Stage.open({
      ...options,
      prepare: async (world) => {
        for (const [name, octet] of Object.entries(OCTET)) world.machine(name, octet, "elsewhere.example");
        await options.prepare?.(world);
      },
    });
    const listening = Object.entries(OCTET).map(async ([name, octet]) =>
      [name, await Listener.listen(stage.world.ip(octet), 5269, name[0])] as const
    );
    return new Provider(stage, Object.fromEntries(await Promise.all(listening)));
  }

  /** The server connects to `listener`, as to any machine. */
  async arrival(listener: Listener, identity: Identity = this.stage.world.originating): Promise<Arrival> {
    return await arrival({ peer: listener, world: this.stage.world }, { tls: { identity } });
  }

  /** Sends the server on right after TLS, before any feature, as a server that is full does. */
  async refer(listener: Listener, host: string): Promise<void> {
    const r = await this.tls(listener, this.stage.world.originating);
    const { attributes: { from, to } } = await r.header();
    r.send(header({ from: to, to: from, id: crypto.randomUUID() }));
    await sendTo(r, host);
  }

  /** TLS and no more. */
  async tls(listener: Listener, identity: Identity): Promise<Conversation> {
    const r = await listener.accept();
    await answer(r, crypto.randomUUID(), [FEATURE.starttls]);
    await r.element(NS.tls, "starttls");
    r.send(PROCEED);
    await r.acceptTls({ identity }).catch(() => {}); // refused inside the handshake
    return r;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of Object.values(this.at)) await listener[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}

const names = ({ attributes: { from, to } }: { attributes: Readonly<Record<string, string>> }) => [from, to];

// -- followed

Deno.test("STR-35 cause redirect.followed: after TLS it goes to host B, asks for the same name, and all goes over there", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(stage.peer, `${B}:5269`);
  const { r, plain, secured } = await provider.arrival(at[B]!);
  assert.deepEqual([names(plain), names(secured)], [[RECEIVING, ORIGINATING], [RECEIVING, ORIGINATING]]);
  assert.equal(r.wire.clientHello?.serverName, ORIGINATING);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  const told = await stage.server.told({ event: "stream.redirected", cause: "redirect.followed" });
  assert.deepEqual([told.from, told.to, told.hop, told.followed], [
    `${ORIGINATING}:5269`,
    `${B}:5269`,
    1,
    true,
  ]);
  assert.equal(stage.peer.count, 1);
  // It is one of the target's machines, also for what comes later.
  juliet.say("juliet", "romeo@other-sender.example", "m2");
  await grant(r, TARGET, "other-sender.example");
  await r.message({ id: "m2" });
});

const PLACES: Record<string, (world: World) => string> = {
  "a domain with a port": () => `${B}:5269`,
  "a domain without": () => B,
  "an IPv4 address with a port": (world) => `${world.ip(31)}:5269`,
  "an IPv4 address without": (world) => world.ip(31),
  "an IPv4 address in brackets, as one of IPv6": (world) => `[::ffff:${world.ip(31)}]:5269`,
};
for (const [what, place] of Object.entries(PLACES)) {
  Deno.test(`STR-35: it follows to ${what}`, async () => {
    await using provider = await Provider.open();
    await using juliet = await provider.stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    await provider.refer(provider.stage.peer, place(provider.stage.world));
    const { r } = await provider.arrival(provider.at[B]!);
    await grant(r, TARGET, SENDER);
    await r.message({ id: "m1" });
  });
}

Deno.test("STR-35: it follows to an IPv6 address, at its port", async () => {
  await using provider = await Provider.open();
  await using six = await Listener.listen("::1", 0, "six");
  await using juliet = await provider.stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(provider.stage.peer, `[::1]:${six.endpoint.port}`);
  const { r } = await provider.arrival(six);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
});

Deno.test("STR-35: a domain without a port is looked up like any other: SRV first (RFC 6120 3.2)", async () => {
  await using provider = await Provider.open({
    prepare: (world) => void world.customer("cluster.example", [{ target: C, port: 5269 }]),
  });
  await using juliet = await provider.stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(provider.stage.peer, "cluster.example");
  const { r, plain } = await provider.arrival(provider.at[C]!);
  assert.deepEqual(names(plain), [RECEIVING, ORIGINATING]);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
});

Deno.test("STR-35: between service domains the header, SNI and the name in the certificate stay those of the domain", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  const own = await stage.world.ca.issue({ names: ["unsigned.example"] });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  const { r } = await arrival(stage, { tls: { identity: own }, features: [FEATURE.external] });
  await r.element(NS.sasl, "auth");
  await sendTo(r, `${B}:5269`);
  const there = await arrival({ peer: at[B]!, world: stage.world }, {
    tls: { identity: own },
    features: [FEATURE.external, FEATURE.dialback],
  });
  assert.deepEqual(names(there.secured), [TARGET, "unsigned.example"]);
  assert.equal(there.r.wire.clientHello?.serverName, "unsigned.example");
  await authenticate(there.r, FEATURE.dialback);
  await there.r.message({ id: "m1" });
});

Deno.test("STR-35: two hops are followed, and what was queued arrives in order", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  for (let n = 1; n <= 20; n++) juliet.say("juliet", "romeo@sender.example", `m${n}`);
  await provider.refer(stage.peer, `${B}:5269`);
  await provider.refer(at[B]!, `${C}:5269`);
  const { r } = await provider.arrival(at[C]!);
  await grant(r, TARGET, SENDER);
  for (let n = 1; n <= 20; n++) await r.message({ id: `m${n}` });
});

Deno.test("STR-35: pairs that wait for the same attempt go together, if host A's certificate names the machine", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  const domains = [SENDER, "other-sender.example"];
  for (const domain of domains) juliet.say("juliet", `romeo@${domain}`, domain);
  await provider.refer(stage.peer, `${B}:5269`);
  const { r } = await provider.arrival(at[B]!);
  const got: string[] = [];
  while (got.length < domains.length) {
    const { uri, attributes: { to, id } } = await r.anyElement("a request or a stanza");
    if (uri === NS.db) r.send(verdict(TARGET, to!, "valid"));
    else got.push(id!);
  }
  assert.deepEqual(got.toSorted(), domains.toSorted());
  assert.deepEqual([stage.peer.count, at[B]!.count], [1, 1]);
});

Deno.test("STR-35: direct TLS at host B, where its SRV says so, with the name of the domain as SNI (6.3)", async () => {
  await using provider = await Provider.open({
    prepare: (world) => {
      const only = { target: C, port: 5269, priority: 1, weight: 0 };
      world.addZone("cluster.example").set("_xmpps-server._tcp.cluster.example", "SRV", [only]);
    },
  });
  await using juliet = await provider.stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(provider.stage.peer, "cluster.example");
  const r = await provider.at[C]!.accept();
  await r.acceptTls({ identity: provider.stage.world.originating });
  const secured = await answer(r, crypto.randomUUID(), DNA_FEATURES);
  assert.deepEqual([names(secured), r.wire.clientHello?.serverName], [[RECEIVING, ORIGINATING], SENDER]);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
});

// -- not followed

Deno.test("STR-35 cause redirect.unproven: before TLS it is an error like any other: nobody is dialled", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  const { attributes: { from, to } } = await r.header();
  r.send(header({ from: to, to: from, id: "1" }));
  await sendTo(r, `${B}:5269`);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  const told = await stage.server.told({ event: "stream.redirected", cause: "redirect.unproven" });
  assert.equal(told.followed, false);
  await stage.server.told({ event: "stanza.bounced", cause: "redirect.unproven" });
  assert.deepEqual([stage.peer.count, at[B]!.count], [1, 0]);
});

Deno.test("STR-35: who is only reached, and not proven, is not followed after TLS either (TF-9)", async () => {
  await using provider = await Provider.open({ settings: { policy: { proof: "encrypted" } } });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  const identity = await selfSigned({ names: ["unsigned.example"] });
  const { r } = await arrival(stage, { tls: { identity }, features: [FEATURE.dialback] });
  await r.request(TARGET, "unsigned.example");
  await sendTo(r, `${B}:5269`);
  await stage.server.told({ event: "stream.redirected", cause: "redirect.unproven" });
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(at[B]!.count, 0);
});

Deno.test("STR-35: at host B a certificate of another name is refused, whoever sent us there; the next target is tried", async () => {
  await using provider = await Provider.open({
    prepare: (world) => {
      world.delegate(world.zone(SENDER), [{ target: ORIGINATING, priority: 1 }, { target: D, priority: 2 }]);
    },
  });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(stage.peer, `${B}:5269`);
  // Its own name is none that SRV gives: the redirect adds no accepted name.
  await assertNothingAsked(await provider.tls(at[B]!, await stage.world.ca.issue({ names: [B] })));
  await stage.server.told({ event: "connection.failed", cause: "tls.names" });
  const { r, plain } = await provider.arrival(at[D]!, await stage.world.ca.issue({ names: [D] }));
  assert.deepEqual(names(plain), [RECEIVING, D]);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  assert.deepEqual([stage.peer.count, at[B]!.count], [1, 1]);
});

Deno.test("STR-35: under the policy that takes dialback, host B has to prove what host A proved", async () => {
  await using provider = await Provider.open({ settings: { policy: { proof: "encrypted" } } });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  const identity = await stage.world.ca.issue({ names: ["unsigned.example"] });
  const { r } = await arrival(stage, { tls: { identity }, features: [FEATURE.dialback] });
  await r.request(TARGET, "unsigned.example");
  await sendTo(r, `${B}:5269`);
  await assertNothingAsked(await provider.tls(at[B]!, await selfSigned({ names: ["unsigned.example"] })));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
});

Deno.test("STR-35 cause redirect.hops: three times in a row is once too often", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(stage.peer, `${B}:5269`);
  await provider.refer(at[B]!, `${C}:5269`);
  await provider.refer(at[C]!, `${D}:5269`);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  const told = await stage.server.told({ event: "stream.redirected", cause: "redirect.hops" });
  assert.deepEqual([told.from, told.to, told.hop, told.followed], [`${C}:5269`, `${D}:5269`, 3, false]);
  assert.deepEqual([stage.peer.count, at[B]!.count, at[C]!.count, at[D]!.count], [1, 1, 1, 0]);
});

Deno.test("STR-35: a circle ends with its hops", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(stage.peer, `${B}:5269`);
  await provider.refer(at[B]!, `${ORIGINATING}:5269`);
  await provider.refer(stage.peer, `${B}:5269`);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.deepEqual([stage.peer.count, at[B]!.count], [2, 1]);
});

for (const place of [`${ORIGINATING}:5269`, ORIGINATING.toUpperCase(), "its address"]) {
  Deno.test(`STR-35 cause redirect.loop: sent to itself (${place}), the machine is not dialled again`, async () => {
    await using provider = await Provider.open();
    const { stage } = provider;
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    await provider.refer(stage.peer, place === "its address" ? stage.world.peerIp : place);
    await bounced(juliet, "m1", "remote-server-timeout", "wait");
    await stage.server.told({ event: "stream.redirected", cause: "redirect.loop" });
    assert.equal(stage.peer.count, 1);
  });
}

const MALFORMED = {
  "nothing": "",
  "a user": `romeo@${B}`,
  "a URI": `xmpp://${B}`,
  "a path": `${B}/x`,
  "a port out of range": `${B}:65536`,
  "no port behind the colon": `${B}:`,
  "white space around": ` ${B} `,
  "an element in place of text": "<host/>",
  "IPv6 without brackets": "::1",
  "more than a name can be": `${"a".repeat(5000)}.example`,
};
Deno.test("STR-35 cause redirect.malformed: what is no host is an error like any other", async () => {
  await using provider = await Provider.open({ settings: { limits: { backoff_max: "100ms" } } });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  for (const [n, [what, place]] of Object.entries(MALFORMED).entries()) {
    const since = stage.server.log.length;
    juliet.say("juliet", "romeo@sender.example", `m${n}`);
    await provider.refer(stage.peer, place);
    await bounced(juliet, `m${n}`, "remote-server-timeout", "wait");
    await stage.server.told({ event: "stream.redirected", cause: "redirect.malformed" }, since);
    assert.equal(stage.peer.count, n + 1, what);
  }
  assert.equal(at[B]!.count, 0);
});

const FORBIDDEN = [
  "0.0.0.0:5269",
  "[::]:5269",
  "224.0.0.1:5269",
  "[ff02::1]:5269",
  "255.255.255.255",
  "loose.elsewhere.example",
];
Deno.test("STR-35: addresses that nobody may have are dialled for nobody (5.3)", async () => {
  await using provider = await Provider.open({
    settings: { limits: { backoff_max: "100ms" } },
    prepare: (world) => void world.zone("elsewhere.example").set("loose.elsewhere.example", "A", ["0.0.0.0"]),
  });
  const { stage } = provider;
  await using juliet = await stage.component();
  for (const [n, place] of FORBIDDEN.entries()) {
    const since = stage.server.log.length;
    juliet.say("juliet", "romeo@sender.example", `m${n}`);
    await provider.refer(stage.peer, place);
    await bounced(juliet, `m${n}`, "remote-server-timeout", "wait");
    await stage.server.told({ event: "connection.failed", cause: "tcp.forbidden" }, since);
  }
});

Deno.test("STR-35: a redirect to where DNS does not verify, or offers nothing, leads nowhere", async () => {
  await using provider = await Provider.open({
    settings: { limits: { backoff_max: "100ms" } },
    prepare: (world) => void world.customer("refusing.example", [{ target: "", port: 0 }]),
  });
  const { stage } = provider;
  await using juliet = await stage.component();
  const ends = [["bogus.example", "dns.bogus"], ["refusing.example", "dns.no-service"], [
    "no.elsewhere.example",
    "dns.nxdomain",
  ]];
  for (const [n, [place, cause]] of ends.entries()) {
    const since = stage.server.log.length;
    juliet.say("juliet", "romeo@sender.example", `m${n}`);
    await provider.refer(stage.peer, place!);
    await juliet.message({ id: `m${n}`, type: "error" });
    await stage.server.told({ event: "stanza.bounced", cause }, since);
  }
});

Deno.test("STR-35: each redirect is one of the four connections of an attempt (2.10)", async () => {
  await using provider = await Provider.open({
    prepare: (world) => {
      const targets = [1, 2, 3].map((n) => ({ target: `m${n}.many.example`, priority: n }));
      const zone = world.customer("many.example", targets);
      for (const { target } of targets) zone.set(target, "A", [world.peerIp]);
    },
  });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  const identity = await stage.world.ca.issue({ names: ["many.example"] });
  juliet.say("juliet", "romeo@many.example", "m1");
  for (let n = 0; n < 2; n++) {
    const r = await provider.tls(stage.peer, identity);
    const { attributes: { from, to } } = await r.header();
    r.send(header({ from: to, to: from, id: "1" }));
    await sendTo(r, `${B}:5269`);
    await refuseServerNames({ peer: at[B]! }, "resource-constraint");
  }
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.deepEqual([stage.peer.count, at[B]!.count], [2, 2]);
});

// -- TLSA

const machines = (world: World, published: Record<string, Parameters<typeof tlsa>[1]>) => {
  for (const [host, identity] of Object.entries(published)) {
    const zone = host === ORIGINATING ? "originating.example" : "elsewhere.example";
    world.zone(zone).set(tlsaOwner(host), "TLSA", [tlsa("3 1 1", identity)]);
  }
};

Deno.test("STR-35 DAN-7: where TLSA speaks for host A, it decides at host B too", async () => {
  const shown = await selfSigned({ names: ["whatever.example"] });
  await using provider = await Provider.open({
    prepare: (world) => machines(world, { [ORIGINATING]: shown }),
  });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const first = await provider.arrival(stage.peer, shown);
  await first.r.request(TARGET, SENDER);
  await sendTo(first.r, `${B}:5269`);
  const { r } = await provider.arrival(at[B]!, shown);
  await r.request(TARGET, SENDER);
  await sendTo(r, `${C}:5269`);
  // Valid by PKIX for A's name: not enough for A, so not enough here (3.2).
  await assertNothingAsked(await provider.tls(at[C]!, stage.world.originating));
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  await stage.server.told({ event: "connection.failed", cause: "dane.mismatch" });
});

Deno.test("STR-35: host B's own TLSA proves nothing, and refuses what it does not match", async () => {
  const [right, other] = await Promise.all([selfSigned({ names: [B] }), selfSigned({ names: [B] })]);
  await using provider = await Provider.open({
    settings: { limits: { backoff_max: "100ms" } },
    prepare: (world) => machines(world, { [B]: right, [C]: other }),
  });
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await provider.refer(stage.peer, `${B}:5269`);
  await assertNothingAsked(await provider.tls(at[B]!, right));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  juliet.say("juliet", "romeo@sender.example", "m2");
  await provider.refer(stage.peer, `${C}:5269`);
  await assertNothingAsked(await provider.tls(at[C]!, stage.world.originating));
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
  await stage.server.told({ event: "connection.failed", cause: "dane.mismatch" });
});

// -- at any time

Deno.test("STR-35: a machine that does not leave after it has sent us on holds nobody up", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await provider.tls(stage.peer, stage.world.originating);
  const { attributes: { from, to } } = await r.header();
  // Neither closing tag nor close_notify: until either comes the server would wait for 5 s.
  r.send(header({ from: to, to: from, id: "1" }) + seeOther(`${B}:5269`).replace("</stream:stream>", ""));
  const there = await provider.arrival(at[B]!);
  assert.equal((await stage.server.connections()).length, 2);
  await grant(there.r, TARGET, SENDER);
  await there.r.message({ id: "m1" });
});

Deno.test("STR-35: between request and verdict it follows too, and asks again there", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const first = await arrival(stage);
  await first.r.request(TARGET, SENDER);
  await sendTo(first.r, `${B}:5269`);
  const { r } = await provider.arrival(at[B]!);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("STR-35: an established stream is sent on: every pair goes over one connection to host B, in order, nothing is lost", async () => {
  await using provider = await Provider.open({ settings: { policy: { on_loss: "resend" } } });
  const { stage, at } = provider;
  const managed = { features: [...DNA_FEATURES, FEATURE.sm] };
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", "romeo@sender.example", "j0");
  const { r } = await arrival(stage, managed);
  await grant(r, TARGET, SENDER);
  await r.element(NS.sm, "enable");
  r.send(SM.enabled);
  await r.message({ id: "j0" });
  nurse.say("nurse", "romeo@sender.example", "n0");
  await r.arrived(({ uri, name }) => uri === NS.db && name === "result", "the request of the second pair");
  const before = r.take().flatMap((item) => item.kind === "element" ? [item.element] : []);
  assert.ok(before.some(({ attributes }) => attributes.from === "other-target.example"));
  r.send(verdict("other-target.example", SENDER, "valid"));
  await r.arrived(({ attributes }) => attributes.id === "n0", "the first stanza of the second pair");
  r.take();
  const count = 40;
  for (let n = 1; n <= count; n++) {
    juliet.say("juliet", "romeo@sender.example", `j${n}`);
    nurse.say("nurse", "romeo@sender.example", `n${n}`);
  }
  await r.arrived(({ attributes }) => attributes.id === "j10", "a part of the burst");
  // It has handled the first two and three more, in the order in which they came.
  const came = r.take().flatMap((item) =>
    item.kind === "element" && item.element.uri === NS.server ? [item.element.attributes.id!] : []
  );
  const handled = came.slice(0, 3);
  r.send(SM.answer(2 + handled.length) + seeOther(`${B}:5269`));
  const there = await arrival({ peer: at[B]!, world: stage.world }, {
    ...managed,
    tls: { identity: stage.world.originating },
  });
  const got: string[] = [];
  while (got.length < 2 * count - handled.length) {
    const element = await there.r.anyElement("a request or a stanza");
    if (element.name === "enable") there.r.send(SM.enabled);
    if (element.uri === NS.db) there.r.send(verdict(element.attributes.from!, SENDER, "valid"));
    if (element.uri === NS.server) got.push(element.attributes.id!);
  }
  for (const who of ["j", "n"]) {
    const all = [...handled, ...got].filter((id) => id.startsWith(who));
    assert.deepEqual(all, Array.from({ length: count }, (_, n) => `${who}${n + 1}`));
  }
  assert.deepEqual([stage.peer.count, at[B]!.count], [1, 1]);
  // What comes later needs nobody to be asked the way again.
  juliet.say("juliet", "romeo@sender.example", "later");
  await there.r.arrived(({ attributes }) => attributes.id === "later", "a later stanza");
});

Deno.test("STR-35: a stanza that comes after the redirect goes to host B at once", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  await sendTo(r, `${B}:5269`);
  await stage.server.connected(0);
  juliet.say("juliet", "romeo@sender.example", "m2");
  const there = await provider.arrival(at[B]!);
  await grant(there.r, TARGET, SENDER);
  await there.r.message({ id: "m2" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("STR-35: machines that send their established streams to and fro are not obeyed for ever", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  await using juliet = await stage.component();
  for (
    const [n, [listener, next]] of ([[stage.peer, B], [at[B]!, ORIGINATING], [stage.peer, B]] as const)
      .entries()
  ) {
    juliet.say("juliet", "romeo@sender.example", `m${n}`);
    const { r } = await provider.arrival(listener);
    await grant(r, TARGET, SENDER);
    await r.message({ id: `m${n}` });
    await sendTo(r, `${next}:5269`);
  }
  await stage.server.told({ event: "connection.closed", cause: "redirect.hops" });
  assert.deepEqual([stage.peer.count, at[B]!.count], [2, 1]);
});

// -- where it says nothing

Deno.test("STR-35: a question for a key is asked at one machine and nowhere else (section 10)", async () => {
  await using provider = await Provider.open({ settings: { policy: { proof: "encrypted" } } });
  const { stage, at } = provider;
  const { o } = await stage.initiate({ from: "unsigned.example", to: TARGET }, {
    identity: await selfSigned({ names: ["unsigned.example"] }),
  });
  o.send(`<db:result from='unsigned.example' to='${TARGET}'>key</db:result>`);
  const { r } = await calledBack(stage);
  await sendTo(r, `${B}:5269`);
  const denied = await o.verdict("unsigned.example", TARGET, "error");
  assert.ok(denied);
  assert.equal(at[B]!.count, 0);
});

Deno.test("STR-35: whoever came to us sends us nowhere", async () => {
  await using provider = await Provider.open();
  const { stage, at } = provider;
  const o = await stage.initiateWith();
  await sendTo(o, `${B}:5269`);
  await stage.server.told({ event: "connection.closed", cause: "stream.error" });
  assert.equal(at[B]!.count, 0);
});
