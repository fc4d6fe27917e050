/** The last chapter: a customer moves away, and its pair stops within the stated bound. protocol.md 3.9. */
import { statedBoundMs } from "../policy/lifetime.ts";
import { type Component, errorOf } from "./component.ts";
import type { Narrator } from "./narrator.ts";
import { DNS_TIMEOUT_MS, RECHECK_MIN_MS, type ShownEvent } from "./server.ts";
import type { Stage } from "./stage.ts";
import { describeDelegation, event, JULIET, opened, received, told } from "./witness.ts";
import { moveSender, ORIGINATING, TTL } from "./zones.ts";

const EVERY_MS = 200;
const BOUND_MS = statedBoundMs(TTL * 1000, RECHECK_MIN_MS, DNS_TIMEOUT_MS);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export async function senderMovesAway(stage: Stage, narrator: Narrator): Promise<void> {
  narrator.say(
    "sender.tld moves to another provider while Romeo and the nurse go on writing. Only its zone is edited; " +
      `the stated bound is ${seconds(BOUND_MS)}.`,
  );
  const marks = { originating: stage.originating.events.length, receiving: stage.receiving.events.length };
  const stop = new AbortController();
  const romeo = keepWriting(stage.romeo, "romeo", stop.signal);
  const nurse = keepWriting(stage.nurse, "nurse", stop.signal);
  await stage.dns.replace(moveSender(stage.tree));
  await thePairStops(stage, narrator, marks, Date.now());
  stop.abort();
  const [ids] = await Promise.all([nurse, romeo]);
  await narrator.step("moved.other", "the other pair never noticed", () => unharmed(stage, marks, ids));
}

/** How many events each server had told when the chapter began. */
interface Marks {
  readonly originating: number;
  readonly receiving: number;
}

async function thePairStops(
  stage: Stage,
  narrator: Narrator,
  marks: Marks,
  changedAt: number,
): Promise<void> {
  const { originating, receiving, romeo } = stage;
  await narrator.step(
    "moved.delegation",
    "the re-check finds the delegation moved",
    () => told(receiving, marks.receiving, hasMoved, describeDelegation),
  );
  await narrator.step("moved.revoked", "the pair is revoked within the bound", async () => {
    const revoked = event("pair.revoked", { by: "us" }, "target.tld", "sender.tld");
    const seen = await told(receiving, marks.receiving, revoked, ({ cause }) => [`${cause}`]);
    const tookMs = seen ? Date.parse(seen.at) - changedAt : Infinity;
    if (seen === null || tookMs > BOUND_MS) return null;
    const lines = [...seen.lines, `after ${seconds(tookMs)}; the bound is ${seconds(BOUND_MS)}`];
    return { ...seen, lines, evidence: { ...seen.evidence, tookMs, boundMs: BOUND_MS } };
  });
  await narrator.step("moved.heard", "the other side stops sending", () => {
    const heard = event("pair.revoked", { by: "peer" }, "sender.tld", "target.tld");
    return told(
      originating,
      marks.originating,
      heard,
      ({ connection }) => [`<db:result type='invalid'> on ${connection}`],
    );
  });
  await narrator.step(
    "moved.bounced",
    "Romeo's next message comes back",
    () => received(romeo, (message) => errorOf(message) !== null),
  );
}

/** The delegation of sender.tld as it is after the move: it names another host. */
function hasMoved(told: ShownEvent): boolean {
  const targets = (told.detail?.targets ?? []) as readonly { host: string }[];
  return event("delegation.resolved", { domain: "sender.tld" })(told) &&
    !targets.some(({ host }) => host === ORIGINATING);
}

/** Writes numbered messages until it is told to stop; gives their ids. */
async function keepWriting(component: Component, user: string, stop: AbortSignal): Promise<string[]> {
  const ids: string[] = [];
  while (!stop.aborted) {
    const id = `${user}-${ids.length + 1}`;
    ids.push(id);
    await component.say(user, JULIET, id, `line ${ids.length}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return ids;
}

/** Every message of the nurse arrived, in order, on the connection of before, and neither server told of trouble. */
async function unharmed({ juliet, originating, receiving }: Stage, marks: Marks, ids: readonly string[]) {
  const came: (string | undefined)[] = [];
  while (came.length < ids.length) {
    const seen = await received(
      juliet,
      ({ attributes }) => attributes.from?.endsWith("@other-sender.tld") === true,
    );
    if (seen === null) return null;
    came.push(seen.stanza.attributes.id);
  }
  const events = [...originating.events.slice(marks.originating), ...receiving.events.slice(marks.receiving)];
  const row = (await originating.routes()).find(({ local }) => local === "other-sender.tld");
  const [first] = opened(originating);
  if (came.join() !== ids.join() || events.some(isTrouble) || row?.send.join() !== first) return null;
  return {
    by: juliet.domain,
    at: new Date().toISOString(),
    lines: [`all ${ids.length} messages of other-sender.tld arrived in order, still on ${first}`],
    evidence: { messages: ids.length, connection: first!, state: row!.state },
  };
}

/** For the pair of other-sender.tld. */
function isTrouble({ type, route }: ShownEvent): boolean {
  return /^pair\.|^stanza\.(bounced|discarded)/.test(type) &&
    (route?.local === "other-sender.tld" || route?.remote === "other-sender.tld");
}
