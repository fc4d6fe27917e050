/** TLS on the wire: versions, suites, STARTTLS discipline, certificates chosen (protocol.md 4.6, 6). */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { scan } from "../harness/openssl.ts";
import { OwnCertificate } from "../harness/own_certificate.ts";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { NS } from "../peer/names.ts";
import { answer, CLOSING, FEATURE, open, PROCEED, secure, STARTTLS, verdict } from "../peer/stream.ts";
import { arrival, bounced, grant } from "./acts.ts";

const WEAK = "ALL:@SECLEVEL=0";

/** Options of s_client, and whether the handshake may complete. */
const OFFERS: Record<string, [options: string[], accepted: boolean]> = {
  "TLS-1: TLS 1.3": [["-tls1_3"], true],
  "TLS-1: TLS 1.2": [["-tls1_2"], true],
  "TLS-1: TLS 1.1": [["-tls1_1", "-cipher", WEAK], false],
  "TLS-1: TLS 1.0": [["-tls1", "-cipher", WEAK], false],
  "TLS-2: ECDHE-ECDSA-AES128-GCM-SHA256": [["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], true],
  "TLS-2: ECDHE-ECDSA-AES256-GCM-SHA384": [["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"], true],
  "TLS-2: ECDHE with CBC": [[
    "-tls1_2",
    "-cipher",
    "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0",
  ], false],
  "TLS-2: static RSA and DHE": [[
    "-tls1_2",
    "-cipher",
    "AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0",
  ], false],
  "TLS-2: anonymous and NULL": [["-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"], false],
};

Deno.test("TLS-1 TLS-2: a scan of the server: versions 1.2 and 1.3 with modern suites, nothing else", async (t) => {
  await using stage = await Stage.open();
  for (const [what, [options, accepted]] of Object.entries(OFFERS)) {
    await t.step(what, async () => {
      const { connected, output } = await scan(stage.server.s2s, RECEIVING, options);
      assert.equal(connected, accepted, output);
    });
  }
});

const ALLOWED_12 = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
const ALLOWED_13 = [0x1301, 0x1302, 0x1303];
/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV: a signal, not a suite. */
const SIGNALLING = [0x00ff];

Deno.test("TLS-1 TLS-2 TLS-24 DNA-3: the server's own ClientHello offers nothing old and no early data", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  const hello = r.wire.clientHello!;
  assert.deepEqual([...hello.versions].sort(), [0x0303, 0x0304]);
  const allowed = [...ALLOWED_12, ...ALLOWED_13, ...SIGNALLING];
  assert.deepEqual(hello.suites.filter((suite) => !allowed.includes(suite)), []);
  assert.deepEqual([hello.compressions, hello.offersEarlyData], [[0], false]);
  assert.ok(hello.alpn.length === 0 || hello.alpn.includes("xmpp-server"));
  assert.equal(hello.serverName, ORIGINATING);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`TLS-1: ${version}, both directions: request, grant, stanza`, async () => {
    await using stage = await Stage.open();
    await using juliet = await stage.component();
    const { o } = await stage.initiate(SERVER_NAMES, { ...stage.originatingTls, maxVersion: version });
    assert.equal(o.tls?.version, version);
    await granted(o, "sender.example", "target.example");
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await arrival(stage, { tls: { identity: stage.world.originating, maxVersion: version } });
    assert.equal(r.tls?.version, version);
    await grant(r, "target.example", "sender.example");
    await r.message({ id: "m1" });
  });
}

Deno.test("TLS-4: STARTTLS refused by the peer: close, nothing sensitive in plaintext, the sender is told", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1", "the secret");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(`<failure xmlns='${NS.tls}'/></stream:stream>`);
  r.wire.fin();
  await r.farewell();
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.doesNotMatch(r.transcript.received(false), /secret|db:result |target\.example/);
});

Deno.test("TLS-6: features pipelined behind proceed: TCP is dropped and logged, the sender is told", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(PROCEED + verdict("target.example", "sender.example", "valid"));
  const { closingTag } = await r.farewell().catch(() => ({ closingTag: false })); // a ClientHello is no XML
  assert.equal(closingTag, false);
  await stage.server.logged(/tls\.injection/);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
});

const FATAL_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

Deno.test("TLS-7: a handshake that the peer aborts: TCP ends without any XML", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.send(STARTTLS);
  await o.element(NS.tls, "proceed");
  o.wire.writeRaw(FATAL_ALERT);
  assert.deepEqual((await o.farewell()).closingTag, false);
});

Deno.test("TLS-7: garbage in place of a ClientHello: TCP ends without any XML", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.send(STARTTLS);
  await o.element(NS.tls, "proceed");
  o.wire.writeRaw(Buffer.from("this is no TLS record at all, and long enough to be seen as such"));
  for (;;) {
    const item = await o.next("the TCP end");
    assert.ok(!["element", "header", "closing"].includes(item.kind), o.transcript.toString());
    if (item.kind === "fin" || item.kind === "reset") break;
  }
});

Deno.test("TLS-8: starttls inside TLS: failure, closing tag, close", async () => {
  await using stage = await Stage.open();
  const { o } = await stage.initiate();
  o.send(STARTTLS);
  await o.element(NS.tls, "failure");
  await o.closing();
  o.send(CLOSING);
  assert.equal((await o.farewell()).end, "fin");
});

Deno.test("TLS-9: renegotiation under TLS 1.2 is refused: the connection ends without XML", async () => {
  await using stage = await Stage.open();
  const { output } = await scan(stage.server.s2s, RECEIVING, ["-tls1_2", "-legacy_renegotiation"], "R\n");
  assert.match(output, /RENEGOTIATING/);
  assert.doesNotMatch(output.slice(output.indexOf("RENEGOTIATING")), /stream:error|<\/stream:stream>/);
  await stage.initiateWith();
});

Deno.test("TLS-22: the certificate is chosen by SNI, then by the header's to, then by default", async () => {
  await using own = await OwnCertificate.of("target.example");
  await using stage = await Stage.open(own.options);
  const shown = async (to: string, serverName?: string) => {
    const o = await stage.dial();
    await open(o, { from: ORIGINATING, to });
    await secure(o, { identity: stage.world.originating, serverName });
    return nameOf(o.tls!.certificate!);
  };
  assert.equal(await shown(RECEIVING, "target.example"), "target.example");
  assert.equal(await shown("target.example", "unknown.example"), "target.example");
  assert.equal(await shown("target.example"), "target.example");
  assert.equal(await shown("other-target.example", "unknown.example"), RECEIVING);
  assert.equal(await shown(RECEIVING), RECEIVING);
});

const nameOf = (certificate: X509Certificate): string =>
  /DNS:([^,]+)/.exec(certificate.subjectAltName ?? "")![1]!;

Deno.test("TLS-24: no ticket is given out and no early data is taken", async () => {
  await using stage = await Stage.open();
  const session = `${stage.directory}/session.pem`;
  const first = await scan(stage.server.s2s, RECEIVING, ["-tls1_3", "-sess_out", session]);
  assert.ok(first.connected, first.output);
  const early = `${stage.directory}/early`;
  await Deno.writeTextFile(early, "<message/>");
  const saved = await Deno.stat(session).then(() => true, () => false);
  const options = saved ? ["-tls1_3", "-sess_in", session, "-early_data", early] : ["-tls1_3"];
  const second = await scan(stage.server.s2s, RECEIVING, options);
  assert.doesNotMatch(second.output, /Early data was accepted|^Reused/m);
  assert.doesNotMatch(first.output, /Max Early Data: [1-9]/);
});
