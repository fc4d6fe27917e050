/** The fallback ladder, rung by rung, from the initiating side (protocol.md 2.9, 2.10, 4.8). */
import assert from "node:assert/strict";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, type World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { Listener } from "../peer/peer.ts";
import { answer, denial, failure, FEATURE, header, PROCEED, verdict } from "../peer/stream.ts";
import { arrival, assertNothingAsked, authenticate, bounced, grant, refuseServerNames } from "./acts.ts";

const TARGET = "target.example", SENDER = "sender.example";
const HOUR = 3_600_000;
const CLASSIC = [FEATURE.external, FEATURE.dialback];

const names = ({ attributes: { from, to } }: { attributes: Readonly<Record<string, string>> }) => [from, to];
const between = [RECEIVING, ORIGINATING], classic = [TARGET, SENDER];

/** Closes the only connection from the peer's side, and waits until the server has noticed. */
async function hangUp(stage: Stage, r: Conversation): Promise<void> {
  r.send("</stream:stream>");
  await r.farewell();
  await stage.server.connected(0);
}

Deno.test("DNA-61 DNA-62 T8: host-unknown between server names: classic on a new connection, and from then on at once", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await refuseServerNames(stage);
  const first = await arrival(stage, { features: CLASSIC });
  assert.deepEqual([names(first.plain), names(first.secured)], [classic, classic]);
  await authenticate(first.r, FEATURE.dialback);
  await first.r.message({ id: "m1" });
  assert.equal(stage.peer.count, 2);

  await hangUp(stage, first.r);
  juliet.say("juliet", "romeo@sender.example", "m2");
  const second = await arrival(stage, { features: CLASSIC });
  assert.deepEqual(names(second.plain), classic);
  await authenticate(second.r);
  await second.r.message({ id: "m2" });
  await hangUp(stage, second.r);

  await stage.server.advance(27 * HOUR); // 24 h and 10 %
  juliet.say("juliet", "romeo@sender.example", "m3");
  const third = await stage.peer.accept(); // whose certificate is out of date by now
  assert.deepEqual(names(await third.header()), between);
});

Deno.test("DNA-63: a classic stream that advertises DNA clears the memory", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await refuseServerNames(stage);
  const { r } = await arrival(stage, { features: [...CLASSIC, FEATURE.dna] });
  await authenticate(r);
  await r.message({ id: "m1" });
  await hangUp(stage, r);
  juliet.say("juliet", "romeo@sender.example", "m2");
  const again = await arrival(stage);
  assert.deepEqual(names(again.plain), between);
});

const ENDS: Record<string, (r: Conversation) => void> = {
  "a closed TCP connection": (r) => r.wire.fin(),
  "a reset": (r) => r.wire.reset(),
  "a closing tag": (r) => r.send(header({ from: ORIGINATING, to: RECEIVING, id: "1" }) + "</stream:stream>"),
};
for (const [what, end] of Object.entries(ENDS)) {
  Deno.test(`DNA-64: ${what} before the features between server names: classic, and remembered by its success`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const refused = await stage.peer.accept();
    await refused.header();
    end(refused);
    const { r, plain } = await arrival(stage, { features: CLASSIC });
    assert.deepEqual(names(plain), classic);
    await authenticate(r);
    await r.message({ id: "m1" });
    refused.wire.destroy();
    await stage.server.eventually(
      "one connection",
      async () => (await stage.server.connections()).length === 1,
    );
    await hangUp(stage, r);
    juliet.say("juliet", "romeo@sender.example", "m2");
    assert.deepEqual(names((await arrival(stage, { features: CLASSIC })).plain), classic);
  });
}

