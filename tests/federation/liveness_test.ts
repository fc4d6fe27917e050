/** Idle connections: looked after, kept, closed (protocol.md 4.10, 8.5), with a clock that the test moves. */
import assert from "node:assert/strict";
import { granted, Stage, type StageOptions } from "../harness/stage.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { CLOSING, DNA_FEATURES, SM } from "../peer/stream.ts";
import { child, type Element } from "../peer/xml.ts";
import { arrival, bounced, fence, grant, initiateBidi, message } from "./acts.ts";
import { count, enable, managed, managedArrival } from "./managed.ts";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
const moved: StageOptions = { movedClock: true };
const ROMEO = "romeo@sender.example", JULIET = "juliet@target.example";

/** Every element that has arrived and was not taken. */
const waiting = (o: Conversation): Element[] =>
  o.take().flatMap((item) => item.kind === "element" ? [item.element] : [item.kind as never]);

/** A bidi stream without stream management, with one authorised pair. */
async function bidi(stage: Stage): Promise<Conversation> {
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  return o;
}

const reply = ({ attributes: { id, from, to } }: Element, type: string, inside = "") =>
  `<iq type='${type}' id='${id}' from='${to}' to='${from}'>${inside}</iq>`;
const UNAVAILABLE =
  `<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;

Deno.test("SM-13: stream management on, silent but answering for 16 minutes: three questions, five minutes apart", async () => {
  await using stage = await Stage.open(moved);
  const o = await managed(stage);
  let questions = 0;
  for (let minute = 1; minute <= 16; minute++) {
    await stage.server.advance(MINUTE);
    await stage.server.connections(); // what was due is out by now
    for (const element of waiting(o)) {
      assert.deepEqual([element.uri, element.name, minute % 5], [NS.sm, "r", 0], o.transcript.toString());
      questions++;
      o.send(SM.answer(0));
      await count(o); // it is read before the clock goes on
    }
  }
  assert.equal(questions, 3);
});

Deno.test("SM-12: a silent peer that ignores the question is told connection-timeout after a minute, and dropped", async () => {
  await using stage = await Stage.open(moved);
  const o = await managed(stage);
  await stage.server.advance(5 * MINUTE);
  await o.element(NS.sm, "r");
  await stage.server.advance(59 * SECOND);
  assert.deepEqual(o.waiting, []);
  await stage.server.advance(SECOND);
  const error = await o.element(NS.stream, "error");
  assert.ok(child(error, NS.streamErrors, "connection-timeout"), error.raw);
  await o.element(NS.sm, "a");
  await o.closing();
  await stage.server.advance(5 * SECOND);
  assert.equal((await o.farewell()).end, "fin");
});

for (
  const [what, type, inside] of [["a result", "result", ""], ["an error", "error", UNAVAILABLE]] as const
) {
  Deno.test(`SM-14: bidi without stream management: one ping after five minutes; ${what} is an answer`, async () => {
    await using stage = await Stage.open(moved);
    await using juliet = await stage.component();
    const o = await bidi(stage);
    await stage.server.advance(5 * MINUTE);
    const ping = await o.iq({ type: "get", from: "target.example", to: "sender.example" });
    assert.ok(child(ping, NS.ping, "ping"), ping.raw);
    await stage.server.advance(59 * SECOND);
    o.send(reply(ping, type, inside));
    await fence(o);
    await stage.server.advance(2 * SECOND);
    assert.deepEqual(o.waiting, []);
    await stage.server.advance(3 * MINUTE + 50 * SECOND); // the fence was traffic
    assert.deepEqual(o.waiting, []);
    o.send(message(ROMEO, JULIET, "m1"));
    await juliet.message({ id: "m1" }); // and the reply never came to the component
  });
}

Deno.test("SM-12: a ping that nobody answers: connection-timeout after a minute", async () => {
  await using stage = await Stage.open(moved);
  const o = await bidi(stage);
  await stage.server.advance(5 * MINUTE);
  await o.iq({ type: "get" });
  await stage.server.advance(MINUTE);
  await o.streamError("connection-timeout");
  await stage.server.told({ event: "stream.error", cause: "stream.silent" });
});

Deno.test("SM-14: a reply for another pair, or with an id that nobody gave out, is the component's own affair", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  const o = await bidi(stage);
  await stage.server.advance(5 * MINUTE);
  const ping = await o.iq({ type: "get" });
  const other = { ...ping, attributes: { ...ping.attributes, id: "other" } };
  o.send(reply(other, "result"));
  await juliet.iq({ id: "other", type: "result" });
  o.send(reply(ping, "result") + reply(ping, "result")); // the second is late, and ours all the same
  await fence(o);
  assert.deepEqual(juliet.stream.waiting, []);
});

Deno.test("8.5: one-way without stream management: white space every five minutes, nothing else", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  for (let n = 1; n <= 3; n++) {
    await stage.server.advance(5 * MINUTE);
    await stage.server.eventually("white space", () => Promise.resolve(blanks(o) === n));
  }
  assert.deepEqual(o.waiting, []);
});

/** Single spaces that came by themselves. */
const blanks = (o: Conversation) =>
  o.transcript.entries.filter(({ direction, text }) => direction === "received" && text === " ").length;

Deno.test("4.10: a peer that bears less silence hears from us at 80 % of it", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const limits = `<limits xmlns='${NS.limits}'><idle-seconds>100</idle-seconds></limits>`;
  const { r } = await arrival(stage, { features: [...DNA_FEATURES, limits] });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  await stage.server.advance(79 * SECOND);
  assert.equal(blanks(r), 0);
  for (let n = 1; n <= 4; n++) {
    await stage.server.advance(80 * SECOND);
    await stage.server.eventually("white space", () => Promise.resolve(blanks(r) === n));
  }
});

Deno.test("SM-15: an hour without a stanza: the initiator closes, without an error; checks are no traffic", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage, { bidi: true });
  await r.message({ id: "m1" });
  r.send(SM.answer(1));
  await count(r);
  for (let minute = 5; minute < 60; minute += 5) {
    await stage.server.advance(5 * MINUTE);
    r.send(SM.request);
    const seen = await r.until(({ name }) => name === "a", "the count");
    assert.ok(seen.slice(0, -1).every(({ name }) => name === "r"), r.transcript.toString());
    r.send(SM.answer(1));
    await count(r); // it is read before the clock goes on
  }
  await stage.server.advance(5 * MINUTE + SECOND);
  const last = await r.until(({ name }) => name === "a", "the last words");
  assert.ok(last.every(({ name }) => name !== "error"), r.transcript.toString());
  await r.closing();
  r.send(CLOSING);
  await stage.server.told({ event: "connection.closed", cause: "stream.idle" });
});

Deno.test("SM-15: the receiving side leaves it to the initiator, and closes five minutes later", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  await stage.server.advance(HOUR + 4 * MINUTE);
  assert.deepEqual(o.waiting, []);
  await stage.server.advance(2 * MINUTE);
  await o.closing();
});

Deno.test("SM-15: not while a stanza is unacknowledged", async () => {
  await using stage = await Stage.open({ ...moved, settings: { limits: { ack_timeout: "10h" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  // Looks come every five minutes: none is due while the answer is under way.
  await stage.server.advance(2 * HOUR + 2 * MINUTE);
  assert.deepEqual(waiting(r).map(({ name }) => name), ["r"]);
  r.send(SM.answer(1));
  assert.equal(await count(r), 0);
  await stage.server.advance(6 * MINUTE);
  await r.until(({ name }) => name === "a", "the last words");
  await r.closing();
});

Deno.test("8.5: what comes in shows that the peer is there; nobody is asked meanwhile", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  await enable(o);
  for (let n = 1; n <= 5; n++) {
    await stage.server.advance(4 * MINUTE);
    o.send(message(ROMEO, JULIET, `m${n}`));
    await juliet.message({ id: `m${n}` });
  }
  assert.deepEqual(o.waiting, []);
});

Deno.test("8.3: a lost connection's own pings are bounced to nobody", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  const o = await bidi(stage); // what is written before it enables is kept
  await stage.server.advance(8 * SECOND);
  juliet.say("juliet", ROMEO, "m1");
  await o.message({ id: "m1" });
  o.wire.reset();
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.deepEqual(juliet.stream.waiting, []);
});
