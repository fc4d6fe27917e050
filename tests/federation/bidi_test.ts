/** XEP-0288 with DNA: traces T7 and T10 (protocol.md 2.8). */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { NS } from "../peer/names.ts";
import {
  BIDI,
  BIDI_WITHOUT_MARKER,
  DNA_BIDI_FEATURES,
  FEATURE,
  open,
  request,
  secure,
  verdict,
} from "../peer/stream.ts";
import { child } from "../peer/xml.ts";
import { SERVER_NAMES } from "../harness/stage.ts";
import { arrival, bidiArrival, bounced, fence, grant, initiateBidi, message } from "./acts.ts";

Deno.test("BID-2: as initiator, one bidi element after TLS and before the request, with limits and marker", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage, { features: DNA_BIDI_FEATURES });
  const bidi = await r.element(NS.bidi, "bidi");
  assert.ok(child(bidi, NS.dna, "dna"), bidi.raw);
  assert.equal(child(child(bidi, NS.limits, "limits")!, NS.limits, "max-bytes")?.text, "524288");
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "tybalt@other-sender.example", "m2");
  await grant(r, "target.example", "other-sender.example"); // no second <bidi/> before it
  await r.message({ id: "m2" });
});

Deno.test("BID-3: not offered, not enabled: answers travel on a connection of the other side", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example"); // the request comes first: no <bidi/>
  await r.message({ id: "m1" });

  const o = await stage.initiateWith(); // the peer's own way for its answers, one-way as well
  o.send(message("romeo@sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
  juliet.say("juliet", "romeo@sender.example", "m3");
  await r.message({ id: "m3" }); // on the server's own connection, not on O
  assert.deepEqual(o.waiting, []);
});

Deno.test("BID-4: with bidi the inverse of a granted pair flows back on the same connection", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  juliet.say("juliet", "romeo@sender.example", "j1");
  await o.message({ id: "j1", from: "juliet@target.example/x" });
  assert.equal(stage.peer.count, 0);
});

Deno.test("BID-6: nothing flows back before the grant", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage);
  const release = stage.world.dns.hold("_xmpp-server._tcp.sender.example", "SRV");
  o.send(request("sender.example", "target.example"));
  juliet.say("juliet", "romeo@sender.example", "j1");
  await stage.world.dns.awaitQuestion("_xmpp-server._tcp.sender.example", "SRV");
  await fence(o);
  release();
  const elements = await o.until((element) => element.attributes.id === "j1", "the message");
  assert.equal(elements[0]?.name, "result", o.transcript.toString()); // a verdict or a reverse request, never a stanza
});

Deno.test("BID-7: as initiator, a stanza of a domain never verified there is invalid-from", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(message("romeo@sender.example", "juliet@target.example", "r1"));
  await juliet.message({ id: "r1" });
  r.send(message("tybalt@other-sender.example", "juliet@target.example", "r2"));
  await r.streamError("invalid-from");
});

Deno.test("BID-8: trace T7 from the other chair: our reverse request is proven by DNA and granted", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  r.send(request("other-sender.example", "other-target.example"));
  await r.verdict("other-sender.example", "other-target.example", "valid");
  r.send(message("tybalt@other-sender.example", "nurse@other-target.example", "n1"));
  await nurse.message({ id: "n1" });
  r.send(request("unsigned.example", "target.example"));
  await r.denial("unsigned.example", "target.example", "auth", "not-authorized");
});

Deno.test("BID-8: trace T7: the server asks in the reverse direction on the peer's connection", async () => {
  await using stage = await Stage.open();
  await using nurse = await stage.component("other-target.example");
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  nurse.say("nurse", "romeo@sender.example", "n1");
  await o.request("other-target.example", "sender.example");
  o.send(verdict("other-target.example", "sender.example", "valid"));
  await o.message({ id: "n1" });
  assert.equal(stage.peer.count, 0);
});

Deno.test("BID-10: a peer whose bidi had no marker gets no reverse request: a new connection instead", async () => {
  await using stage = await Stage.open();
  await using nurse = await stage.component("other-target.example");
  const o = await initiateBidi(stage, BIDI_WITHOUT_MARKER);
  await granted(o, "sender.example", "target.example");
  nurse.say("nurse", "romeo@sender.example", "n1");
  const { r } = await arrival(stage);
  await grant(r, "other-target.example", "sender.example");
  await r.message({ id: "n1" });
  assert.deepEqual(o.waiting, []);
});

Deno.test("BID-5 BID-11: bidi before TLS, or after the first request, is ignored: the server stays one-way", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.send(BIDI);
  await secure(o, stage.originatingTls);
  await open(o, SERVER_NAMES);
  await granted(o, "sender.example", "target.example");
  o.send(BIDI);
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" }); // <bidi/> has been read and the stream lives
  juliet.say("juliet", "romeo@sender.example", "j1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "j1" });
  assert.deepEqual(o.waiting, []);
});

const LIMITED = (maxBytes: number) =>
  `<bidi xmlns='${NS.bidi}'>${FEATURE.limits(maxBytes)}<dna xmlns='${NS.dna}'/></bidi>`;

Deno.test("BID-13 LIM-6: limits inside bidi are honoured: a larger stanza is bounced, not written", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await initiateBidi(stage, LIMITED(10_000));
  await granted(o, "sender.example", "target.example");
  juliet.say("juliet", "romeo@sender.example", "big", "x".repeat(10_000));
  const error = await bounced(juliet, "big", "policy-violation", "modify");
  assert.equal(child(error, NS.component, "error")?.attributes.by, undefined);
  juliet.say("juliet", "romeo@sender.example", "small");
  await o.message({ id: "small" });
});

Deno.test("LIM-6: limits in the peer's features are honoured by the initiator", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage, { features: [FEATURE.dialback, FEATURE.dna, FEATURE.limits(10_000)] });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  juliet.say("juliet", "romeo@sender.example", "big", "x".repeat(10_000));
  await bounced(juliet, "big", "policy-violation", "modify");
  juliet.say("juliet", "romeo@sender.example", "small");
  await r.message({ id: "small" });
});
