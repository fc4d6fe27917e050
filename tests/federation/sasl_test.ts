/** SASL EXTERNAL from the receiving side (protocol.md 2.6 R-8, 4.5, 7.1). */
import assert from "node:assert/strict";
import { type CertificateOptions, selfSigned } from "../harness/certificates.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { auth, BIDI, header, open, type Opened, openSecured, request, sasl } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { child } from "../peer/xml.ts";
import { calledBack, message, reply } from "./acts.ts";

const SENDER = "sender.example", TARGET = "target.example";
/** A domain whose SRV is unsigned: nothing but its own name in the certificate proves it. */
const UNSIGNED = "unsigned.example";
const SUBDOMAIN = "a.sender.example";
/** A machine that is not the peer's. */
const ELSEWHERE = { target: "xmpp9.elsewhere.example", port: 5269, priority: 10, weight: 0 };
const CLASSIC = { from: SENDER, to: TARGET };
/** base64 of sender.example. */
const AUTHZID = "c2VuZGVyLmV4YW1wbGU=";

interface Claimant extends Opened {
  readonly o: Conversation;
}

/** The peer as initiating server of a classic stream, up to the features after TLS. */
async function claimant(stage: Stage, identity?: Identity, from = SENDER): Promise<Claimant> {
  const o = await stage.dial();
  const tls = { serverName: TARGET, identity: identity ?? await stage.world.ca.issue({ names: [from] }) };
  return { o, ...await openSecured(o, { from, to: TARGET }, tls) };
}

const offersExternal = ({ features }: Opened): boolean => {
  const mechanisms = child(features, NS.sasl, "mechanisms");
  if (mechanisms === undefined) return false;
  assert.deepEqual(mechanisms.children.map(({ name, text }) => [name, text]), [["mechanism", "EXTERNAL"]]);
  return true;
};

/** `<success/>`, the new stream, its features. */
async function succeeded(o: Conversation, names = CLASSIC): Promise<Opened> {
  await o.element(NS.sasl, "success");
  o.restart();
  return await open(o, names);
}

async function refused(o: Conversation, condition: string): Promise<void> {
  const failure = await o.element(NS.sasl, "failure");
  assert.deepEqual(failure.children.map(({ uri, name }) => [uri, name]), [[NS.sasl, condition]]);
}

// -- SAS-1: whom the certificate proves

const SHOWN: Record<string, [offered: boolean, from: string, shown: (stage: Stage) => Promise<Identity>]> = {
  "the sender itself": [true, SENDER, ({ world }) => world.ca.issue({ names: [SENDER] })],
  "the target of a secure SRV": [true, SENDER, ({ world }) => Promise.resolve(world.originating)],
  "the target of an unsigned SRV": [false, UNSIGNED, ({ world }) => Promise.resolve(world.originating)],
  "another name": [false, SENDER, ({ world }) => world.ca.issue({ names: ["evil.example"] })],
  "the sender, self-signed": [false, SENDER, () => selfSigned({ names: [SENDER] })],
};
for (const [what, [offered, from, shown]] of Object.entries(SHOWN)) {
  Deno.test(`SAS-1: a certificate for ${what}: EXTERNAL is ${offered ? "" : "not "}offered`, async () => {
    await using stage = await Stage.open();
    assert.equal(offersExternal(await claimant(stage, await shown(stage), from)), offered);
  });
}

// -- TLS-14 to TLS-19: the names of an accepted certificate (6.5). What is offered is taken, what is not is refused.

type Names = Pick<CertificateOptions, "names" | "srvNames" | "xmppAddrs" | "commonName">;

