/** OCSP responses that a real TLS peer staples, over the wire. RFC 6960, RFC 6066 8; protocol.md 6.6, 3.9. */
import assert from "node:assert/strict";
import { type OcspOptions, ocspResponse } from "../harness/ocsp.ts";
import { StaplingPeer } from "../harness/s_server.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import { DNA_FEATURES, features, header, verdict } from "../peer/stream.ts";
import { bounced } from "./acts.ts";

const SENDER = "sender.example", TARGET = "target.example";
const DIRECT_PORT = 5270;

/** sender.example is reached by TLS from the first byte, and in no other way. */
const direct: StageOptions = {
  prepare: (world) => {
    const zone = world.zone(SENDER);
    zone.set(srvOwner(SENDER), "SRV", [{ target: ".", port: 0, priority: 0, weight: 0 }]);
    zone.set(`_xmpps-server._tcp.${SENDER}`, "SRV", [
      { target: ORIGINATING, port: DIRECT_PORT, priority: 1, weight: 0 },
    ]);
  },
};

const stapling = async (stage: Stage, options: OcspOptions | null, version?: "-tls1_2" | "-tls1_3") => {
  const { ca, originating, peerIp } = stage.world;
  return await StaplingPeer.listen({ host: peerIp, port: DIRECT_PORT }, {
    identity: originating,
    staple: options === null ? null : await ocspResponse(ca, originating, options),
    ...(version ? { version } : {}),
  });
};

for (const version of ["-tls1_2", "-tls1_3"] as const) {
  Deno.test(`6.6 cause tls.revoked: a stapled "revoked" of the authority: nothing is asked, the sender is told (${version})`, async () => {
    await using stage = await Stage.open(direct);
    await using _peer = await stapling(stage, { status: "revoked" }, version);
    await using juliet = await stage.component();
    juliet.say("juliet", `romeo@${SENDER}`, "m1");
    await bounced(juliet, "m1", "remote-server-timeout", "cancel");
    await stage.server.told({ event: "connection.secured", cause: "tls.revoked", ocsp: "revoked" });
    await stage.server.told({ event: "connection.failed", cause: "tls.revoked" });
    assert.equal(stage.server.log.some(({ json }) => json?.event === "request.sent"), false);
  });
}

/** Each with what the log says of it. */
const TAKEN: Record<string, [options: OcspOptions | null, ocsp: RegExp | null]> = {
  "good": [{}, /^good until 20/],
  "unknown to the responder": [{ status: "unknown" }, /does not know/],
  "not there": [null, null],
};
for (const [what, [options, ocsp]] of Object.entries(TAKEN)) {
  Deno.test(`6.6: a stapled response that is ${what} changes nothing`, async () => {
    await using stage = await Stage.open(direct);
    await using peer = await stapling(stage, options);
    await using juliet = await stage.component();
    juliet.say("juliet", `romeo@${SENDER}`, "m1");
    await peer.heard(/<stream:stream [^>]*>/);
    await peer.send(header({ from: ORIGINATING, to: RECEIVING, id: "s1" }) + features(...DNA_FEATURES));
    await peer.heard(/<db:result [^>]*>/);
    await peer.send(verdict(TARGET, SENDER, "valid"));
    await peer.heard(/<message [^>]*id='m1'/);
    const secured = await stage.server.told({ event: "connection.secured", certificate: "accepted" });
    if (ocsp === null) assert.equal(secured.ocsp, null);
    else assert.match(secured.ocsp, ocsp);
  });
}
