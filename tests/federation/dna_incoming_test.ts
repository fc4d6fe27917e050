/** DNA from the receiving side: the scripted peer asks, the server under test proves (protocol.md 2.4, 2.6). */
import assert from "node:assert/strict";
import { leafOnly, NOT_YET_VALID, selfSigned } from "../harness/certificates.ts";
import { Authority, EXPIRED } from "../harness/certificates.ts";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { certificateRequestOf } from "../harness/openssl.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import { NS } from "../peer/names.ts";
import { CLOSING, header, open, request, secure, STARTTLS } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { child, type Element } from "../peer/xml.ts";
import { arrival, bounced, fence, grant, initiateBidi, message, ping } from "./acts.ts";

const names = (features: Element) => features.children.map((one) => `${one.uri} ${one.name}`).sort();

Deno.test("DNA-17 DNA-21 DNA-22 DNA-23 DNA-60 STR-2 STR-13 BID-1 LIM-5: trace T1, the peer initiates", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.dial();
  const before = await open(o, SERVER_NAMES);
  assert.deepEqual(names(before.features), [`${NS.tls} starttls`]);
  assert.ok(child(before.features.children[0]!, NS.tls, "required"));
  await secure(o, stage.originatingTls);
  const after = await open(o, SERVER_NAMES);
  for (const { header } of [before, after]) {
    const { from, to, version } = header.attributes;
    assert.deepEqual({ from, to, version }, { from: RECEIVING, to: ORIGINATING, version: "1.0" });
  }
  for (const feature of [`${NS.dialbackFeature} dialback`, `${NS.bidiFeature} bidi`, `${NS.dna} dna`]) {
    assert.ok(names(after.features).includes(feature), `${feature} is not offered: ${after.features.raw}`);
  }
  assert.ok(child(child(after.features, NS.dialbackFeature, "dialback")!, NS.dialbackFeature, "errors"));
  const limits = child(after.features, NS.limits, "limits")!;
  assert.equal(child(limits, NS.limits, "max-bytes")?.text, "524288");
  assert.equal(child(limits, NS.limits, "idle-seconds")?.text, "3600");

  await granted(o, "sender.example", "target.example"); // addresses swapped, checked there
  o.send(message("romeo@sender.example/orchard", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1", from: "romeo@sender.example/orchard" });
  const asked = stage.world.dns.asked(srvOwner("sender.example"), "SRV");
  assert.ok(asked.length > 0 && asked.every((one) => one.dnssecOk && one.checkingDisabled));
});

Deno.test("DNA-18: the client certificate is requested, with an empty list of CAs", async () => {
  await using stage = await Stage.open();
  const request = await certificateRequestOf(stage.server.s2s, RECEIVING);
  assert.ok(request.sent, request.transcript);
  assert.deepEqual(request.authorities, []);
});

/** A server-name stream whose certificate does not prove its `from` ends after the second header. */
const REFUSED: Record<
  string,
  (stage: Stage) => Promise<Identity | undefined>
> = {
  "DNA-19: without client certificate": () => Promise.resolve(undefined),
  "DNA-20: with a certificate for another name": ({ world }) =>
    world.ca.issue({ names: ["xmpp9.originating.example"] }),
  "DNA-19 TLS-13: with a self-signed certificate": () => selfSigned({ names: [ORIGINATING] }),
  "TLS-13: with an expired certificate": ({ world }) => world.ca.issue({ names: [ORIGINATING], ...EXPIRED }),
  "TLS-13: with a certificate not yet valid": ({ world }) =>
    world.ca.issue({ names: [ORIGINATING], ...NOT_YET_VALID }),
  "TLS-13: with a certificate of another CA": async () =>
    await (await Authority.root("Another Root")).issue({ names: [ORIGINATING] }),
  "TLS-13: with a CA certificate as leaf": ({ world }) =>
    world.ca.issue({ names: [ORIGINATING], isCa: true }),
  "TLS-12: without the intermediate": async ({ world }) =>
    leafOnly(await (await world.ca.intermediate()).issue({ names: [ORIGINATING] })),
  "DNA-20: with the name in an SRV-ID only": ({ world }) =>
    world.ca.issue({ names: ["xmpp9.originating.example"], srvNames: [`_xmpp-server.${ORIGINATING}`] }),
  "DNA-20: with the name in an xmppAddr only": ({ world }) =>
    world.ca.issue({ names: ["xmpp9.originating.example"], xmppAddrs: [ORIGINATING] }),
  "DNA-20: with the name in CN only": ({ world }) => world.ca.issue({ commonName: ORIGINATING }),
};

for (const [what, identity] of Object.entries(REFUSED)) {
  Deno.test(`${what}: the server-name stream is not-authorized`, async () => {
    await using stage = await Stage.open();
    const shown = await identity(stage);
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    await secure(o, { identity: shown, serverName: RECEIVING });
    o.send(header(SERVER_NAMES));
    await o.header();
    await o.streamError("not-authorized");
    o.send(CLOSING);
    assert.equal((await o.farewell()).end, "fin");
  });
}

/** Certificates that must be accepted from a TLS client. */
const ACCEPTED: Record<string, (stage: Stage) => Promise<Identity>> = {
  "TLS-10: serverAuth only": ({ world }) => world.ca.issue({ names: [ORIGINATING], usages: ["serverAuth"] }),
  "TLS-10: clientAuth only": ({ world }) => world.ca.issue({ names: [ORIGINATING], usages: ["clientAuth"] }),
  "TLS-10: no extended key usage": ({ world }) => world.ca.issue({ names: [ORIGINATING], usages: [] }),
  "TLS-12: an intermediate in the chain": async ({ world }) =>
    await (await world.ca.intermediate()).issue({ names: [ORIGINATING] }),
  "DNA-28: a wildcard for the machine": ({ world }) => world.ca.issue({ names: ["*.originating.example"] }),
  "DNA-21: the name in capitals": ({ world }) => world.ca.issue({ names: [ORIGINATING.toUpperCase()] }),
};

for (const [what, identity] of Object.entries(ACCEPTED)) {
  Deno.test(`${what} proves the pair`, async () => {
    await using stage = await Stage.open();
    const { o } = await stage.initiate(SERVER_NAMES, {
      identity: await identity(stage),
      serverName: RECEIVING,
    });
    await granted(o, "sender.example", "target.example");
  });
}

/** Requests that are denied: the row of 2.6.2 that must come, and that the stream stays open (DNA-69 on each). */
interface Denied {
  readonly sender: string;
  readonly target?: string;
  readonly type: string;
  readonly condition: string;
  readonly stage?: StageOptions;
}

const servfail: StageOptions = {
  prepare: (world) => {
    world.customer("stalled.example");
    world.dns.fail(srvOwner("stalled.example"), "SRV", { kind: "servfail" });
  },
};

const DENIED: Record<string, Denied> = {
  "DNA-24 DNA-67 DNA-69: an unsigned delegation (T3)": {
    sender: "unsigned.example",
    type: "auth",
    condition: "not-authorized",
  },
  "DNA-25 DNA-69: a bogus zone": { sender: "bogus.example", type: "auth", condition: "not-authorized" },
  "DNA-26 DNA-69: a secure SRV to another host": {
    sender: "elsewhere.example",
    type: "auth",
    condition: "not-authorized",
    stage: { prepare: (world) => void world.customer("elsewhere.example", ["other.example"]) },
  },
  "DNA-29 DNA-69: a target that is not hosted (T4)": {
    sender: "sender.example",
    target: "nowhere.example",
    type: "cancel",
    condition: "item-not-found",
  },
  "DNA-30 DNA-69: a sender hosted by the server itself": {
    sender: "other-target.example",
    type: "cancel",
    condition: "not-allowed",
  },
  "DNA-30 DNA-69: a sender with the server's own name": {
    sender: RECEIVING,
    type: "cancel",
    condition: "not-allowed",
  },
  "DNA-69: a sender that does not exist": {
    sender: "missing.example",
    type: "cancel",
    condition: "remote-server-not-found",
  },
  "DNA-69: a sender whose SRV target is the root": {
    sender: "refusing.example",
    type: "cancel",
    condition: "remote-server-not-found",
    stage: { prepare: (world) => void world.customer("refusing.example", [{ target: ".", port: 0 }]) },
  },
  "DNA-69: a sender whose DNS fails for now": {
    sender: "stalled.example",
    type: "wait",
    condition: "remote-server-timeout",
    stage: servfail,
  },
  "DNA-69: a sender blocked by policy": {
    sender: "other-sender.example",
    type: "cancel",
    condition: "not-allowed",
    stage: { settings: { policy: { block: ["other-sender.example"] } } },
  },
};

for (
  const [what, { sender, target = "target.example", type, condition, stage: options }] of Object.entries(
    DENIED,
  )
) {
  Deno.test(`${what} is denied with ${condition} (${type}), the stream stays open`, async () => {
    await using stage = await Stage.open(options);
    const { o } = await stage.initiate();
    o.send(request(sender, target));
    await o.denial(sender, target, type, condition);
    await granted(o, "sender.example", "target.example");
  });
}

Deno.test("DNA-25: a bogus zone is denied under policy encrypted too, and nobody is called back", async () => {
  await using stage = await Stage.open({ settings: { policy: { proof: "encrypted" } } });
  const { o } = await stage.initiate();
  o.send(
    request(
      "bogus.example",
      "target.example",
      "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a",
    ),
  );
  await o.denial("bogus.example", "target.example", "auth", "not-authorized");
  assert.equal(stage.peer.count, 0);
});

Deno.test("DNA-27: several secure targets, one of them in the certificate: valid", async () => {
  await using stage = await Stage.open({
    prepare: (world) =>
      void world.customer("twin.example", [
        { target: "xmpp9.elsewhere.example", priority: 5 },
        { target: ORIGINATING, priority: 20 },
      ]),
  });
  const { o } = await stage.initiate();
  await granted(o, "twin.example", "target.example");
});

Deno.test("DNA-31: a repeated request is answered valid again, without new questions", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  const asked = stage.world.dns.log.length;
  const [connection] = await stage.server.connections();
  await granted(o, "sender.example", "target.example");
  assert.equal(stage.world.dns.log.length, asked);
  assert.deepEqual((await stage.server.connections())[0].delegated, connection.delegated);
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("DNA-32: two requests for one pair before the verdict cost one lookup", async () => {
  await using stage = await Stage.open();
  const { o } = await stage.initiate();
  await granted(o, "sender.example", "target.example"); // what one lookup costs, witness included
  const release = stage.world.dns.hold(srvOwner("other-sender.example"), "SRV");
  const twice = request("other-sender.example", "target.example").repeat(2);
  o.send(twice);
  await stage.world.dns.awaitQuestion(srvOwner("other-sender.example"), "SRV");
  release();
  await o.verdict("other-sender.example", "target.example", "valid");
  const cost = (domain: string) => stage.world.dns.asked(srvOwner(domain), "SRV").length;
  await granted(o, "sender.example", "other-target.example"); // both requests have been answered by now
  assert.ok(cost("other-sender.example") <= cost("sender.example"), JSON.stringify(stage.world.dns.log));
});

Deno.test("DNA-33 DNA-34: while one pair is being proven, others are granted and talk", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  stage.world.customer("slow.example");
  const release = stage.world.dns.hold(srvOwner("slow.example"), "SRV");
  o.send(request("slow.example", "target.example"));
  await stage.world.dns.awaitQuestion(srvOwner("slow.example"), "SRV");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  await granted(o, "other-sender.example", "target.example");
  release();
  await o.verdict("slow.example", "target.example", "valid");
});

Deno.test("DNA-35 RTE-2: a thousand stanzas right behind the verdict, none is lost, the order is kept", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const { o } = await stage.initiate();
  await granted(o, "sender.example", "target.example");
  const ids = Array.from({ length: 1000 }, (_, n) => `m${n}`);
  o.send(ids.map((id) => message("romeo@sender.example", "juliet@target.example", id)).join(""));
  for (const id of ids) await juliet.message({ id });
});