/** The server under test holds a certificate for target.example too. */
async function withOwnCertificate(): Promise<StageOptions> {
  const directory = await Deno.makeTempDir({ prefix: "verona-own-" });
  const files = { chain: `${directory}/own.pem`, key: `${directory}/own.key` };
  return {
    settings: { certificate: [files] },
    prepare: async ({ ca }) => {
      const { certificate, key } = await ca.issue({ names: [TARGET] });
      await Deno.writeTextFile(files.chain, certificate);
      await Deno.writeTextFile(files.key, key);
    },
  };
}

Deno.test("DNA-65: denied between server names, the domain's own certificate is shown once more, on a classic stream", async () => {
  await using stage = await Stage.open(await withOwnCertificate());
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request(TARGET, SENDER);
  r.send(denial(TARGET, SENDER, "auth", "not-authorized"));
  const second = await arrival(stage, { features: [FEATURE.dialback] });
  assert.deepEqual(names(second.plain), classic);
  assert.match(second.r.tls?.certificate?.subjectAltName ?? "", /DNS:target\.example/);
  await second.r.request(TARGET, SENDER);
  second.r.send(denial(TARGET, SENDER, "auth", "not-authorized"));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  assert.equal(stage.peer.count, 2);
});

Deno.test("DNA-65: without a certificate of its own nothing new could be shown: no more connections", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request(TARGET, SENDER);
  r.send(denial(TARGET, SENDER, "auth", "not-authorized"));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  assert.equal(stage.peer.count, 1);
});

Deno.test("2.10, rung 3: refused and closed after EXTERNAL, a request with key is made on a new stream", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  await refuseServerNames(stage);
  const refused = await arrival(stage, { features: CLASSIC });
  await refused.r.element(NS.sasl, "auth");
  refused.r.send(failure("not-authorized") + "</stream:stream>");
  refused.r.wire.closeNotify();
  const { r } = await arrival(stage, { features: CLASSIC });
  await grant(r, TARGET, SENDER); // and no claim before it
  await r.message({ id: "m1" });
  assert.equal(stage.peer.count, 3);
});

/** Six machines for one domain, all at the peer's address. */
const sixTargets = (world: World) => {
  const targets = [1, 2, 3, 4, 5, 6].map((n) => ({ target: `m${n}.six.example`, priority: n }));
  const zone = world.customer("six.example", targets);
  for (const { target } of targets) zone.set(target, "A", [world.peerIp]);
};

Deno.test("2.10: no attempt opens more than four connections, whatever the domain publishes", async () => {
  await using stage = await Stage.open({ prepare: sixTargets });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@six.example", "m1");
  for (let n = 0; n < 4; n++) await refuseServerNames(stage, "resource-constraint");
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(stage.peer.count, 4);
});

Deno.test("2.10: a certificate that proves nothing leads to the next target, never to a weaker rung of the same", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      world.machine("m2.two.example", 31, "two.example");
      world.delegate(world.zone("two.example"), [
        { target: ORIGINATING, priority: 1 },
        { target: "m2.two.example", priority: 2 },
      ]);
    },
  });
  await using second = await Listener.listen(stage.world.ip(31), 5269, "second");
  await using juliet = await stage.component();
  const evil = await stage.world.ca.issue({ names: ["evil.example"] });
  juliet.say("juliet", "romeo@two.example", "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(PROCEED);
  r.acceptTls({ identity: evil }).catch(() => {});
  await assertNothingAsked(r);
  const other = await second.accept();
  assert.deepEqual(names(await answer(other, "2", [FEATURE.starttls])), [RECEIVING, "m2.two.example"]);
  assert.equal(stage.peer.count, 1);
});

Deno.test("4.8 cause peer.host-gone: host-gone on a classic stream is believed for an hour", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  await refuseServerNames(stage, "host-gone");
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  await stage.server.advance(HOUR - 60_000);
  juliet.say("juliet", "romeo@unsigned.example", "m2");
  await bounced(juliet, "m2", "remote-server-timeout", "wait"); // 4.11: negative cache
  await stage.server.told({ event: "stanza.bounced", cause: "peer.host-gone" });
  assert.equal(stage.peer.count, 1);
  await stage.server.advance(2 * 60_000);
  juliet.say("juliet", "romeo@unsigned.example", "m3");
  await stage.peer.arrived(2);
});

