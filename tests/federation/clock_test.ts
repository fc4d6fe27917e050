/** The times of protocol.md 10 as they are by default, with a clock that the test moves. */
import assert from "node:assert/strict";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { srvOwner } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { denial, open, request, secure, STARTTLS } from "../peer/stream.ts";
import { arrival, bidiArrival, bounced, fence, grant } from "./acts.ts";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
const moved: StageOptions = { movedClock: true };

Deno.test("DNA-49 DNA-52: a verdict that does not come: nothing at 59 s, the bounce at 60 s", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await r.request("target.example", "sender.example");
  r.send(`<db:result from='target.example' to='sender.example' type='valid'/>`); // not swapped: A-1
  await fence(r);
  await stage.server.advance(59 * SECOND);
  await fence(r);
  assert.deepEqual(juliet.stream.waiting, []);
  await stage.server.advance(SECOND);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
});

Deno.test("RTE-11: the queue age is 90 s", async () => {
  await using stage = await Stage.open({ ...moved, settings: { limits: { verdict_timeout: "10m" } } });
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await r.request("target.example", "sender.example");
  await stage.server.advance(89 * SECOND);
  await fence(r);
  assert.deepEqual(juliet.stream.waiting, []);
  await stage.server.advance(2 * SECOND);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
});

Deno.test("SM-17: negotiation has 60 s", async () => {
  await using stage = await Stage.open(moved);
  const { o } = await stage.initiate();
  await stage.server.advance(58 * SECOND);
  await fenceless(stage);
  assert.deepEqual(o.waiting, []);
  await stage.server.advance(3 * SECOND);
  await o.streamError("connection-timeout");
});

/** One byte each five seconds. */
async function trickle(stage: Stage, o: Conversation, bytes: string, seconds: number): Promise<void> {
  for (let at = 0; at < seconds; at += 5) {
    o.send(bytes[at / 5]!);
    await stage.server.advance(5 * SECOND);
  }
}

Deno.test("LIM-11: a header that comes byte by byte is dropped after 20 s", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.dial();
  await stage.server.told({ event: "connection.opened" });
  await trickle(stage, o, "<?xml", 15);
  await fenceless(stage);
  assert.deepEqual(o.waiting, [], "it had twenty seconds");
  await trickle(stage, o, "m", 5);
  const { elements, closingTag } = await o.farewell();
  assert.deepEqual([elements, closingTag], [[], false]);
  await stage.server.told({ event: "connection.failed", cause: "stream.header-timeout" });
});

Deno.test("LIM-11: a header after TLS that does not come is waited for 20 s", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  await secure(o, stage.originatingTls);
  await stage.server.told({ event: "connection.secured" });
  await trickle(stage, o, "<?xml", 20);
  await o.farewell();
  await stage.server.told({ event: "connection.failed", cause: "stream.header-timeout" });
});

Deno.test("LIM-11: a TLS handshake that comes byte by byte is dropped after 15 s, without XML", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.send(STARTTLS);
  await o.element(NS.tls, "proceed");
  for (const byte of [22, 3]) {
    o.wire.writeRaw(new Uint8Array([byte]));
    await stage.server.advance(5 * SECOND);
  }
  await fenceless(stage);
  assert.deepEqual(o.waiting, [], "it had fifteen seconds");
  o.wire.writeRaw(new Uint8Array([1]));
  await stage.server.advance(5 * SECOND);
  const { elements, closingTag } = await o.farewell();
  assert.deepEqual([elements, closingTag], [[], false]);
  await stage.server.told({ event: "connection.failed", cause: "tls.timeout" });
});

/** Another stream is served meanwhile: the server has done what was due. */
async function fenceless(stage: Stage): Promise<void> {
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.wire.reset();
}

Deno.test("STR-25: an idle stream is closed after an hour, without error, and dropped 5 s later", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  await stage.server.advance(HOUR + 6 * MINUTE);
  await o.closing();
  await stage.server.advance(5 * SECOND);
  const { elements, end } = await o.farewell();
  assert.deepEqual([elements, end], [[], "fin"]);
});

