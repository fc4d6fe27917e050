/** A peer that dies in mid-burst: every stanza is delivered, bounced, or counted as unconfirmed (protocol.md 8.3). */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Element } from "../peer/xml.ts";
import { arrival, grant } from "./acts.ts";

const BURST = 4000;
const BODY = "x".repeat(1000);

Deno.test("RTE-2: killed in mid-burst: order is kept, and delivered + bounced + unconfirmed is what was sent", async () => {
  await using stage = await Stage.open({ settings: { limits: { backoff_max: "100ms" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "start");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "start" });

  r.wire.pause(); // the server's writes back up
  for (let n = 0; n < BURST; n++) juliet.say("juliet", "romeo@sender.example", String(n), BODY);
  juliet.say("juliet", "nobody@missing.example", "fence");
  const bounces = await juliet.stream.until(({ attributes }) => attributes.id === "fence", "the fence");
  const ids = bounces.slice(0, -1).map(idOf);
  const before = taken(r);
  r.wire.reset();
  await stage.server.connected(0);
  juliet.say("juliet", "romeo@sender.example", "end");

  const again = await arrival(stage);
  await grant(again.r, "target.example", "sender.example");
  const after: number[] = [];
  await again.r.until(({ attributes }) => {
    if (attributes.id !== "end") after.push(Number(attributes.id));
    return attributes.id === "end";
  }, "the end of the burst");
  assert.deepEqual(after, after.toSorted((a, b) => a - b));
  assert.deepEqual(after.filter((id) => ids.includes(String(id))), [], "bounced and delivered");

  const unconfirmed = await counter(stage, "xmpp_s2s_stanzas_unconfirmed_total");
  const bounced = ids.length + taken(juliet.stream).length;
  assert.equal(
    after.length + bounced + unconfirmed,
    BURST + 1, /* "start" was never confirmed either */
    `${before.length} arrived`,
  );
  assert.ok(before.length <= unconfirmed);
});

const idOf = ({ attributes }: Element): string => attributes.id ?? "";

/** Ids that had arrived and were not looked at. */
const taken = (r: Conversation): string[] =>
  r.waiting.flatMap((item) => item.kind === "element" ? [idOf(item.element)] : []);

async function counter(stage: Stage, name: string): Promise<number> {
  const text = await (await fetch(`${stage.server.console}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)![1]);
}