Deno.test("4.8 cause peer.host-unknown: host-unknown on a classic stream is the end, and the sender is told", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@unsigned.example", "m1");
  await refuseServerNames(stage);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  await stage.server.told({ event: "stanza.bounced", cause: "peer.host-unknown" });
  assert.equal(stage.peer.count, 1);
});

Deno.test("policy.server_names = false: classic from the start", async () => {
  await using stage = await Stage.open({ settings: { policy: { server_names: false } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r, plain } = await arrival(stage, { features: CLASSIC });
  assert.deepEqual(names(plain), classic);
  assert.equal(r.wire.clientHello?.serverName, SENDER);
});

// -- which connection serves another pair (2.9)

Deno.test("DNA-14: an unsigned domain with the same target gets a connection of its own, classic", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m1" });
  juliet.say("juliet", "romeo@unsigned.example", "m2");
  const second = await arrival(stage, {
    tls: { identity: await stage.world.ca.issue({ names: ["unsigned.example"] }) },
  });
  assert.deepEqual(names(second.plain), [TARGET, "unsigned.example"]);
});

const TWO = ["one.unsigned.example", "two.unsigned.example"] as const;
const twoUnsigned = (world: World) => {
  for (const domain of TWO) world.customer(domain, [ORIGINATING], { signed: false });
};

for (
  const [what, certified, errors, connections] of [
    ["with both names in the certificate", TWO, true, 1],
    ["without the second name in the certificate", TWO.slice(0, 1), true, 2],
    ["DB-15: towards a peer without <errors/>", TWO, false, 2],
  ] as const
) {
  Deno.test(`DB-16: two unsigned domains of one machine, ${what}: ${connections} TCP`, async () => {
    await using stage = await Stage.open({ prepare: twoUnsigned });
    await using juliet = await stage.component();
    const features = [errors ? FEATURE.dialback : FEATURE.dialbackWithoutErrors];
    const identity = await stage.world.ca.issue({ names: certified });
    juliet.say("juliet", `romeo@${TWO[0]}`, "m1");
    const { r } = await arrival(stage, { tls: { identity }, features });
    await grant(r, TARGET, TWO[0]);
    await r.message({ id: "m1" });
    juliet.say("juliet", `romeo@${TWO[1]}`, "m2");
    if (connections === 2) {
      const second = await arrival(stage, {
        tls: { identity: await stage.world.ca.issue({ names: [TWO[1]] }) },
        features,
      });
      assert.deepEqual(names(second.plain), [TARGET, TWO[1]]);
      await grant(second.r, TARGET, TWO[1]);
      await second.r.message({ id: "m2" });
    } else {
      await r.request(TARGET, TWO[1]);
      r.send(verdict(TARGET, TWO[1], "valid"));
      await r.message({ id: "m2" });
    }
    assert.equal(stage.peer.count, connections);
  });
}

Deno.test("DB-16: at another address the same certificate is another machine", async () => {
  await using stage = await Stage.open({
    prepare: (world) => {
      twoUnsigned(world);
      world.machine("elsewhere.originating.example", 31, "originating.example");
      world.delegate(world.zone(TWO[1]), ["elsewhere.originating.example"]);
    },
  });
  await using elsewhere = await Listener.listen(stage.world.ip(31), 5269, "elsewhere");
  await using juliet = await stage.component();
  const identity = await stage.world.ca.issue({ names: TWO });
  juliet.say("juliet", `romeo@${TWO[0]}`, "m1");
  const { r } = await arrival(stage, { tls: { identity } });
  await grant(r, TARGET, TWO[0]);
  await r.message({ id: "m1" });
  juliet.say("juliet", `romeo@${TWO[1]}`, "m2");
  await elsewhere.arrived(1);
});
