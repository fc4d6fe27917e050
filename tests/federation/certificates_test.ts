/** Our certificates and the peers' over time: renewed, half written, about to end, ended (protocol.md 6.3, 6.6). */
import assert from "node:assert/strict";
import { OwnCertificate } from "../harness/own_certificate.ts";
import { SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import type { Identity } from "../peer/wire.ts";
import { request } from "../peer/stream.ts";
import { arrival, grant, message } from "./acts.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

const inFuture = (ms: number) => new Date(Date.now() + ms);
const pemOf = (stage: Stage) => `${stage.directory}/receiving.pem`;
const keyOf = (stage: Stage) => `${stage.directory}/receiving.key`;

/** As tools for renewal do: the new file beside the old one, then renamed. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

/** Which certificate the server shows to a newcomer. */
async function shown(stage: Stage): Promise<string> {
  const { o } = await stage.initiate();
  return o.tls!.certificate!.fingerprint256;
}

const renewed = (stage: Stage): Promise<Identity> => stage.world.ca.issue({ names: [RECEIVING] });

Deno.test("certificates: new files are taken up by themselves, open streams stay", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const before = await shown(stage);
  const identity = await renewed(stage);
  await replace(keyOf(stage), identity.key);
  await replace(pemOf(stage), identity.certificate);
  await stage.server.told({ event: "certificate.loaded" });
  assert.notEqual(await shown(stage), before);
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("cause tls.own-certificate: half-written files leave the old one in use, with one line, until they are whole", async () => {
  await using stage = await Stage.open();
  const before = await shown(stage);
  const identity = await renewed(stage);
  await Deno.writeTextFile(pemOf(stage), identity.certificate.slice(0, 200));
  const { why } = await stage.server.told({ event: "certificate.kept", cause: "tls.own-certificate" });
  assert.match(why, /receiving\.pem/);
  assert.equal(await shown(stage), before);
  const since = stage.server.log.length;
  await Deno.writeTextFile(pemOf(stage), identity.certificate); // whole, but for the other key
  await stage.server.told({ event: "certificate.kept" }, since);
  assert.equal(await shown(stage), before);
  await Deno.writeTextFile(keyOf(stage), identity.key);
  await stage.server.told({ event: "certificate.loaded" });
  assert.notEqual(await shown(stage), before);
});

Deno.test("certificates: links that lead to other files are followed, as certbot sets them", async () => {
  await using stage = await Stage.open();
  const identity = await renewed(stage);
  const before = await shown(stage);
  const archive = `${stage.directory}/archive`;
  await Deno.mkdir(archive);
  await Deno.writeTextFile(`${archive}/chain2.pem`, identity.certificate);
  await Deno.writeTextFile(`${archive}/key2.pem`, identity.key);
  for (const [link, to] of [[keyOf(stage), "key2.pem"], [pemOf(stage), "chain2.pem"]] as const) {
    await Deno.symlink(`${archive}/${to}`, `${link}.new`);
    await Deno.rename(`${link}.new`, link);
  }
  await stage.server.told({ event: "certificate.loaded" });
  assert.notEqual(await shown(stage), before);
});

Deno.test("cause tls.own-name: a stream in a name that our certificate lost begins anew", async () => {
  await using own = await OwnCertificate.of("target.example");
  await using stage = await Stage.open(own.options);
  const stays = await stage.initiateWith();
  const names = { from: "sender.example", to: "target.example" };
  const { o } = await stage.initiate(names, { ...stage.originatingTls, serverName: "target.example" });
  const { settings } = stage.server;
  await stage.server.reload({ ...settings, certificate: settings.certificate!.slice(0, 1) });
  await o.streamError("reset");
  stays.send(request("other-sender.example", "target.example"));
  await stays.verdict("other-sender.example", "target.example", "valid");
});

/** A clock that moves, and the default names with certificates of these lives. */
const living = (ours: number): StageOptions => ({
  movedClock: true,
  prepare: async (world) => {
    const identity = await world.ca.issue({ names: [RECEIVING], notAfter: inFuture(ours) });
    Object.assign(world.receiving, identity);
  },
});

const warnings = (stage: Stage, whose: string): number[] =>
  stage.server.log.filter(({ json }) => json?.event === "certificate.expiring" && json.whose === whose)
    .map(({ json }) => json.days);

Deno.test("certificates: warnings come 30, 14, 7 and 1 days before ours ends, each once, and count in the metrics", async () => {
  await using stage = await Stage.open(living(31 * DAY));
  assert.deepEqual(warnings(stage, "ours"), []);
  await stage.server.advance(DAY + 2 * HOUR);
  assert.deepEqual(warnings(stage, "ours"), [30]);
  await stage.server.advance(15 * DAY);
  assert.deepEqual(warnings(stage, "ours"), [30]);
  await stage.server.advance(DAY + 2 * HOUR);
  await stage.server.advance(7 * DAY);
  await stage.server.advance(6 * DAY);
  assert.deepEqual(warnings(stage, "ours"), [30, 14, 7, 1]);
  const metrics = await (await fetch(`${stage.server.console}/metrics`)).text();
  assert.match(metrics, /verona_certificate_expiry_warnings_total\{whose="ours",days="7"\} 1\n/);
  assert.match(
    metrics,
    /xmpp_s2s_certificate_expiry_timestamp_seconds\{local="xmpp1\.receiving\.example"\} \d{10}/,
  );
});

Deno.test("certificates: a peer's is warned of when it connects, and then at each step while it stays", async () => {
  await using stage = await Stage.open({ movedClock: true, settings: { limits: { idle_timeout: "20d" } } });
  const identity = await stage.world.ca.issue({ names: [ORIGINATING], notAfter: inFuture(8 * DAY) });
  const tls = { identity, serverName: RECEIVING };
  const { o } = await stage.initiate(SERVER_NAMES, tls);
  await stage.server.told({ event: "certificate.expiring", whose: "peer", days: 14 });
  o.send(request("sender.example", "target.example"));
  await o.verdict("sender.example", "target.example", "valid");
  await stage.initiate(SERVER_NAMES, tls); // again, on another connection: said already
  await stage.server.advance(DAY + 2 * HOUR);
  assert.deepEqual(warnings(stage, "peer"), [14, 7]);
});

Deno.test("TLS-23: a peer's certificate that ends during its stream ends the stream with reset", async () => {
  await using stage = await Stage.open({ movedClock: true });
  const identity = await stage.world.ca.issue({ names: [ORIGINATING], notAfter: inFuture(50 * MINUTE) });
  const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
  o.send(request("sender.example", "target.example"));
  await o.verdict("sender.example", "target.example", "valid");
  await stage.server.advance(49 * MINUTE);
  assert.deepEqual(o.waiting, []);
  await stage.server.advance(2 * MINUTE);
  await o.streamError("reset");
  await stage.server.told({ event: "connection.closed", cause: "tls.expired" });
});

Deno.test("TLS-23: outgoing too; what comes then goes over a new stream", async () => {
  await using stage = await Stage.open({ movedClock: true });
  await using juliet = await stage.component();
  const short = await stage.world.ca.issue({ names: [ORIGINATING], notAfter: inFuture(50 * MINUTE) });
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage, { tls: { identity: short } });
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  await stage.server.advance(51 * MINUTE);
  await r.streamError("reset");
  juliet.say("juliet", "romeo@sender.example", "m2");
  const again = await arrival(stage);
  await grant(again.r, "target.example", "sender.example");
  await again.r.message({ id: "m2" });
});

Deno.test("certificates: a peer that shows another one than last time is told of, once", async () => {
  await using stage = await Stage.open();
  await stage.initiate();
  await stage.initiate();
  const other = await stage.world.ca.issue({ names: [ORIGINATING] });
  await stage.initiate(SERVER_NAMES, { identity: other, serverName: RECEIVING });
  const { name, before, after } = await stage.server.told({ event: "certificate.changed" });
  assert.equal(name, ORIGINATING);
  const rows = await stage.server.connections();
  assert.deepEqual(rows.map(({ certificate }) => certificate.sha256), [before, before, after]);
  await stage.initiate(SERVER_NAMES, { identity: other, serverName: RECEIVING });
  assert.equal(stage.server.log.filter(({ json }) => json?.event === "certificate.changed").length, 1);
});
