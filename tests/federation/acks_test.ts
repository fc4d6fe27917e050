/** XEP-0198 without resumption, both roles (protocol.md 8.1). */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { NS } from "../peer/names.ts";
import { CLOSING, DNA_BIDI_FEATURES, DNA_FEATURES, FEATURE, request, SM, verdict } from "../peer/stream.ts";
import { child } from "../peer/xml.ts";
import { arrival, bidiArrival, bounced, grant, initiateBidi, message } from "./acts.ts";
import { asked, count, enable, managed, managedArrival } from "./managed.ts";

const ROMEO = "romeo@sender.example", JULIET = "juliet@target.example";
const UNEXPECTED = { name: "failed", condition: "unexpected-request" };

/** Sends `<enable/>` and returns what is said to it. */
async function refusal(o: Awaited<ReturnType<typeof managed>>, word: string = SM.enable) {
  o.send(word);
  const failed = await o.element(NS.sm, "failed");
  return { name: failed.name, condition: failed.children[0]!.name };
}

Deno.test("SM-1: enable before the first pair is refused; behind it, it is not", async () => {
  await using stage = await Stage.open();
  const { o } = await stage.initiate();
  assert.deepEqual(await refusal(o), UNEXPECTED);
  await granted(o, "sender.example", "target.example");
  await enable(o);
  assert.equal(await count(o), 0);
});

Deno.test("SM-1: enable twice, or by the receiving side, is refused; resumption is not offered", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await managed(stage);
  assert.deepEqual(await refusal(o), UNEXPECTED);
  const resume = "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>";
  assert.deepEqual(await refusal(o, resume), { name: "failed", condition: "feature-not-implemented" });
  assert.equal(await count(o), 0);
  juliet.say("juliet", ROMEO, "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  assert.deepEqual(await refusal(r), UNEXPECTED);
});

Deno.test("SM-2: enable comes behind the first pair, before the first stanza, once", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  await using tybalt = await stage.component("other-target.example");
  tybalt.say("tybalt", ROMEO, "t1");
  await grant(r, "other-target.example", "sender.example");
  const seen = await r.until(({ attributes }) => attributes.id === "t1");
  assert.deepEqual(seen.filter(({ uri }) => uri === NS.sm).map(({ name }) => name), []);
});

Deno.test("SM-2: it is not enabled where it is not offered, nor where it was offered before TLS alone", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const { r } = await arrival(stage, { plainFeatures: [FEATURE.starttls, FEATURE.sm] });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  assert.equal((await stage.server.connections())[0].writtenUnconfirmed, 1);
});

Deno.test("SM-2: a peer that refuses to enable gets its stanzas without it", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const { r } = await arrival(stage, { features: [...DNA_FEATURES, FEATURE.sm] });
  await grant(r, "target.example", "sender.example");
  await r.element(NS.sm, "enable");
  await r.message({ id: "m1" });
  r.send(
    "<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
  );
  for (let n = 2; n < 12; n++) juliet.say("juliet", ROMEO, `m${n}`);
  for (let n = 2; n < 12; n++) await r.message({ id: `m${n}` });
  assert.equal((await stage.server.connections())[0].writtenUnconfirmed, 11);
});

Deno.test("SM-3: the count has every stanza, the rejected too, and nothing else", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await managed(stage);
  o.send(message(ROMEO, JULIET, "m1"));
  o.send(message(ROMEO, JULIET, "m2"));
  o.send(message(ROMEO, "tybalt@other-target.example", "m3")); // F5: never authorised
  o.send(request("sender.example", "target.example") + " \n");
  await o.verdict("sender.example", "target.example", "valid");
  assert.equal(await count(o), 3);
  for (const id of ["m1", "m2"]) await juliet.message({ id });
});

Deno.test("SM-3: on bidi both directions count for themselves; the server's own answers count as well", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await enable(o);
  for (const id of ["m1", "m2", "m3"]) o.send(message(ROMEO, JULIET, id));
  assert.equal(await count(o), 3);
  const ping = `<ping xmlns='${NS.ping}'/>`;
  o.send(`<iq type='get' id='p1' from='xmpp1.originating.example' to='xmpp1.receiving.example'>${ping}</iq>`);
  await o.iq({ id: "p1", type: "result" });
  for (const id of ["j1", "j2", "j3", "j4"]) juliet.say("juliet", ROMEO, id);
  assert.deepEqual(await asked(o), ["j1", "j2", "j3", "j4"]);
  o.send(SM.answer(5)); // with the answer to the ping
  assert.equal(await count(o), 4);
  const [row] = await stage.server.connections();
  assert.deepEqual([row.acknowledged, row.unacknowledged, row.writtenUnconfirmed], [5, 0, 0]);
});

