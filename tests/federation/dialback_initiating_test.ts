/** The server under test as initiating server: what becomes of its keys (protocol.md 2.7, 7.6). */
import assert from "node:assert/strict";
import { DIALBACK_SECRET, Stage } from "../harness/stage.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { CLOSING, denial, DNA_FEATURES, FEATURE, verdict } from "../peer/stream.ts";
import { arrival, bidiArrival, bounced, fence, grant } from "./acts.ts";

const SENDER = "target.example";
const TARGET = "sender.example";

Deno.test("DB-13: the key is made for the id of the latest response header, not for one before it", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${TARGET}`, "m1");
  const { r } = await arrival(stage, { plainId: "before-tls", securedId: "after-tls" });
  const asked = await r.request(SENDER, TARGET);
  const pair = { secret: DIALBACK_SECRET, receiving: TARGET, originating: SENDER };
  assert.equal(asked.text, dialbackKey({ ...pair, streamId: "after-tls" }));
});

Deno.test("DB-18: after invalid the queue is bounced with internal-server-error, and nothing more is sent", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${TARGET}`, "m1");
  const { r } = await arrival(stage);
  await r.request(SENDER, TARGET);
  r.send(verdict(SENDER, TARGET, "invalid"));
  await bounced(juliet, "m1", "internal-server-error", "cancel");
  // 7.6: nothing else is valid on the stream, so it is of no use to us either.
  await r.closing();
  r.send(CLOSING);
  assert.equal((await r.farewell()).end, "fin");
  await stage.server.told({ event: "connection.closed", cause: "peer.invalid" });
});

Deno.test("DB-18: after invalid a stream with another valid pair goes on", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", `romeo@${TARGET}`, "m1");
  const { r } = await arrival(stage);
  await grant(r, SENDER, TARGET);
  await r.message({ id: "m1" });
  nurse.say("nurse", `romeo@${TARGET}`, "n1");
  await r.request("other-target.example", TARGET);
  r.send(verdict("other-target.example", TARGET, "invalid"));
  await bounced(nurse, "n1", "internal-server-error", "cancel");
  juliet.say("juliet", `romeo@${TARGET}`, "m2");
  await r.message({ id: "m2" });
});

Deno.test("DB-18: a request that was sent before still counts when it is granted after invalid", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", `romeo@${TARGET}`, "m1");
  const { r } = await arrival(stage);
  await r.request(SENDER, TARGET);
  nurse.say("nurse", `romeo@${TARGET}`, "n1");
  await r.request("other-target.example", TARGET);
  r.send(verdict(SENDER, TARGET, "invalid"));
  await bounced(juliet, "m1", "internal-server-error", "cancel");
  r.send(verdict("other-target.example", TARGET, "valid"));
  await r.message({ id: "n1" });
});

/** Every condition of 2.6.2, the name's last word, with what its sender is told; DB-20 is the one that is no stanza condition. */
const ERRORS: Record<string, [type: string, bounce: "cancel" | "wait"]> = {
  "DB-19: error item-not-found": ["cancel", "cancel"],
  "DB-19: error not-authorized": ["auth", "cancel"],
  "DB-19: error remote-server-timeout": ["wait", "wait"],
  "DB-19: error remote-server-not-found": ["cancel", "wait"],
  "DB-19: error forbidden": ["auth", "cancel"],
  "DB-19: error policy-violation": ["cancel", "cancel"],
  "DB-19: error not-allowed": ["cancel", "cancel"],
  "DB-19: error not-acceptable": ["modify", "cancel"],
  "DB-19: error resource-constraint": ["wait", "wait"],
  "DB-20: error remote-connection-failed": ["cancel", "wait"],
};

for (const [name, [type, bounce]] of Object.entries(ERRORS)) {
  const condition = name.split(" ").at(-1)!;
  Deno.test(`${name}: the queue is bounced with remote-server-timeout, other pairs go on`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    await using nurse = await stage.component("other-target.example");
    juliet.say("juliet", `romeo@${TARGET}`, "m1");
    const { r } = await bidiArrival(stage, {
      features: [FEATURE.dialbackWithoutErrors, FEATURE.dna, FEATURE.bidi],
    });
    await r.request(SENDER, TARGET);
    nurse.say("nurse", `romeo@${TARGET}`, "n1");
    await r.request("other-target.example", TARGET);
    r.send(denial(SENDER, TARGET, type, condition));
    await bounced(juliet, "m1", "remote-server-timeout", bounce);
    await fence(r);
    r.send(verdict("other-target.example", TARGET, "valid"));
    await r.message({ id: "n1" });
  });
}

Deno.test("DB-19: an error does not close the stream: the next pair is asked for on it", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", `romeo@${TARGET}`, "m1");
  const { r } = await arrival(stage, { features: DNA_FEATURES });
  await r.request(SENDER, TARGET);
  r.send(denial(SENDER, TARGET, "auth", "forbidden"));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  nurse.say("nurse", `romeo@${TARGET}`, "n1");
  await grant(r, "other-target.example", TARGET);
  await r.message({ id: "n1" });
  assert.equal(stage.peer.count, 1);
});