/** By requirement: each name, the `from` of the header, whether it is proven. */
const NAMES: Record<string, readonly (readonly [presented: Names, from: string, proven: boolean])[]> = {
  "TLS-14: a common name is no name": [
    [{ commonName: SENDER }, SENDER, false],
    [{ commonName: SENDER, names: ["other.example"] }, SENDER, false],
    [{ names: ["Sender.EXAMPLE"] }, SENDER, true],
  ],
  "TLS-15: an SRV-ID of the service xmpp-server": [
    [{ srvNames: ["_xmpp-server.sender.example"] }, SENDER, true],
    [{ srvNames: ["_XMPP-Server.sender.example"] }, SENDER, true],
    [{ srvNames: ["_xmpp-client.sender.example"] }, SENDER, false],
    [{ srvNames: ["_xmpp-server.*.sender.example"] }, SUBDOMAIN, false],
    [{ srvNames: [`_xmpp-server.${ORIGINATING}`] }, SENDER, true], // the target of its secure SRV
  ],
  "TLS-16: an xmppAddr, exactly": [
    [{ xmppAddrs: [SENDER] }, SENDER, true],
    [{ xmppAddrs: ["user@sender.example"] }, SENDER, false],
    [{ xmppAddrs: ["sender.example/here"] }, SENDER, false],
    [{ xmppAddrs: ["*.sender.example"] }, SUBDOMAIN, false],
  ],
  "TLS-17: a wildcard is exactly one label": [
    [{ names: ["*.sender.example"] }, SENDER, false],
    [{ names: ["*.sender.example"] }, SUBDOMAIN, true],
    [{ names: ["*.sender.example"] }, "a.b.sender.example", false],
    [{ names: ["*.example"] }, SENDER, false],
  ],
  "TLS-18: partial and inner wildcards": [
    [{ names: ["x*.sender.example"] }, "xa.sender.example", false],
    [{ names: ["*a.sender.example"] }, SUBDOMAIN, false],
    [{ names: ["a.*.example"] }, SUBDOMAIN, false],
    [{ names: ["*.*.example"] }, SUBDOMAIN, false],
    [{ names: ["*"] }, SENDER, false],
  ],
  "TLS-19: an IDN, by its A-label": [
    [{ names: ["xn--mnchen-3ya.example"] }, "münchen.example", true],
    [{ names: ["xn--mnchen-3ya.example"] }, "xn--mnchen-3ya.example", true],
    [{ srvNames: ["_xmpp-server.xn--mnchen-3ya.example"] }, "münchen.example", true],
    [{ xmppAddrs: ["münchen.example"] }, "münchen.example", true],
    [{ names: ["xn--mnchen-3ya.example"] }, "munchen.example", false],
  ],
};
for (const [what, rows] of Object.entries(NAMES)) {
  Deno.test(`${what}: EXTERNAL is offered and succeeds, or neither, and then no request does`, async () => {
    await using stage = await Stage.open({
      prepare: (world) => {
        world.addZone("munchen.example");
        const zone = world.zone(SENDER);
        for (const name of ["a", "xa", "a.b"]) zone.set(srvOwner(`${name}.${SENDER}`), "SRV", [ELSEWHERE]);
      },
    });
    for (const [presented, from, proven] of rows) {
      const opened = await claimant(stage, await stage.world.ca.issue(presented), from);
      const said = `${JSON.stringify(presented)} for ${from}`;
      assert.equal(offersExternal(opened), proven, said);
      opened.o.send(auth());
      if (proven) {
        await succeeded(opened.o, { from, to: TARGET });
      } else {
        await refused(opened.o, "not-authorized");
        opened.o.send(request(from, TARGET));
        await opened.o.denial(from, TARGET, "auth", "not-authorized");
      }
    }
  });
}

Deno.test("SAS-1: no certificate, or no header from: no EXTERNAL, requests only", async () => {
  await using stage = await Stage.open();
  const o = await stage.dial();
  assert.equal(offersExternal(await openSecured(o, CLASSIC, { serverName: TARGET })), false);
  const nameless = await stage.dial();
  const tls = { serverName: TARGET, identity: await stage.world.ca.issue({ names: [SENDER] }) };
  const opened = await openSecured(nameless, { from: null, to: TARGET }, tls);
  assert.equal(offersExternal(opened), false);
  assert.equal(opened.header.attributes.to, undefined);
});

Deno.test("SAS-1: a blocked domain is offered nothing", async () => {
  await using stage = await Stage.open({ settings: { policy: { block: [SENDER] } } });
  assert.equal(offersExternal(await claimant(stage)), false);
});