Deno.test("SM-3: on a one-way stream the peer's answers count nothing and are welcome", async () => {
  await using stage = await Stage.open();
  const o = await managed(stage);
  o.send(SM.answer(0));
  assert.equal(await count(o), 0);
});

Deno.test("SM-4: the count is told at once, and within a second even when a component does not read", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await managed(stage);
  o.send(message(ROMEO, JULIET, "m1"));
  assert.equal(await count(o), 1);

  juliet.stream.wire.pause();
  let [sent, h] = [1, 1];
  for (;; sent++) {
    o.send(message(ROMEO, JULIET, `b${sent}`, "x".repeat(100_000)));
    const before = performance.now();
    h = await count(o);
    const took = performance.now() - before;
    assert.ok(took < 10_000, `${took} ms`); // a second of the server's, and what a busy machine adds
    if (h === sent) break; // what is merely queued is not handled
  }
  juliet.stream.wire.resume();
  for (let n = 0; n < sent; n++) await juliet.stream.anyElement(`m1 or b${n}`);
  await juliet.message({ id: `b${sent}` });
  assert.equal(await count(o), sent + 1);
});

Deno.test("cause route.slow-sink: a component that takes nothing is let go, so that the count goes on for the others", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const o = await managed(stage);
  juliet.stream.wire.pause();
  for (let n = 0; n < 60; n++) o.send(message(ROMEO, JULIET, `b${n}`, "x".repeat(100_000)));
  let h = 0;
  for (let tries = 0; h < 60 && tries < 20; tries++) {
    o.send(SM.request);
    await stage.server.advance(1000);
    h = Number((await o.element(NS.sm, "a")).attributes.h);
  }
  assert.equal(h, 60);
  await stage.server.told({ event: "component.detached", cause: "route.slow-sink" });
  await stage.server.told({ event: "stanza.bounced", cause: "route.component-away" });
});

Deno.test("SM-5 cause stream.handled-count: more than was sent is acknowledged", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  for (let n = 2; n <= 8; n++) juliet.say("juliet", ROMEO, `m${n}`);
  const seen = await r.until(({ attributes }) => attributes.id === "m8");
  assert.equal(seen.filter(({ name }) => name === "message").length, 8);
  r.send(SM.answer(10));
  const error = await r.until(({ uri }) => uri === NS.stream, "the stream error");
  const tooHigh = child(error.at(-1)!, NS.sm, "handled-count-too-high");
  assert.deepEqual(tooHigh?.attributes, { h: "10", "send-count": "8" }, r.transcript.toString());
  assert.ok(child(error.at(-1)!, NS.streamErrors, "undefined-condition"));
  await stage.server.told({ event: "stream.error", cause: "stream.handled-count" });
  await bounced(juliet, "m1", "remote-server-timeout", "wait"); // none of them was acknowledged
});

for (const h of ["6", "many", "-1"]) {
  Deno.test(`SM-5: after h='8', h='${h}' goes backwards or is no count`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    juliet.say("juliet", ROMEO, "m1");
    const r = await managedArrival(stage);
    for (let n = 2; n <= 8; n++) juliet.say("juliet", ROMEO, `m${n}`);
    await r.until(({ attributes }) => attributes.id === "m8");
    r.send(SM.answer(8) + `<a xmlns='${NS.sm}' h='${h}'/>`);
    const error = await r.until(({ uri }) => uri === NS.stream, "the stream error");
    assert.ok(child(error.at(-1)!, NS.sm, "handled-count-too-high"), error.at(-1)!.raw);
  });
}

Deno.test("8.1: the count is asked for after five stanzas or two seconds, one question at a time", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  await stage.server.advance(1900);
  for (const id of ["m2", "m3", "m4"]) juliet.say("juliet", ROMEO, id);
  for (const id of ["m2", "m3", "m4"]) await r.message({ id });
  await stage.server.advance(200);
  assert.deepEqual(await asked(r), []); // four stanzas, two seconds
  for (let n = 5; n <= 20; n++) juliet.say("juliet", ROMEO, `m${n}`);
  const rest = await r.until(({ attributes }) => attributes.id === "m20");
  assert.ok(rest.every(({ name }) => name === "message"), "a second question");
  r.send(SM.answer(4)); // sixteen are left
  assert.deepEqual(await asked(r), []);
  r.send(SM.answer(20));
  juliet.say("juliet", ROMEO, "m21");
  await r.message({ id: "m21" });
  await stage.server.advance(2000);
  assert.deepEqual(await asked(r), []);
});

