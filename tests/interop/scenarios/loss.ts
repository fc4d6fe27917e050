/** The peer is killed (-9) in the middle of a burst, and starts again. */
import assert from "node:assert/strict";
import { message } from "../../federation/acts.ts";
import { connectionsOf } from "../findings.ts";
import { calm } from "../probe.ts";
import type { Scenario, Scene } from "../scenario.ts";
import type { Speaker } from "../speaker.ts";
import { say } from "../talk.ts";

const COUNT = 1000;
const BEFORE = COUNT / 2;
const SEEN = BEFORE / 2;

const burst = (from: Speaker, to: Speaker, first: number, end: number): string =>
  Array.from({ length: end - first }, (_, n) => message(from.jid, to.jid, `n${first + n}`)).join("");

const numberOf = (id: string | undefined): number => Number(/^n(\d+)$/.exec(id ?? "")?.[1] ?? -1);

/** Takes messages until `last` has come. */
async function until(to: Speaker, last: number, taken: number[]): Promise<void> {
  while (taken.at(-1) !== last) taken.push(numberOf((await to.stanza("message", {})).attributes.id));
}

/** Everything that came over the user's connection before the peer died with it. */
async function restOf(user: Speaker, taken: number[]): Promise<void> {
  const { elements } = await user.stream.farewell();
  taken.push(
    ...elements.filter(({ name }) => name === "message").map(({ attributes }) => numberOf(attributes.id)),
  );
}

/** What became of the numbers that we sent. */
interface Account {
  /** Seen by the user, before and after. */
  readonly arrived: ReadonlySet<number>;
  readonly bounced: readonly number[];
  /** Neither. */
  readonly missing: readonly number[];
  /** As the server under test counted it when the connection was lost. */
  readonly unconfirmed: number;
}

async function killedWhileWeSend(scene: Scene): Promise<Account> {
  const us = await scene.us();
  const them = await scene.them();
  await say(us, them);
  await calm(scene);
  const [{ id: connection }] = await connectionsOf(scene) as [{ id: string }];
  const arrived: number[] = [];
  us.send(burst(us, them, 0, BEFORE));
  await until(them, SEEN, arrived);
  await scene.peer.kill();
  us.send(burst(us, them, BEFORE, COUNT));
  await restOf(them, arrived);
  await scene.peer.start();
  const back = await scene.them();
  const { unconfirmed } = await scene.verona.told({ event: "connection.closed", connection }, scene.since);
  const after: number[] = [];
  const bounced: number[] = [];
  await settled(us, back, after, bounced);
  const known = new Set([...arrived, ...after, ...bounced]);
  assert.deepEqual([...after].sort((a, b) => a - b), after, "out of order after the restart");
  assert.equal(new Set(bounced).size, bounced.length, "a stanza was bounced twice");
  const missing = Array.from({ length: COUNT }, (_, n) => n).filter((n) => !known.has(n));
  return { arrived: new Set([...arrived, ...after]), bounced, missing, unconfirmed };
}

/** One more message, in order behind all the others: when it or its bounce is there, so is everything before it. */
async function settled(us: Speaker, them: Speaker, after: number[], bounced: number[]): Promise<void> {
  for (let n = COUNT;; n++) {
    us.send(message(us.jid, them.jid, `n${n}`));
    const end = await Promise.race([
      them.stanza("message", { id: `n${n}` }),
      us.stanza("message", { id: `n${n}`, type: "error" }).then(() => null),
    ]);
    for (const element of us.kept) {
      if (element.attributes.type === "error") bounced.push(numberOf(element.attributes.id));
    }
    if (end !== null) break;
  }
  after.push(
    ...them.kept.filter(({ name }) => name === "message").map(({ attributes }) => numberOf(attributes.id)),
  );
}

/** 8.3 with acknowledgements or fences: what is missing was confirmed, so it lies before everything that was bounced. */
function assertNothingLostInSilence({ missing, bounced }: Account): void {
  const first = Math.min(...bounced, COUNT);
  assert.deepEqual(missing.filter((n) => n > first), [], `bounced from ${first} on`);
}

async function killedWhileTheySend(scene: Scene): Promise<void> {
  const us = await scene.us();
  const them = await scene.them();
  await say(them, us);
  const arrived: number[] = [];
  them.send(burst(them, us, 0, COUNT));
  await until(us, SEEN, arrived);
  await scene.peer.kill();
  await scene.peer.start();
  const back = await scene.them();
  await say(back, us);
  arrived.push(
    ...us.kept.filter(({ name }) => name === "message").map(({ attributes }) => numberOf(attributes.id)),
  );
  assert.deepEqual(arrived, arrived.map((_, n) => n), "not the beginning of the burst, in order, once each");
}

export const LOSS: readonly Scenario[] = [
  {
    key: "killed",
    name: "killed (-9) in mid-burst and restarted",
    server: "encrypted",
    async act(scene) {
      if (scene.direction === "in") {
        await killedWhileTheySend(scene);
        return "what arrived is in order and whole";
      }
      const account = await killedWhileWeSend(scene);
      if (scene.peer.kind.acknowledges) {
        assertNothingLostInSilence(account);
        return "sent = acknowledged + bounced + queued";
      }
      assert.ok(account.missing.length <= account.unconfirmed, JSON.stringify(account));
      return "no stream management: the unconfirmed are counted";
    },
  },
  {
    key: "fence",
    name: "the same with `fence`",
    directions: ["out"],
    server: "fence",
    async act(scene) {
      const account = await killedWhileWeSend(scene);
      assertNothingLostInSilence(account);
      assert.equal(account.unconfirmed, 0);
      return "sent = confirmed + bounced + queued";
    },
  },
];
