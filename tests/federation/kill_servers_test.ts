/** SM-7 between two real servers: the receiving process is killed by -9 in mid-burst, again and again (protocol.md 8.3). */
import assert from "node:assert/strict";
import type { Component } from "../peer/component.ts";
import type { Element } from "../peer/xml.ts";
import { account, type Doubles } from "./tally.ts";
import { seeded } from "../harness/seeded.ts";
import { TwoServers } from "./two_servers.ts";

const POINTS = 50;
const BURST = 300;
const JULIET = "juliet@target.example";

const messages = (component: Component): Element[] =>
  component.stream.waiting.flatMap((item) => item.kind === "element" ? [item.element] : []);
const ids = (elements: readonly Element[]) => elements.map(({ attributes }) => attributes.id ?? "");

/** Numbered from `first` to `end`, in pieces, as the process that writes them is let to. */
async function burst(romeo: Component, first: number, end: number, random: () => number): Promise<void> {
  for (let n = first; n < end;) {
    for (const piece = Math.min(end, n + 1 + Math.floor(random() * 60)); n < piece; n++) {
      romeo.say("romeo", JULIET, String(n), "x".repeat(Math.floor(random() * 400)));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Says something new until it arrives: what was said before has its fate by then. */
async function untilDelivered(romeo: Component, juliet: Component, first: number): Promise<number> {
  for (let id = first;; id++) {
    romeo.say("romeo", JULIET, String(id));
    const settled = (one: Component) =>
      one.stream.arrived(({ attributes }) => attributes.id === String(id), `${id} or its bounce`);
    const who = await Promise.race([
      settled(juliet).then(() => "delivered"),
      settled(romeo).then(() => "bounced"),
    ]);
    if (who === "delivered") return id + 1;
  }
}

interface Killing {
  readonly pair: TwoServers;
  readonly romeo: Component;
  readonly random: () => number;
}

/** One life of the receiving server: what of the burst had which fate. */
async function life({ pair, romeo, random }: Killing, point: number): Promise<Doubles> {
  const first = point * 10_000;
  const since = pair.originating.log.length;
  const told = () => pair.originating.told({ event: "connection.closed" }, since);
  romeo.stream.take();
  const before = await pair.receiving.component("target.example");
  let next = await untilDelivered(romeo, before, first);
  const most = next - first + Math.floor(random() * BURST);
  const dies = before.stream.arrived((_, n) => n >= most, `stanza ${most} of the burst`);
  const writing = burst(romeo, next, next + BURST, random);
  await dies;
  await pair.kill();
  await writing;
  next += BURST;
  await before.stream.ended();
  const closed = await told();
  assert.equal(closed.unconfirmed, 0);
  await pair.revive();
  const after = await pair.receiving.component("target.example");
  next = await untilDelivered(romeo, after, next);
  await after[Symbol.asyncDispose]();
  // Two at one time are a conflict: the next life's component would not be let in.
  await pair.receiving.told({ event: "component.detached" });

  const sent = Array.from({ length: next - first }, (_, i) => String(first + i));
  const [arrived, later, bounced] = [ids(messages(before)), ids(messages(after)), ids(messages(romeo))];
  const returned = new Set([...later, ...bounced]);
  const acknowledged = sent.filter((id) => !returned.has(id));
  return account(sent, { acknowledged, arrived, bounced, later }, `point ${point}`);
}

async function lives(onLoss: "bounce" | "resend"): Promise<Doubles> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const settings = { limits: { backoff_max: "100ms" }, policy: { on_loss: onLoss } };
  await using pair = await TwoServers.start({ originating: settings });
  await using romeo = await pair.originating.component("sender.example");
  const sum = { arrivedAndBounced: 0, arrivedTwice: 0 };
  for (let point = 0; point < POINTS; point++) {
    try {
      const doubles = await life({ pair, romeo, random: seeded(seed + point) }, point);
      sum.arrivedAndBounced += doubles.arrivedAndBounced;
      sum.arrivedTwice += doubles.arrivedTwice;
    } catch (error) {
      throw new Error(`seed ${seed}, point ${point}`, { cause: error });
    }
  }
  return sum;
}

Deno.test("SM-7: the receiving Verona killed by -9 at 100 points: acknowledged + bounced + queued; half of them with resend", async () => {
  const [bounce, resend] = await Promise.all([lives("bounce"), lives("resend")]);
  assert.equal(bounce.arrivedTwice, 0);
  const all = POINTS * BURST;
  console.log(`on_loss = bounce: ${bounce.arrivedAndBounced} of ${all} arrived and bounced all the same`);
  console.log(`on_loss = resend: ${resend.arrivedTwice} of ${all} arrived twice`);
});