Deno.test("SM-12 cause stream.silent: a question without an answer for a minute: connection-timeout, the rest bounced", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  await stage.server.advance(2000);
  assert.deepEqual(await asked(r), []);
  await stage.server.advance(59_000);
  r.send(SM.request); // it speaks, but it does not answer
  await r.element(NS.sm, "a");
  await stage.server.advance(1000);
  const last = await r.until(({ name }) => name === "a", "the last words");
  assert.ok(child(last[0]!, NS.streamErrors, "connection-timeout"), last[0]!.raw);
  await r.closing();
  r.send(CLOSING);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  await stage.server.told({ event: "connection.closed", cause: "stream.silent" });
});

Deno.test("8.1: beyond the window stanzas wait, in order and each pair with its share; the count lets them go", async () => {
  const limits = { sm_unacked_stanzas: 5, queue_stanzas: 20 };
  await using stage = await Stage.open({ settings: { limits } });
  await using juliet = await stage.component();
  await using tybalt = await stage.component("other-target.example");
  juliet.say("juliet", ROMEO, "j0");
  const r = await managedArrival(stage);
  await r.message({ id: "j0" });
  tybalt.say("tybalt", ROMEO, "t0");
  await grant(r, "other-target.example", "sender.example");
  await r.message({ id: "t0" });
  for (let n = 1; n <= 30; n++) juliet.say("juliet", ROMEO, `j${n}`);
  assert.deepEqual(await asked(r), ["j1", "j2", "j3"]); // five are out
  // The first 20 of the rest wait, the others find the queue full.
  for (let n = 24; n <= 30; n++) await bounced(juliet, `j${n}`, "resource-constraint", "wait");
  tybalt.say("tybalt", ROMEO, "t1");
  const full = await stage.server.eventually("21 stanzas wait", async () => {
    const rows = await stage.server.routes();
    return rows.reduce((sum, { queued }) => sum + queued, 0) === 21 && rows;
  });
  assert.deepEqual(full.map(({ local, queued }) => [local, queued]).sort(), [
    ["other-target.example", 1],
    ["target.example", 20],
  ]);
  r.send(SM.answer(4)); // four more may go
  assert.deepEqual(await asked(r), ["j4", "t1", "j5", "j6"]);
  const order: string[] = [];
  for (let h = 9; order.length < 17; h += 5) {
    r.send(SM.answer(h));
    order.push(...await asked(r));
  }
  assert.deepEqual(order, Array.from({ length: 17 }, (_, n) => `j${n + 7}`));
});

Deno.test("8.1: the window counts bytes too; what waits too long is bounced", async () => {
  const limits = { sm_unacked_bytes: "2KiB", queue_age: "5s" };
  await using stage = await Stage.open({ settings: { limits } });
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  for (const id of ["m2", "m3", "m4"]) juliet.say("juliet", ROMEO, id, "x".repeat(1000));
  assert.deepEqual(await asked(r), ["m2"]);
  for (const id of ["m3", "m4"]) await bounced(juliet, id, "remote-server-timeout", "wait");
  r.send(SM.answer(2));
  juliet.say("juliet", ROMEO, "m5", "x".repeat(5000)); // alone, it may be larger than the window
  await r.message({ id: "m5" });
});

