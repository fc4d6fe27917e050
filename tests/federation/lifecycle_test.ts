/** Timers of negotiation, and shutdown (protocol.md 8.5, A-36). */
import assert from "node:assert/strict";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { open, secure } from "../peer/stream.ts";
import type { Conversation, Happening } from "../peer/conversation.ts";
import { arrival, bounced, message } from "./acts.ts";
import { CLOSING, header, request } from "../peer/stream.ts";

/** The defaults of `limits.negotiation_timeout` and `limits.header_timeout`. */
const [NEGOTIATION_MS, HEADER_MS] = [60_000, 20_000];

Deno.test("SM-17: negotiation that never ends in a request: connection-timeout", async () => {
  await using stage = await Stage.open({ movedClock: true });
  const { o } = await stage.initiate();
  await stage.server.advance(NEGOTIATION_MS);
  await o.streamError("connection-timeout");
  o.send(CLOSING);
  assert.equal((await o.farewell()).end, "fin");
});

Deno.test("SM-17: a granted pair ends the negotiation timer; the server-name pair alone does not", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const { o: idle } = await stage.initiate();
  await stage.server.advance(NEGOTIATION_MS);
  await idle.streamError("connection-timeout"); // by now the first one is older than the limit
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("SM-17: a peer that owes its header, or its handshake, is dropped", async () => {
  await using stage = await Stage.open({ movedClock: true });
  const silent = await stage.dial();
  const half = await stage.dial();
  await open(half, SERVER_NAMES);
  half.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  await half.anyElement("proceed");
  await stage.server.advance(HEADER_MS); // which is longer than a handshake may take
  assert.deepEqual((await half.farewell()).elements, []);
  await silent.farewell().catch((error) => assert.match(String(error), /saw header/)); // header and error are allowed
});

Deno.test("SM-18: SIGTERM: what is authorised is flushed, the rest bounced, system-shutdown, exit 0", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  juliet.say("juliet", "tybalt@other-sender.example", "waiting");
  const { r } = await arrival(stage);
  await r.request("target.example", "other-sender.example"); // never answered: its queue cannot be flushed
  o.send(message("romeo@sender.example", "juliet@target.example", "flushed"));
  await juliet.message({ id: "flushed" });

  stage.server.signal("SIGTERM");
  await bounced(juliet, "waiting", "remote-server-timeout", "wait");
  for (const stream of [o, r]) {
    await stream.streamError("system-shutdown");
    stream.send(CLOSING);
    const { end, closeNotify } = await stream.farewell();
    assert.deepEqual([end, closeNotify], ["fin", true]);
  }
  assert.equal(await stage.server.exited, 0);
});

Deno.test("SM-18: during the drain no new stream is taken and no new request granted", async () => {
  await using stage = await Stage.open({ settings: { limits: { shutdown_grace: "1m" } } });
  const o = await stage.initiateWith();
  stage.server.signal("SIGTERM");
  await o.streamError("system-shutdown"); // the peer does not close yet: the drain is under way
  o.send(request("other-sender.example", "target.example"));
  const late: Conversation | null = await stage.dial("late").catch(() => null); // refused at TCP, or closed without features
  if (late !== null) {
    late.send(header(SERVER_NAMES));
    for (;;) {
      const item: Happening = await late.next("the end");
      assert.ok(item.kind !== "element" || item.element.name === "error", late.transcript.toString());
      if (item.kind === "fin" || item.kind === "reset") break;
    }
  }
  o.send(CLOSING);
  assert.deepEqual((await o.farewell()).elements, []);
  assert.equal(await stage.server.exited, 0);
});

Deno.test("SM-18: SIGTERM with nothing open: exit 0 at once", async () => {
  await using stage = await Stage.open();
  assert.equal(await stage.server.stop(), 0);
});

Deno.test("R-1: a peer that resets right after connecting disturbs nobody", async () => {
  await using stage = await Stage.open();
  for (let n = 0; n < 50; n++) (await stage.dial()).wire.reset();
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  await secure(o, stage.originatingTls);
  await open(o, SERVER_NAMES);
  await granted(o, "sender.example", "target.example");
});