Deno.test("DNA-36 DNA-37 DNA-41 RTE-4: trace T6, a stanza of a pair never requested", async () => {
  await using stage = await Stage.open();
  await using nurse = await stage.component("other-target.example");
  const o = await stage.initiateWith();
  const [romeo, to] = ["romeo@sender.example/orchard", "nurse@other-target.example"];
  o.send(
    `<message from='${romeo}' to='${to}' id='e1' type='error'><error type='cancel'><gone xmlns='${NS.stanzaErrors}'/></error></message>`,
  );
  o.send(`<iq from='${romeo}' to='${to}' id='e2' type='result'/>`);
  o.send(message(romeo, to, "m2", "psst"));

  // One way: the answer travels by the server's own connection (2.4); the first to come must be that for m2.
  const { r } = await arrival(stage);
  await grant(r, "other-target.example", "sender.example");
  const error = await r.message({ id: "m2", type: "error", from: to, to: romeo });
  const detail = child(error, NS.server, "error")!;
  assert.equal(detail.attributes.type, "auth");
  assert.ok(child(detail, NS.stanzaErrors, "not-authorized"));
  assert.ok(child(detail, NS.dna, "invalid-connection"));

  await granted(o, "sender.example", "other-target.example");
  o.send(message(romeo, to, "m3"));
  await nurse.message({ id: "m3" }); // nothing of what was discarded came before it
});

