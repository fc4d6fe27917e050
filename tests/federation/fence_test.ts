/** `policy.fence`: a peer without stream management shows by a returned ping what has arrived. protocol.md 8.3. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import type { Component } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Element } from "../peer/xml.ts";
import { arrival, bounced, grant } from "./acts.ts";

const fenced = (limits = {}) => Stage.open({ settings: { policy: { fence: true }, limits } });

/** Juliet's messages up to `last` arrive, then the ping that fences them. */
async function sentAndFenced(
  stage: Stage,
  juliet: Component,
  last: number,
): Promise<[Conversation, Element]> {
  juliet.say("juliet", "romeo@sender.example", "m0");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m0" });
  for (let n = 1; n <= last; n++) juliet.say("juliet", "romeo@sender.example", `m${n}`);
  for (let n = 1; n <= last; n++) await r.message({ id: `m${n}` });
  return [r, await r.iq({ type: "get", from: "target.example", to: "sender.example" })];
}

/** The peer's answer comes by its own stream, as from a peer without bidi. */
async function answered(stage: Stage, { attributes: { id } }: Element): Promise<void> {
  const o = await stage.initiateWith();
  o.send(`<iq type='result' from='sender.example' to='target.example' id='${id}'/>`);
}

Deno.test("what a returned fence covers is not bounced when the connection is lost; what came after it is", async () => {
  await using stage = await fenced();
  await using juliet = await stage.component();
  const [r, ping] = await sentAndFenced(stage, juliet, 3);
  await answered(stage, ping);
  const { id } = (await stage.server.connections()).find(({ direction }) => direction === "out");
  await stage.server.eventually("the fence to have come back", async () => {
    const rows = await stage.server.connections();
    return rows.find((row) => row.id === id)?.unacknowledged === 0;
  });
  juliet.say("juliet", "romeo@sender.example", "after");
  await r.message({ id: "after" });
  r.wire.reset();
  await bounced(juliet, "after", "remote-server-timeout", "wait");
  const closed = await stage.server.told({ event: "connection.closed", connection: id });
  assert.deepEqual([closed.unconfirmed, closed.unacknowledged], [0, 1]);
});

Deno.test("a fence that has not come back covers nothing", async () => {
  await using stage = await fenced();
  await using juliet = await stage.component();
  const [r] = await sentAndFenced(stage, juliet, 2);
  r.wire.reset();
  for (const id of ["m0", "m1", "m2"]) await bounced(juliet, id, "remote-server-timeout", "wait");
});

Deno.test("a peer that lets the fence lie is not asked again, and what was written is counted", async () => {
  await using stage = await fenced({ ack_timeout: "300ms" });
  await using juliet = await stage.component();
  const [r] = await sentAndFenced(stage, juliet, 1);
  const [{ id }] = await stage.server.connections() as [{ id: string }];
  await stage.server.eventually("the fence to be given up", async () => {
    const [row] = await stage.server.connections();
    return row.writtenUnconfirmed > 0;
  });
  r.wire.reset();
  const closed = await stage.server.told({ event: "connection.closed", connection: id });
  assert.deepEqual([closed.unconfirmed > 0, closed.unacknowledged], [true, 0]);
});
