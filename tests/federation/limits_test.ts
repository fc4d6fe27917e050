/** Sizes and counts at the door (protocol.md 10). */
import assert from "node:assert/strict";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import { NS } from "../peer/names.ts";
import { header, open, request, secure } from "../peer/stream.ts";
import { child } from "../peer/xml.ts";
import { initiateBidi, message } from "./acts.ts";

/** A message padded to exactly `bytes`. */
function padded(id: string, bytes: number): string {
  const empty = message("romeo@sender.example", "juliet@target.example", id, "");
  return message("romeo@sender.example", "juliet@target.example", id, "x".repeat(bytes - empty.length));
}

Deno.test("LIM-3: a stanza of exactly the limit passes, one byte more is policy-violation", async () => {
  await using stage = await Stage.open({ settings: { limits: { stanza_bytes: 20_000 } } });
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(padded("fits", 20_000));
  await juliet.message({ id: "fits" });
  o.send(padded("over", 20_001));
  const error = await o.element(NS.stream, "error");
  assert.ok(child(error, NS.streamErrors, "policy-violation"), error.raw);
  assert.ok(child(error, NS.errors, "stanza-too-big"), error.raw);
  await o.closing();
});

Deno.test("LIM-3 LIM-5: the default limit is the one advertised", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(padded("fits", 524_288));
  await juliet.message({ id: "fits" });
  o.send(padded("over", 524_289));
  await o.streamError("policy-violation");
});

Deno.test("LIM-4: a stanza limit below 10000 is refused at start with exit code 2", async () => {
  await using stage = await Stage.open();
  const directory = await Deno.makeTempDir();
  const settings = { ...stage.server.settings, limits: { stanza_bytes: 9_999 } };
  await using refused = await VeronaServer.spawn(directory, settings);
  assert.equal(await refused.exited, 2);
  assert.match(refused.log.map((line) => line.text).join("\n"), /stanza_bytes/);
  await Deno.remove(directory, { recursive: true });
});

const address = "from='romeo@sender.example' to='juliet@target.example'";
const attributes = (count: number) => Array.from({ length: count }, (_, n) => `a${n}='1'`).join(" ");

const TOO_MUCH: Record<string, string> = {
  "65 levels": `<message ${address}>${"<a>".repeat(64)}${"</a>".repeat(64)}</message>`,
  "65 attributes": `<message ${address}><a ${attributes(65)}/></message>`,
  "a name of 257 bytes": `<message ${address}><${"n".repeat(257)}/></message>`,
  "a value over 16 KiB": `<message ${address}><a b='${"v".repeat(16_385)}'/></message>`,
  "a namespace over 1 KiB": `<message ${address}><a xmlns='${"u".repeat(1025)}'/></message>`,
  "10001 elements": `<message ${address}>${"<a/>".repeat(10_000)}</message>`,
};

for (const [what, stanza] of Object.entries(TOO_MUCH)) {
  Deno.test(`LIM-7: ${what}: policy-violation, not delivered; other streams stay`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const other = await stage.initiateWith("other-sender.example", "target.example");
    const o = await stage.initiateWith();
    o.send(stanza);
    await o.streamError("policy-violation");
    other.send(message("tybalt@other-sender.example", "juliet@target.example", "m2"));
    await juliet.message({ id: "m2" });
  });
}

const JUST_RIGHT: Record<string, string> = {
  "64 levels": `<message id='m' ${address}>${"<a>".repeat(63)}${"</a>".repeat(63)}</message>`,
  "64 attributes": `<message id='m' ${address}><a ${attributes(64)}/></message>`,
  "a name of 256 bytes": `<message id='m' ${address}><${"n".repeat(256)}/></message>`,
};

for (const [what, stanza] of Object.entries(JUST_RIGHT)) {
  Deno.test(`LIM-7: ${what} are allowed`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const o = await stage.initiateWith();
    o.send(stanza);
    await juliet.message({ id: "m" });
  });
}

Deno.test("LIM-7: a stream header over 8192 bytes, or a long language: policy-violation", async () => {
  await using stage = await Stage.open();
  const wide = `${header(SERVER_NAMES).slice(0, -1)} x='${"x".repeat(8192)}'>`;
  for (const long of [wide, header({ ...SERVER_NAMES, lang: "x".repeat(36) })]) {
    const o = await stage.dial();
    o.send(long);
    await o.header();
    await o.streamError("policy-violation");
  }
});

Deno.test("LIM-12: over the pending-request limit the last one gets resource-constraint", async () => {
  await using stage = await Stage.open({ settings: { limits: { pending_requests: 5 } } });
  const o = await stage.initiateWith();
  stage.world.dns.outage({ kind: "hold", until: new Promise<void>(() => {}) });
  for (let n = 1; n <= 6; n++) o.send(request(`p${n}.example`, "target.example"));
  await o.denial("p6.example", "target.example", "wait", "resource-constraint");
  await granted(o, "sender.example", "target.example"); // what is proven already costs nothing
});

Deno.test("LIM-12: thirty denials in a minute are borne, one more ends the stream; wait never counts", async () => {
  await using stage = await Stage.open({ settings: { limits: { denials_per_minute: 3 } } });
  const o = await initiateBidi(stage);
  stage.world.dns.fail("_xmpp-server._tcp.other-sender.example", "SRV", { kind: "servfail" });
  for (let n = 0; n < 5; n++) {
    o.send(request("other-sender.example", "target.example"));
    await o.denial("other-sender.example", "target.example", "wait", "remote-server-timeout");
  }
  for (let n = 0; n < 3; n++) {
    o.send(request("sender.example", `nowhere${n}.example`));
    await o.denial("sender.example", `nowhere${n}.example`, "cancel", "item-not-found");
  }
  o.send(request("sender.example", "nowhere9.example"));
  const seen = await o.until((element) => element.uri === NS.stream, "the stream error");
  assert.ok(child(seen.at(-1)!, NS.streamErrors, "policy-violation"), seen.at(-1)!.raw);
});

Deno.test("LIM-8: an unproven peer may not send elements over 10000 bytes", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  await open(o, { from: "sender.example", to: "target.example" });
  await secure(o, { identity: stage.world.originating, serverName: "target.example" });
  await open(o, { from: "sender.example", to: "target.example" });
  o.send(request("sender.example", "target.example", "k".repeat(10_001)));
  await o.streamError("policy-violation");
});