Deno.test("R-8: the evidence for a name has 5 s, then the features come without EXTERNAL", async () => {
  await using stage = await Stage.open({ movedClock: true });
  stage.world.dns.hold(srvOwner(SENDER), "SRV");
  const o = await stage.dial();
  const opening = openSecured(o, CLASSIC, { serverName: TARGET, identity: stage.world.originating });
  await stage.server.eventually(
    "a name being proven",
    async () => (await stage.server.connections())[0]?.machine === "negotiating.proving",
  );
  await stage.server.advance(5_000);
  assert.equal(offersExternal(await opening), false);
});

// -- the claim

const ACCEPTED: Record<string, string> = {
  "= alone": "=",
  "equal to the header": AUTHZID,
  "with white space around": `\n ${AUTHZID}\n`,
};
for (const [what, response] of Object.entries(ACCEPTED)) {
  Deno.test(`SAS-3: the identity ${what}: success`, async () => {
    await using stage = await Stage.open();
    const { o } = await claimant(stage);
    o.send(auth(response));
    await succeeded(o);
  });
}

Deno.test("SAS-3: without an initial response it is asked for, and then taken", async () => {
  await using stage = await Stage.open();
  for (const response of ["", "=", AUTHZID]) {
    const { o } = await claimant(stage);
    o.send(auth(""));
    const challenge = await o.element(NS.sasl, "challenge");
    assert.equal(challenge.text, "");
    o.send(sasl("response", response));
    await succeeded(o);
  }
});

const REFUSED: Record<string, [word: string, condition: string]> = {
  "SAS-3: another identity": [auth(btoa("bank.example")), "invalid-authzid"],
  "SAS-3: an identity that is no domain": [auth(btoa("a@b")), "invalid-authzid"],
  "SAS-8: no base64": [auth("c2Vu ZGVy"), "incorrect-encoding"],
  "SAS-8: base64 with = inside": [auth("c2==ZGVy"), "incorrect-encoding"],
  "SAS-8: another mechanism": [sasl("auth", "AA==", " mechanism='PLAIN'"), "invalid-mechanism"],
  "SAS-8: no mechanism at all": [sasl("auth"), "invalid-mechanism"],
  "SAS-8: an abort": [sasl("abort"), "aborted"],
  "7.1: a response that nobody asked for": [sasl("response", AUTHZID), "malformed-request"],
};
for (const [what, [word, condition]] of Object.entries(REFUSED)) {
  Deno.test(`${what} → ${condition}, and the stream goes on`, async () => {
    await using stage = await Stage.open();
    const { o } = await claimant(stage);
    o.send(word);
    await refused(o, condition);
    o.send(auth(AUTHZID));
    await succeeded(o);
  });
}

Deno.test("7.1 cause sasl.claim: EXTERNAL that was not offered is not-authorized", async () => {
  await using stage = await Stage.open();
  const { o } = await claimant(stage, await stage.world.ca.issue({ names: ["evil.example"] }));
  o.send(auth(AUTHZID));
  await refused(o, "not-authorized");
  await stage.server.told({ event: "sasl.finished", cause: "sasl.claim", outcome: "not-authorized" });
});

Deno.test("7.1: a second claim replaces the first, an abort ends it", async () => {
  await using stage = await Stage.open();
  const { o } = await claimant(stage);
  o.send(auth("") + auth(""));
  await o.element(NS.sasl, "challenge");
  await o.element(NS.sasl, "challenge");
  o.send(sasl("abort"));
  await refused(o, "aborted");
  o.send(sasl("response", AUTHZID));
  await refused(o, "malformed-request");
});

Deno.test("SAS-9 cause sasl.failures: the fourth failure ends the stream with policy-violation", async () => {
  await using stage = await Stage.open();
  const { o } = await claimant(stage);
  for (let n = 0; n < 3; n++) {
    o.send(auth(btoa("bank.example")));
    await refused(o, "invalid-authzid");
  }
  o.send(auth(btoa("bank.example")));
  await o.streamError("policy-violation");
});

// -- what success opens