Deno.test("SM-11: the last word before the closing tag is the count, at an idle close and at a shutdown", async () => {
  await using stage = await Stage.open({ settings: { limits: { idle_timeout: "4s" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage, { bidi: true });
  await r.message({ id: "m1" });
  r.send(SM.answer(1) + message(ROMEO, JULIET, "r1") + message(ROMEO, JULIET, "r2"));
  for (const id of ["r1", "r2"]) await juliet.message({ id });
  assert.equal((await r.element(NS.sm, "a")).attributes.h, "2");
  await r.closing();
  r.send(CLOSING);
  assert.deepEqual((await r.farewell()).elements, []);

  const o = await managed(stage);
  o.send(message(ROMEO, JULIET, "o1"));
  await juliet.message({ id: "o1" });
  stage.server.signal("SIGTERM");
  await o.element(NS.stream, "error");
  assert.equal((await o.element(NS.sm, "a")).attributes.h, "1");
  await o.closing();
  o.send(CLOSING);
  assert.equal(await stage.server.exited, 0);
});

Deno.test("SM-11 STR-24: a stanza right before the peer's closing tag is delivered and counted", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await managed(stage);
  o.send(message(ROMEO, JULIET, "m1") + CLOSING);
  await juliet.message({ id: "m1" });
  assert.equal((await o.element(NS.sm, "a")).attributes.h, "1");
  const { closingTag, elements } = await o.farewell();
  assert.deepEqual([closingTag, elements], [true, []]);
});

Deno.test("cause route.unacknowledged: at a graceful close the peer's final count decides; the rest is bounced", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  for (const id of ["m2", "m3"]) juliet.say("juliet", ROMEO, id);
  for (const id of ["m1", "m2", "m3"]) await r.message({ id });
  r.send(SM.answer(2) + CLOSING);
  await r.element(NS.sm, "r"); // one stanza is not acknowledged
  await r.element(NS.sm, "a");
  await r.closing();
  await r.farewell();
  await bounced(juliet, "m3", "remote-server-timeout", "wait");
  assert.deepEqual(juliet.stream.waiting, []);
  await stage.server.told({ event: "stanza.bounced", cause: "route.unacknowledged" });
});

Deno.test("8.3: a shutdown waits for the peer's final count before anything is bounced", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  await count(r); // it has read that the count is enabled
  stage.server.signal("SIGTERM");
  const last = await r.until(({ name }) => name === "a", "the count");
  assert.deepEqual(last.map(({ name }) => name), ["error", "r", "a"]);
  await r.closing();
  r.send(SM.answer(1) + CLOSING);
  const closed = await stage.server.told({ event: "connection.closed" });
  assert.deepEqual([closed.unacknowledged, closed.unconfirmed], [0, 0]);
});

Deno.test("8.1: what was written before the peer enabled is bounced when the connection goes, confirmed by its first count", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const lost = await initiateBidi(stage);
  await granted(lost, "sender.example", "target.example");
  juliet.say("juliet", ROMEO, "m1");
  await lost.message({ id: "m1" });
  lost.wire.reset();
  await bounced(juliet, "m1", "remote-server-timeout", "wait");

  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  juliet.say("juliet", ROMEO, "m2");
  await o.message({ id: "m2" });
  await enable(o);
  juliet.say("juliet", ROMEO, "m3");
  await o.message({ id: "m3" });
  o.send(SM.answer(1));
  await count(o);
  const [row] = await stage.server.connections();
  assert.deepEqual([row.acknowledged, row.unacknowledged], [2, 0]);
});

Deno.test("8.1: a peer that does not enable within ten seconds does without", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  juliet.say("juliet", ROMEO, "m1");
  await o.message({ id: "m1" });
  await stage.server.advance(10_000);
  const [row] = await stage.server.connections();
  assert.deepEqual([row.unacknowledged, row.writtenUnconfirmed], [0, 1]);
  await enable(o); // later is not too late
  juliet.say("juliet", ROMEO, "m2");
  await o.message({ id: "m2" });
  o.send(SM.answer(1));
  assert.equal(await count(o), 0);
  const [later] = await stage.server.connections();
  assert.deepEqual([later.acknowledged, later.writtenUnconfirmed], [1, 1]);
});

Deno.test("8.3: a revocation waits for the count; nothing of the pair is bounced", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", ROMEO, "m1");
  const r = await managedArrival(stage);
  await r.message({ id: "m1" });
  r.send(verdict("target.example", "sender.example", "invalid") + SM.answer(1));
  await stage.server.told({ event: "pair.revoked" });
  juliet.say("juliet", ROMEO, "m2");
  await grant(r, "target.example", "sender.example"); // asked for again
  await r.message({ id: "m2" });
  assert.deepEqual(juliet.stream.waiting, []);
  assert.equal((await stage.server.connections())[0].acknowledged, 1);
});

Deno.test("8.1: words of stream management out of their place change nothing", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(SM.request + SM.answer(77) + SM.enabled + `<failed xmlns='${NS.sm}'/><x xmlns='${NS.sm}'/>`);
  const error = await o.element(NS.stream, "error"); // the last is none of its words
  assert.ok(child(error, NS.streamErrors, "unsupported-stanza-type"));
  juliet.say("juliet", ROMEO, "m1");
  const { r } = await bidiArrival(stage, { features: DNA_BIDI_FEATURES });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(SM.enabled + SM.request + SM.answer(77));
  juliet.say("juliet", ROMEO, "m2");
  await r.message({ id: "m2" });
});