Deno.test("DNA-38: trace T6, a stanza from a domain never proven is invalid-from and not delivered", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(message("mallory@bank.example", "juliet@target.example", "m1"));
  await o.streamError("invalid-from");
  const again = await stage.initiateWith();
  again.send(message("romeo@sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
});

Deno.test("DNA-39 RTE-3: a stanza to a domain not hosted is host-unknown", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  o.send(message("romeo@sender.example", "juliet@nowhere.example", "m1"));
  await o.streamError("host-unknown");
});

const many = Array.from({ length: 12 }, (_, n) => `hosted-${n}.example`);

Deno.test("DNA-40: stanzas of eleven pairs never authorised: policy-violation; ten are borne", async () => {
  await using stage = await Stage.open({ domains: many });
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  for (const domain of many.slice(0, 10)) {
    o.send(`<iq from='romeo@sender.example' to='${domain}' id='f5' type='result'/>`);
  }
  await fence(o);
  o.send(`<iq from='romeo@sender.example' to='${many[10]}' id='f5' type='result'/>`);
  await o.streamError("policy-violation");
});

Deno.test("DNA-40: a thousand stanzas of one revoked pair cost only themselves", async () => {
  await using stage = await Stage.open();
  const o = await initiateBidi(stage);
  await granted(o, "sender.example", "target.example");
  await granted(o, "other-sender.example", "target.example");
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", {});
  await o.verdict("sender.example", "target.example", "invalid");
  const one =
    `<message from='romeo@sender.example' to='juliet@target.example' id='late'><body>x</body></message>`;
  o.send(one.repeat(1000));
  o.send(ping("tybalt@other-sender.example", "target.example", "p1"));
  // Its component is away, so the answer is an error; what counts is that it comes, on a stream that stays.
  await o.until((element) => element.attributes.id === "p1", "the other pair's answer");
  await fence(o);
});

