/** Proofs by dialback are looked at again after a day: the same key, the same stream (protocol.md 3.9). */
import assert from "node:assert/strict";
import { Stage, type StageOptions } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { request } from "../peer/stream.ts";
import { calledBack, message, reply } from "./acts.ts";

const SENDER = "unsigned.example";
const TARGET = "target.example";
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";
const HOUR = 3_600_000;

const daily: StageOptions = {
  movedClock: true,
  settings: { policy: { proof: "encrypted" }, limits: { idle_timeout: "90h", idle_check: "90h" } },
};

/** One pair granted by dialback, and when it wants to be looked at again. */
async function verified(stage: Stage): Promise<{ o: Conversation; id: string; recheckAt: string }> {
  const { o } = await stage.initiate(); // one way: nobody pings it through the day
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
  const { proofs } = await stage.server.api("/proofs");
  assert.equal(proofs[0].prooftype, "dialback");
  return { o, id: asked.attributes.id!, recheckAt: proofs[0].recheckAt };
}

/** Moves the clock to the re-check, up to the question. */
async function askedAgain(stage: Stage, recheckAt: string) {
  await stage.server.advanceTo(recheckAt);
  return await calledBack(stage);
}

Deno.test("DB-2: a proof by dialback is re-checked after 24 h by the same key and stream id, and holds", async () => {
  await using stage = await Stage.open(daily);
  await using juliet = await stage.component();
  const { o, id, recheckAt } = await verified(stage);
  const aheadMs = Date.parse(recheckAt) - Date.now();
  assert.ok(aheadMs > 21 * HOUR && aheadMs < 27 * HOUR, recheckAt); // 24 h, jitter of 10 %
  const { r: a, asked } = await askedAgain(stage, recheckAt);
  assert.deepEqual([asked.attributes.id, asked.text], [id, KEY]);
  a.send(reply(asked, "valid"));
  await stage.server.told({ event: "proof.rechecked", outcome: "held", domain: SENDER });
  o.send(message(`romeo@${SENDER}`, "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("DB-4: refuted at the re-check, the pair is revoked", async () => {
  await using stage = await Stage.open(daily);
  const { o, recheckAt } = await verified(stage);
  const { r: a, asked } = await askedAgain(stage, recheckAt);
  a.send(reply(asked, "invalid"));
  await o.verdict(SENDER, TARGET, "invalid");
  await stage.server.told({ event: "pair.revoked", cause: "dialback.refuted", remote: SENDER });
});

Deno.test("DB-7: a server that is out of reach at the re-check does not revoke: it is tried again", async () => {
  await using stage = await Stage.open(daily);
  await using juliet = await stage.component();
  const { o, recheckAt } = await verified(stage);
  await stage.server.advanceTo(recheckAt);
  const silent = await stage.peer.accept();
  silent.wire.destroy();
  await stage.server.told({ event: "proof.rechecked", outcome: "postponed", domain: SENDER });
  o.send(message(`romeo@${SENDER}`, "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  await stage.server.advance(60_000);
  const { r: a, asked } = await calledBack(stage);
  a.send(reply(asked, "valid"));
  await stage.server.told({ event: "proof.rechecked", outcome: "held", domain: SENDER });
  assert.ok(!o.waiting.some((item) => item.kind === "element" && item.element.uri === NS.db));
});