Deno.test("A-33: a pair revoked by the operator is blocked for ten minutes, then granted on request", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  await granted(o, "other-sender.example", "target.example");
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", {});
  await o.verdict("sender.example", "target.example", "invalid");
  await stage.server.advance(9 * MINUTE);
  o.send(request("sender.example", "target.example"));
  await o.denial("sender.example", "target.example", "cancel", "not-allowed");
  await stage.server.advance(MINUTE);
  await granted(o, "sender.example", "target.example");
});

Deno.test("RTE-5: a negative entry bounces for ten minutes, then the pair is asked for again", async () => {
  await using stage = await Stage.open(moved);
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  r.send(denial("target.example", "sender.example", "cancel", "item-not-found"));
  await bounced(juliet, "m1", "remote-server-timeout", "cancel");
  await stage.server.advance(9 * MINUTE);
  juliet.say("juliet", "romeo@sender.example", "m2");
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
  await stage.server.advance(2 * MINUTE);
  juliet.say("juliet", "romeo@sender.example", "m3");
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m3" });
});

/** When the server means to look again for `sender.example`. */
async function recheckAt(stage: Stage): Promise<string> {
  const { proofs } = await stage.server.api("/proofs");
  return proofs.find((row: { domain: string }) => row.domain === "sender.example").recheckAt;
}

Deno.test("DNA-53: the soft bound is five minutes at the earliest: moved before, revoked then", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  const asked = () => stage.world.dns.asked(srvOwner("sender.example"), "SRV").length;
  const before = asked();
  stage.world.delegate(stage.world.zone("sender.example"), ["elsewhere.example"]);
  await stage.server.advance(4.9 * MINUTE);
  await granted(o, "sender.example", "target.example");
  assert.equal(asked(), before);
  await stage.server.advanceTo(await recheckAt(stage));
  await o.verdict("sender.example", "target.example", "invalid");
});

Deno.test("DNA-53 DNA-55: a bogus re-check is only a suspicion; the third in a row revokes", async () => {
  await using stage = await Stage.open(moved);
  const o = await stage.initiateWith();
  const zone = stage.world.zone("sender.example");
  const damage = () => zone.damage(srvOwner("sender.example"), "SRV", "corrupt");
  const rechecked = async (outcome: string, move: () => Promise<void>) => {
    const since = stage.server.log.length;
    await move();
    await stage.server.told({ event: "proof.rechecked", domain: "sender.example", outcome }, since);
    await granted(o, "sender.example", "target.example"); // still good
  };
  const due = async () => await stage.server.advanceTo(await recheckAt(stage));
  damage();
  await rechecked("suspected", due);
  zone.repair(srvOwner("sender.example"), "SRV");
  await rechecked("held", () => stage.server.advance(20 * SECOND)); // anything else ends the suspicion

  damage();
  await rechecked("suspected", due);
  await rechecked("suspected", due); // 20 s later: it says so
  await stage.server.advance(40 * SECOND);
  await o.verdict("sender.example", "target.example", "invalid");
});

Deno.test("3.9: a proof whose re-check is postponed says when it is looked at next: after one minute, after two; then by its own time", async () => {
  await using stage = await Stage.open(moved);
  await stage.initiateWith();
  /** How long after a look that was due the next one is planned. */
  const rechecked = async (outcome: string) => {
    const [due, since] = [await recheckAt(stage), stage.server.log.length];
    await stage.server.advanceTo(due);
    await stage.server.told({ event: "proof.rechecked", domain: "sender.example", outcome }, since);
    const { next } = await stage.server.eventually("the next look is planned", async () => {
      const next = await recheckAt(stage);
      return next !== due && { next };
    });
    assert.equal((await stage.server.route("target.example", "sender.example"))!.recheckAt, next);
    return (Date.parse(next) - Date.parse(due)) / SECOND;
  };
  // What the machine takes to ask in vain is not counted.
  const within = (seconds: number, least: number) =>
    assert.ok(seconds >= least && seconds < least + 30, `${seconds} s`);
  stage.world.dns.outage({ kind: "servfail" });
  within(await rechecked("postponed"), 60);
  within(await rechecked("postponed"), 120);
  stage.world.dns.resume();
  assert.ok(await rechecked("held") >= 4.5 * 60);
});
