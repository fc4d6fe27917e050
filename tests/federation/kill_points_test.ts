/**
 * SM-7: a peer that dies at any point of a burst. The scripted peer's connection ends as a process killed by -9 ends it:
 * by FIN without close_notify, or by RST when something was unread.
 */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import type { Component } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { CLOSING, DNA_FEATURES, FEATURE, SM } from "../peer/stream.ts";
import type { Element } from "../peer/xml.ts";
import { arrival, grant } from "./acts.ts";
import { account, type Doubles, type Fates } from "./tally.ts";
import { seeded } from "../harness/seeded.ts";

const POINTS = 100;
const BURST = 60;
const ROMEO = "romeo@sender.example";

/** One connection of the server, and what the peer does on it. */
class Peer {
  readonly arrived: Element[] = [];
  answered = 0;

  constructor(readonly r: Conversation, readonly enabled: boolean) {}

  static async accept(stage: Stage, enabled: boolean): Promise<Peer> {
    const { r } = await arrival(stage, { features: [...DNA_FEATURES, FEATURE.sm] });
    await grant(r, "target.example", "sender.example");
    await r.element(NS.sm, "enable");
    if (enabled) r.send(SM.enabled);
    return new Peer(r, enabled);
  }

  /** Reads until `most` stanzas have come in all, or `last` has; answers a question with probability `answers`. */
  async read(most: number, last: string, answers: () => boolean): Promise<void> {
    while (this.arrived.length < most) {
      const element = await this.r.anyElement("a stanza");
      if (element.name === "message") this.arrived.push(element);
      else if (answers()) this.acknowledge();
      if (element.attributes.id === last) return;
    }
  }

  acknowledge(): void {
    if (!this.enabled) return;
    this.answered = this.arrived.length;
    this.r.send(SM.answer(this.answered));
  }

  get ids(): string[] {
    return ids(this.arrived);
  }
}

const ids = (elements: readonly Element[]) => elements.map(({ attributes }) => attributes.id ?? "");

/** Everything that the component got so far. */
async function bouncesOf(juliet: Component, fence: string): Promise<Element[]> {
  juliet.say("juliet", "nobody@missing.example", fence);
  return (await juliet.stream.until(({ attributes }) => attributes.id === fence, "the fence")).slice(0, -1);
}

interface Point {
  readonly sent: readonly string[];
  readonly fates: Fates;
  readonly later: readonly Element[];
}

/** A burst in pieces, the death somewhere in it, and what comes afterwards. */
async function point(stage: Stage, juliet: Component, n: number, random: () => number): Promise<Point> {
  const since = stage.server.log.length;
  const number = (i: number) => String(n * 1000 + i);
  juliet.say("juliet", ROMEO, number(0));
  const before = await Peer.accept(stage, random() > 0.1);
  const [most, chance] = [1 + Math.floor(random() * BURST), random()];
  const reading = before.read(most, number(BURST - 1), () => random() < chance);
  for (let i = 1; i < BURST;) {
    for (const end = Math.min(BURST, i + 1 + Math.floor(random() * 20)); i < end; i++) {
      juliet.say("juliet", ROMEO, number(i), "x".repeat(Math.floor(random() * 300)));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await reading;
  if (random() < 0.5) before.acknowledge();
  // What it said right before its death may be lost with it, or not.
  if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  if (random() < 0.5) before.r.wire.reset();
  else before.r.wire.destroy();
  const closed = await stage.server.told({ event: "connection.closed" }, since);
  const last = number(BURST);
  juliet.say("juliet", ROMEO, last);
  const after = await Peer.accept(stage, true);
  await after.read(Infinity, last, () => true);
  const bounced = await bouncesOf(juliet, `fence ${n}`);
  after.acknowledge();
  after.r.send(CLOSING);
  while ((await after.r.next("the closing tag")).kind !== "closing");
  after.r.wire.destroy();
  await stage.server.connected(0);
  await bouncesOf(juliet, `end ${n}`);
  assert.equal(closed.unconfirmed, 0, `point ${n}`);
  // Of the last answers only the server knows whether it had them: what it did not give back it took for acknowledged.
  const returned = new Set([...ids(bounced), ...after.ids]);
  const acknowledged = before.ids.slice(0, before.answered).filter((id) => !returned.has(id));
  return {
    sent: Array.from({ length: BURST + 1 }, (_, i) => number(i)),
    fates: { acknowledged, arrived: before.ids, bounced: ids(bounced), later: after.ids },
    later: after.arrived,
  };
}

async function points(stage: Stage, check: (point: Point, doubles: Doubles) => void): Promise<Doubles> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seeded(seed);
  await using juliet = await stage.component();
  let [arrivedAndBounced, arrivedTwice] = [0, 0];
  for (let n = 0; n < POINTS; n++) {
    const one = await point(stage, juliet, n, random);
    const doubles = account(one.sent, one.fates, `seed ${seed}, point ${n}`);
    check(one, doubles);
    arrivedAndBounced += doubles.arrivedAndBounced;
    arrivedTwice += doubles.arrivedTwice;
  }
  return { arrivedAndBounced, arrivedTwice };
}

const limits = { backoff_max: "100ms" };

Deno.test("SM-7: killed at 100 points of a burst: sent = acknowledged + bounced + queued; nothing comes twice", async () => {
  await using stage = await Stage.open({ settings: { limits } });
  const doubles = await points(stage, (_, { arrivedTwice }) => assert.equal(arrivedTwice, 0));
  console.log(`arrived and bounced all the same: ${doubles.arrivedAndBounced} of ${POINTS * (BURST + 1)}`);
});

Deno.test("SM-7: the same with on_loss = resend: nothing is bounced, what goes again goes first, and says since when", async () => {
  await using stage = await Stage.open({ settings: { limits, policy: { on_loss: "resend" } } });
  const doubles = await points(stage, ({ fates, later }) => {
    assert.deepEqual(fates.bounced, []);
    for (const { attributes, children } of later) {
      const stamped = children.some(({ uri, name }) => uri === "urn:xmpp:delay" && name === "delay");
      assert.ok(
        stamped || !fates.arrived.includes(attributes.id!),
        `${attributes.id} came twice, without delay`,
      );
    }
  });
  assert.equal(doubles.arrivedAndBounced, 0);
  console.log(`arrived twice: ${doubles.arrivedTwice} of ${POINTS * (BURST + 1)}`);
});