Deno.test("DNA-42: a grant on one connection is worthless on another", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const first = await stage.initiateWith();
  const { o: second } = await stage.initiate();
  second.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await second.streamError("invalid-from");
  first.send(message("romeo@sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
});

Deno.test("DNA-43: a closed connection takes its grants with it", async () => {
  await using stage = await Stage.open();
  const first = await stage.initiateWith();
  first.wire.reset();
  await stage.server.connected(0);
  const { o } = await stage.initiate();
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await o.streamError("invalid-from");
});

Deno.test("DNA-58 DNA-59: between server names a ping is answered at once, a message is not delivered", async () => {
  await using stage = await Stage.open();
  const o = await initiateBidi(stage);
  await fence(o, "p1");
  o.send(message(ORIGINATING, RECEIVING, "m1"));
  o.send(ping(ORIGINATING, RECEIVING, "p2"));
  const seen = await o.until((element) => element.attributes.id === "p2", "the ping");
  for (const element of seen.slice(0, -1)) assert.equal(element.attributes.type, "error", element.raw);
});

Deno.test("DNA-68: with allow_insecure_delegation the unsigned SRV is granted, and logged as insecure", async () => {
  await using stage = await Stage.open({ settings: { policy: { allow_insecure_delegation: true } } });
  const { o } = await stage.initiate();
  await granted(o, "unsigned.example", "target.example");
  await stage.server.logged(/unsigned\.example/, /target\.example/, /insecure/);
  o.send(request("bogus.example", "target.example")); // the switch is for unsigned, never for bogus
  await o.denial("bogus.example", "target.example", "auth", "not-authorized");
});

Deno.test("DNA-70: over the pair limit a request gets resource-constraint, the pairs before it stay", async () => {
  await using stage = await Stage.open({ settings: { limits: { pairs_per_connection: 2 } } });
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  await granted(o, "sender.example", "other-target.example");
  o.send(request("other-sender.example", "target.example"));
  await o.denial("other-sender.example", "target.example", "wait", "resource-constraint");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("TLS-5: a request pipelined behind starttls is never processed: TCP is dropped", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  o.send(STARTTLS + request("sender.example", "target.example"));
  const { elements, closingTag } = await o.farewell();
  assert.deepEqual([elements.filter((one) => one.name !== "proceed").length, closingTag], [0, false]);
  await stage.server.logged(/tls\.injection/);
  assert.equal(stage.world.dns.asked(srvOwner("sender.example"), "SRV").length, 0);
});

Deno.test("DNA-24: a denied pair stays closed: its stanza is not delivered and costs the stream (F3)", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const { o } = await stage.initiate();
  o.send(request("unsigned.example", "target.example"));
  await o.denial("unsigned.example", "target.example", "auth", "not-authorized");
  o.send(message("mallory@unsigned.example", "juliet@target.example", "m1"));
  await o.streamError("invalid-from");
  const again = await stage.initiateWith();
  again.send(message("romeo@sender.example", "juliet@target.example", "m2"));
  await juliet.message({ id: "m2" });
  juliet.say("juliet", "mallory@bogus.example", "m3");
  await bounced(juliet, "m3", "remote-server-not-found", "wait");
});