Deno.test("SAS-4 STR-14 STR-15 DB-14 T8: success opens exactly the pair of the header, on a new stream", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  const { o, header } = await claimant(stage);
  o.send(auth(AUTHZID));
  const after = await succeeded(o);
  assert.notEqual(after.header.attributes.id, header.attributes.id);
  assert.deepEqual([after.header.attributes.from, after.header.attributes.to], [TARGET, SENDER]);
  const offered = after.features.children.map(({ name }) => name);
  for (const never of ["starttls", "mechanisms", "bidi"]) assert.ok(!offered.includes(never), offered.join());
  assert.ok(child(child(after.features, NS.dialbackFeature, "dialback")!, NS.dialbackFeature, "errors"));
  assert.doesNotMatch(o.transcript.received(), /<\/stream:stream>/);

  o.send(message(`romeo@${SENDER}`, "nurse@other-target.example", "m1"));
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m2"));
  await juliet.message({ id: "m2" });
  assert.deepEqual(nurse.stream.waiting, []);
  await stage.server.told({ event: "stanza.discarded", cause: "route.unauthorised" });

  o.send(request(SENDER, "other-target.example"));
  await o.verdict(SENDER, "other-target.example", "valid");
  o.send(message(`romeo@${SENDER}`, "nurse@other-target.example", "m3"));
  await nurse.message({ id: "m3" });
});

Deno.test("SAS-4: a domain that was not claimed is spoofed all the same", async () => {
  await using stage = await Stage.open();
  const { o } = await claimant(stage);
  o.send(auth(AUTHZID));
  await succeeded(o);
  o.send(message("mallory@bank.example", `juliet@${TARGET}`, "m1"));
  await o.streamError("invalid-from");
});

Deno.test("STR-9: other names in the header after success: improper-addressing, and nothing opens", async () => {
  await using stage = await Stage.open();
  const { o } = await claimant(stage);
  o.send(auth(AUTHZID));
  await o.element(NS.sasl, "success");
  o.restart();
  o.send(header({ from: SENDER, to: "other-target.example" }));
  await o.header();
  await o.streamError("improper-addressing");
  assert.deepEqual(await stage.server.routes(), []);
});

Deno.test("2.8: with bidi, success opens the inverse of the header pair too, behind the features", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const { o } = await claimant(stage);
  o.send(BIDI);
  o.send(auth(AUTHZID));
  await succeeded(o);
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  await o.message({ id: "m1", from: `juliet@${TARGET}/x` });
  assert.equal(stage.peer.count, 0);
});

Deno.test("SAS-5 DB-13: refused, then proven by its key for the same stream (policy encrypted)", async () => {
  const settings: StageOptions["settings"] = { policy: { proof: "encrypted" } };
  await using stage = await Stage.open({ settings });
  await using juliet = await stage.component();
  const { o, header } = await claimant(stage, stage.world.originating, UNSIGNED);
  o.send(auth(btoa(UNSIGNED)));
  await refused(o, "not-authorized");
  o.send(request(UNSIGNED, TARGET, "the-key"));
  const { r: a, asked } = await calledBack(stage);
  assert.deepEqual([asked.attributes.id, asked.text], [header.attributes.id, "the-key"]);
  a.send(reply(asked, "valid"));
  await o.verdict(UNSIGNED, TARGET, "valid");
  o.send(message(`romeo@${UNSIGNED}`, `juliet@${TARGET}`, "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("A-14: between server names EXTERNAL is offered and accepted, and opens nothing by itself", async () => {
  await using stage = await Stage.open();
  const { o, opened } = await stage.initiate();
  assert.ok(offersExternal(opened));
  o.send(auth(btoa(ORIGINATING)));
  await succeeded(o, { from: ORIGINATING, to: RECEIVING });
  assert.deepEqual(await stage.server.routes(), []);
  o.send(request(SENDER, TARGET));
  await o.verdict(SENDER, TARGET, "valid");
});

Deno.test("DNA-66: a name that is both a machine's and a hosted domain's makes the stream classic", async () => {
  await using stage = await Stage.open({ domains: [RECEIVING] });
  const o = await stage.dial();
  const opened = await openSecured(o, { from: ORIGINATING, to: RECEIVING }, { serverName: RECEIVING });
  assert.equal(offersExternal(opened), false); // no certificate, and no `not-authorized` either
  const named = await stage.dial();
  assert.ok(
    offersExternal(await openSecured(named, { from: ORIGINATING, to: RECEIVING }, stage.originatingTls)),
  );
  named.send(auth("="));
  await succeeded(named, { from: ORIGINATING, to: RECEIVING });
  await stage.server.told({ event: "pair.granted", local: RECEIVING, remote: ORIGINATING });
});
