/** Policy `legacy`: streams without TLS, and peers older than stream features (protocol.md 2.10 rung 4, 4.1, 4.5, 4.6, 7.5). */
import assert from "node:assert/strict";
import { DIALBACK_SECRET, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { dialbackKey } from "../peer/dialback_key.ts";
import { NS } from "../peer/names.ts";
import {
  auth,
  BIDI,
  CLOSING,
  FEATURE,
  features,
  header,
  type HeaderOptions,
  open,
  openSecured,
  request,
  SM,
  verdict,
  verify,
} from "../peer/stream.ts";
import type { Element, Header } from "../peer/xml.ts";
import { bounced, calledBack, message, reply } from "./acts.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";

const SENDER = "sender.example", OTHER = "other-sender.example";
const TARGET = "target.example", TENANT = "bank.example";
const CLASSIC = { from: SENDER, to: TARGET };
const KEY = "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a";

/** One peer by its name, all others `encrypted`; one tenant takes nobody without TLS. */
const ONE_PEER: StageOptions = {
  settings: { policy: { proof: "encrypted", peer: { [SENDER]: { proof: "legacy" } } } },
  domains: [{ name: TENANT, component_secret: "secret", policy: { proof: "encrypted" } }],
};
/** Everybody. */
const ALL: StageOptions = { settings: { policy: { proof: "legacy" } } };
const NOBODY: StageOptions = { settings: { policy: { proof: "encrypted" } } };

// ---- the peer without TLS, both roles

/** As initiating server: header, and what comes for it. */
async function clear(stage: Stage, names: HeaderOptions = CLASSIC) {
  const o = await stage.dial();
  return { o, ...await open(o, names) };
}

/** As authoritative server, by whatever the question comes: no TLS, one answer. */
async function answerClear(stage: Stage, type: string, version: string | null = "1.0"): Promise<Element> {
  const a = await stage.peer.accept();
  await hello(a, version, FEATURE.dialback);
  const asked = await a.element(NS.db, "verify");
  a.send(reply(asked, type));
  return asked;
}

/** As receiving server: header in, header and (not before version 1.0) features out. */
async function hello(r: Conversation, version: string | null, ...offered: string[]): Promise<Header> {
  const theirs = await r.header();
  const { from, to } = theirs.attributes;
  const own = header({ from: to, to: from, id: "plain-1", version });
  r.send(own + (version === null ? "" : features(...offered)));
  return theirs;
}

/** A pair comes in without TLS: asked, called back, granted. */
async function grantedClear(stage: Stage): Promise<Conversation> {
  const { o } = await clear(stage);
  o.send(request(SENDER, TARGET, KEY));
  await answerClear(stage, "valid");
  await o.verdict(SENDER, TARGET, "valid");
  return o;
}

/** What a peer does that does not know `<starttls/>`. */
const NO_TLS: Record<string, (r: Conversation) => void> = {
  "a failure": (r) => leave(r, `<failure xmlns='${NS.tls}'/>`),
  "a stream error": (r) =>
    leave(r, `<stream:error><unsupported-stanza-type xmlns='${NS.streamErrors}'/></stream:error>`),
  "a closed connection": (r) => r.wire.fin(),
};

function leave(r: Conversation, lastWords: string = ""): void {
  r.send(lastWords + CLOSING);
  r.wire.fin();
}

/** The first way in: the server asks for TLS although none is offered (RFC 7590 3.1), and gets none. */
async function refuseTls(stage: Stage, refuse = NO_TLS["a failure"]!): Promise<Header> {
  const r = await stage.peer.accept();
  const theirs = await hello(r, "1.0", FEATURE.dialback);
  await r.element(NS.tls, "starttls");
  refuse(r);
  await r.farewell();
  return theirs;
}

/** Our request comes without TLS, its key made for the plain stream. */
async function requested(r: Conversation, sender = TARGET, target = SENDER): Promise<void> {
  const asked = await r.request(sender, target);
  const made = { secret: DIALBACK_SECRET, receiving: target, originating: sender, streamId: "plain-1" };
  assert.equal(asked.text, dialbackKey(made));
}

/** The pair goes out without TLS, down the ladder. */
async function authorisedClear(stage: Stage): Promise<Conversation> {
  await refuseTls(stage);
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.dialback);
  await requested(r);
  r.send(verdict(TARGET, SENDER, "valid"));
  return r;
}

// ---- in

Deno.test("STR-13 DB-3, 2.10 rung 4: a peer that does without TLS is called back without it, and let in", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  const { o, header: ours, features: offered } = await clear(stage);
  const children = offered.children.map(({ uri, name }) => `${uri} ${name}`);
  assert.deepEqual(children, [`${NS.tls} starttls`, `${NS.dialbackFeature} dialback`]);
  assert.deepEqual(offered.children[0]!.children, [], "STARTTLS is not required");
  o.send(request(SENDER, TARGET, KEY));
  const asked = await answerClear(stage, "valid");
  assert.deepEqual([asked.attributes.id, asked.text], [ours.attributes.id, KEY]);
  await o.verdict(SENDER, TARGET, "valid");
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
  await juliet.message({ id: "m1" });
  await stage.server.told({ event: "connection.established", direction: "in", encrypted: false });
  await stage.server.told({ event: "pair.granted", prooftype: "dialback", local: TARGET, remote: SENDER });
});

Deno.test("4.5: without TLS there is no bidi and no stream management, whatever the peer says", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  const { o } = await clear(stage);
  o.send(BIDI + request(SENDER, TARGET, KEY));
  await answerClear(stage, "valid");
  await o.verdict(SENDER, TARGET, "valid");
  o.send(SM.enable);
  const failed = await o.element(NS.sm, "failed");
  assert.deepEqual(failed.children.map(({ name }) => name), ["unexpected-request"]);
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const r = await authorisedClear(stage);
  await r.message({ id: "m1" });
  assert.deepEqual(o.waiting, [], "nothing comes back on the peer's own stream");
});

Deno.test("downgrade: the sender's server is called back with TLS where it offers it, also from a stream without", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const { o } = await clear(stage);
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  assert.ok(a.tls);
  a.send(reply(asked, "valid"));
  await o.verdict(SENDER, TARGET, "valid");
});

Deno.test("downgrade: a peer that takes STARTTLS under legacy gets the stream of everybody", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const o = await stage.dial();
  const tls = { serverName: TARGET, identity: await stage.world.ca.issue({ names: [SENDER] }) };
  const { features: offered } = await openSecured(o, CLASSIC, tls);
  for (const name of ["mechanisms", "dialback", "bidi", "sm", "dna"]) {
    assert.ok(offered.children.some((child) => child.name === name), name);
  }
});

Deno.test("TLS-4: a stanza without TLS before any pair ends the stream", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const { o } = await clear(stage);
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
  await o.streamError("not-authorized");
});

Deno.test("TLS-4: between server names TLS is required under legacy too", async () => {
  await using stage = await Stage.open(ALL);
  const { o, features: offered } = await clear(stage, SERVER_NAMES);
  assert.deepEqual(offered.children.map(({ children }) => children.map(({ name }) => name)), [["required"]]);
  o.send(request(SENDER, TARGET, KEY));
  await o.streamError("policy-violation");
});

// ---- one pair's policy is no other's (Q3)

/** Another sender, and another tenant of ours: both want TLS. */
const OTHERS: Record<string, [sender: string, target: string]> = {
  "another peer's": [OTHER, TARGET],
  "a stricter tenant's": [SENDER, TENANT],
};
for (const [whose, [sender, target]] of Object.entries(OTHERS)) {
  Deno.test(`TLS-4 Q3, cause tls.required: on the stream of a legacy peer ${whose} pair is refused, and nobody is called back`, async () => {
    await using stage = await Stage.open({
      ...ONE_PEER,
      settings: {
        policy: { proof: "legacy", peer: { [OTHER]: { proof: "encrypted" } } },
      },
    });
    await using juliet = await stage.component();
    await using other = await stage.component(target === TARGET ? "other-target.example" : target);
    const o = await grantedClear(stage);
    o.send(request(sender, target, KEY));
    await o.denial(sender, target, "cancel", "policy-violation");
    await stage.server.told({ event: "pair.denied", cause: "tls.required", local: target, remote: sender });
    assert.equal(stage.peer.count, 1);
    // An error is answered by nobody (F5), which would need a way back.
    if (target === TENANT) {
      o.send(`<message type='error' from='romeo@${SENDER}' to='nurse@${TENANT}' id='early'/>`);
    }
    o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
    await juliet.message({ id: "m1" });
    assert.deepEqual(other.stream.waiting, []);
  });
}

Deno.test("TLS-4: a header of a peer that is not legacy is offered nothing but TLS, whoever is legacy", async () => {
  await using stage = await Stage.open(ONE_PEER);
  for (
    const names of [{ from: OTHER, to: TARGET }, { from: SENDER, to: TENANT }, { from: null, to: TARGET }]
  ) {
    const { o, features: offered } = await clear(stage, names);
    assert.deepEqual(offered.children.map(({ children }) => children.map(({ name }) => name)), [[
      "required",
    ]]);
    o.send(request(SENDER, TARGET, KEY));
    await o.streamError("policy-violation");
  }
  assert.equal(stage.peer.count, 0);
});

// ---- questions about our own keys (7.5)

Deno.test("7.5, TLS required but absent: a question is answered without TLS for a legacy peer alone", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const { o } = await clear(stage);
  const key = (receiving: string) =>
    dialbackKey({ secret: DIALBACK_SECRET, receiving, originating: TARGET, streamId: "a1" });
  o.send(verify(SENDER, TARGET, "a1", key(SENDER)));
  await o.element(NS.db, "verify", { from: TARGET, to: SENDER, id: "a1", type: "valid" });
  o.send(verify(OTHER, TARGET, "a1", key(OTHER)));
  const refused = await o.element(NS.db, "verify", { from: TARGET, to: OTHER, id: "a1", type: "error" });
  assert.deepEqual(errorOf(refused), { type: "cancel", condition: "policy-violation" });
  await stage.server.told({ event: "verify.answered", cause: "tls.required", remote: OTHER });
});

Deno.test("7.5, TLS required but absent: where no policy does without it the question ends the stream", async () => {
  await using stage = await Stage.open(NOBODY);
  const { o } = await clear(stage);
  o.send(verify(SENDER, TARGET, "a1", KEY));
  await o.streamError("policy-violation");
});

// ---- SASL

Deno.test("SAS-7: EXTERNAL on the plaintext stream is answered encryption-required, and the way into TLS stays open", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const { o } = await clear(stage);
  o.send(auth(btoa(SENDER)));
  const failure = await o.element(NS.sasl, "failure");
  assert.deepEqual(failure.children.map(({ name }) => name), ["encryption-required"]);
  await stage.server.told({ event: "sasl.finished", cause: "sasl.claim", outcome: "encryption-required" });
  o.send(`<starttls xmlns='${NS.tls}'/>`);
  await o.element(NS.tls, "proceed");
});

Deno.test("SAS-7: nor later, when a pair is open without TLS", async () => {
  await using stage = await Stage.open(ONE_PEER);
  const o = await grantedClear(stage);
  o.send(auth(btoa(SENDER)));
  const failure = await o.element(NS.sasl, "failure");
  assert.deepEqual(failure.children.map(({ name }) => name), ["encryption-required"]);
});

Deno.test("SAS-7: where TLS is required it ends the stream with policy-violation", async () => {
  await using stage = await Stage.open(NOBODY);
  const { o } = await clear(stage);
  o.send(auth(btoa(SENDER)));
  await o.streamError("policy-violation");
});

// ---- out

for (const [what, refuse] of Object.entries(NO_TLS)) {
  Deno.test(`2.10 rung 4: ${what} upon STARTTLS that was not offered: dialback without TLS on a new connection`, async () => {
    await using stage = await Stage.open(ONE_PEER);
    await using juliet = await stage.component();
    juliet.say("juliet", `romeo@${SENDER}`, "m1");
    const first = await refuseTls(stage, refuse);
    assert.deepEqual([first.attributes.from, first.attributes.to], [RECEIVING, ORIGINATING]);
    const r = await stage.peer.accept();
    const everything = [FEATURE.dialback, FEATURE.external, FEATURE.bidi, FEATURE.sm, FEATURE.dna];
    const second = await hello(r, "1.0", ...everything);
    assert.deepEqual([second.attributes.from, second.attributes.to], [TARGET, SENDER]);
    await requested(r);
    r.send(verdict(TARGET, SENDER, "valid"));
    await r.message({ id: "m1" });
    juliet.say("juliet", `romeo@${SENDER}`, "m2");
    await r.message({ id: "m2" });
    await stage.server.told({ event: "pair.authorised", prooftype: "dialback", remote: SENDER });
    await stage.server.told({ event: "connection.established", direction: "out", encrypted: false });
    assert.equal(stage.peer.count, 2);
  });
}

Deno.test("2.10 rung 4: a peer that only keeps silent upon STARTTLS has as long as a handshake", async () => {
  await using stage = await Stage.open({ ...ONE_PEER, movedClock: true });
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const silent = await stage.peer.accept();
  await hello(silent, "1.0", FEATURE.dialback);
  await silent.element(NS.tls, "starttls");
  await stage.server.advance(15_000);
  await silent.streamError("connection-timeout");
  leave(silent);
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.dialback);
  await requested(r);
  r.send(verdict(TARGET, SENDER, "valid"));
  await r.message({ id: "m1" });
});

Deno.test("TLS-4: towards a peer that is not legacy nothing but header and STARTTLS is ever written in plaintext", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `tybalt@${OTHER}`, "m1");
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.dialback);
  await r.element(NS.tls, "starttls");
  NO_TLS["a failure"]!(r);
  await r.farewell();
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(stage.peer.count, 1);
});

/** Under legacy too: who offers TLS and does not manage it is not spoken to without it. */
const BROKEN_TLS: Record<string, (r: Conversation) => Promise<void>> = {
  "refuses it": async (r) => {
    NO_TLS["a failure"]!(r);
    await r.farewell();
  },
  "fails the handshake": async (r) => {
    r.send(`<proceed xmlns='${NS.tls}'/>`);
    await r.next("a ClientHello");
    r.wire.writeRaw(new Uint8Array([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]));
    r.wire.fin();
  },
};
for (const [what, fail] of Object.entries(BROKEN_TLS)) {
  Deno.test(`downgrade: a legacy peer that offers STARTTLS and ${what} is never spoken to without it`, async () => {
    await using stage = await Stage.open(ONE_PEER);
    await using juliet = await stage.component();
    juliet.say("juliet", `romeo@${SENDER}`, "m1");
    const visits = (async () => {
      for (;;) {
        const r = await stage.peer.accept();
        await hello(r, "1.0", FEATURE.starttls, FEATURE.dialback);
        await r.element(NS.tls, "starttls");
        await fail(r);
      }
    })();
    await Promise.race([bounced(juliet, "m1", "remote-server-timeout", "wait"), visits]);
    visits.catch(() => {});
  });
}

Deno.test("downgrade: STARTTLS that appears on the way down is taken", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  await refuseTls(stage);
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.starttls, FEATURE.dialback);
  await r.element(NS.tls, "starttls");
});

Deno.test("3.4 step 4: a peer with usable TLSA records is never spoken to in plaintext, under legacy either", async () => {
  await using stage = await Stage.open({
    ...ONE_PEER,
    prepare: (world) => {
      const records = [tlsa("3 1 1", world.originating)];
      world.zone("originating.example").set(tlsaOwner(ORIGINATING), "TLSA", records);
    },
  });
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const visits = (async () => {
    for (;;) await refuseTls(stage);
  })();
  await Promise.race([bounced(juliet, "m1", "remote-server-timeout", "wait"), visits]);
  visits.catch(() => {});
});

Deno.test("TLS-4 2.9: a stricter tenant does not share the connection of a legacy pair", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  await using bank = await stage.component(TENANT);
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const r = await authorisedClear(stage);
  await r.message({ id: "m1" });
  bank.say("teller", `romeo@${SENDER}`, "b1");
  await refuseTls(stage);
  await bounced(bank, "b1", "remote-server-timeout", "wait");
  juliet.say("juliet", `romeo@${SENDER}`, "m2");
  await r.message({ id: "m2" });
});

// ---- version 0.9 (4.1)

Deno.test("4.1: a peer of version 0.9 gets no version and no features, asks at once and is let in", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  const o = await stage.dial();
  o.send(header({ ...CLASSIC, version: null, lang: null }) + request(SENDER, TARGET, KEY));
  const ours = await o.header();
  assert.equal(ours.attributes.version, undefined);
  await answerClear(stage, "valid", null);
  await o.verdict(SENDER, TARGET, "valid");
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("4.1: before RFC 3920 a header could name nobody: under legacy for all its requests say who it is", async () => {
  await using stage = await Stage.open(ALL);
  await using juliet = await stage.component();
  const o = await stage.dial();
  o.send(header({ version: null, lang: null }) + request(SENDER, TARGET, KEY));
  const { attributes: { from, to, version } } = await o.header();
  assert.deepEqual({ from, to, version }, { from: RECEIVING, to: undefined, version: undefined });
  await answerClear(stage, "valid");
  await o.verdict(SENDER, TARGET, "valid");
  o.send(message(`romeo@${SENDER}`, `juliet@${TARGET}`, "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("4.1: where TLS is required version 0.9 is unsupported-version", async () => {
  await using stage = await Stage.open(ONE_PEER);
  for (const names of [{ from: OTHER, to: TARGET }, {}]) {
    for (const version of [null, "0.9"]) {
      const o = await stage.dial();
      o.send(header({ ...names, version }));
      await o.header();
      await o.streamError("unsupported-version");
    }
  }
});

Deno.test("4.1: a peer that answers without version is asked at once on a new connection", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const first = await stage.peer.accept();
  await hello(first, null);
  await first.streamError("unsupported-version");
  leave(first);
  const r = await stage.peer.accept();
  await hello(r, null);
  await requested(r);
  r.send(verdict(TARGET, SENDER, "valid"));
  await r.message({ id: "m1" });
});

Deno.test("4.1 4.8: a peer that refuses version 1.0 is asked without one", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const first = await stage.peer.accept();
  const { attributes } = await first.header();
  assert.equal(attributes.version, "1.0");
  const own = header({ from: attributes.to, to: attributes.from, id: "1" });
  leave(first, `${own}<stream:error><unsupported-version xmlns='${NS.streamErrors}'/></stream:error>`);
  await first.farewell();
  const r = await stage.peer.accept();
  assert.equal((await hello(r, null)).attributes.version, undefined);
  await requested(r);
  r.send(verdict(TARGET, SENDER, "valid"));
  await r.message({ id: "m1" });
});

Deno.test("4.1: towards a peer that is not legacy an answer without version is the end", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `tybalt@${OTHER}`, "m1");
  const r = await stage.peer.accept();
  await hello(r, null);
  await r.streamError("unsupported-version");
  leave(r);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
  assert.equal(stage.peer.count, 1);
});

// ---- a reload

Deno.test("TLS-4: a reload that takes legacy away ends what came in without TLS, at once", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  const o = await grantedClear(stage);
  await stage.server.reload({ ...stage.server.settings, policy: { proof: "encrypted" } });
  await o.verdict(SENDER, TARGET, "invalid");
  await o.streamError("policy-violation");
  leave(o, message(`romeo@${SENDER}`, `juliet@${TARGET}`, "late"));
  await o.farewell();
  await stage.server.told({ event: "pair.revoked", cause: "tls.required", local: TARGET, remote: SENDER });
  assert.deepEqual(juliet.stream.waiting, []);
});

Deno.test("TLS-4: and what went out: the next stanza finds a way with TLS, or none", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  const r = await authorisedClear(stage);
  await r.message({ id: "m1" });
  await stage.server.reload({ ...stage.server.settings, policy: { proof: "encrypted" } });
  await r.streamError("policy-violation");
  leave(r);
  await r.farewell();
  juliet.say("juliet", `romeo@${SENDER}`, "m2");
  await refuseTls(stage);
  await bounced(juliet, "m2", "remote-server-timeout", "wait");
});

Deno.test("TLS-4: what is asked while legacy is taken away is not granted, on neither side", async () => {
  await using stage = await Stage.open(ONE_PEER);
  await using juliet = await stage.component();
  const { o } = await clear(stage);
  o.send(request(SENDER, TARGET, KEY));
  const a = await stage.peer.accept();
  await hello(a, "1.0", FEATURE.dialback);
  const asked = await a.element(NS.db, "verify");
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  await refuseTls(stage);
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.dialback);
  await requested(r);
  await stage.server.reload({ ...stage.server.settings, policy: { proof: "encrypted" } });
  a.send(reply(asked, "valid"));
  r.send(verdict(TARGET, SENDER, "valid"));
  await o.streamError("policy-violation");
  await r.streamError("policy-violation");
  await a.closing();
});

/** TARGET wants TLS from now on; other-target.example, whose streams these are, does as before. */
async function tightenTarget({ server }: Stage): Promise<void> {
  const domain = server.settings.domain!.map((one) =>
    one.name === TARGET ? { ...one, policy: { proof: "encrypted" } } : one
  );
  await server.reload({ ...server.settings, domain });
}

Deno.test("TLS-4: nor on a stream that other legacy pairs still use: the answer comes too late", async () => {
  await using stage = await Stage.open(ALL);
  const { o } = await clear(stage, { from: SENDER, to: "other-target.example" });
  o.send(request(SENDER, "other-target.example", KEY));
  await answerClear(stage, "valid");
  await o.verdict(SENDER, "other-target.example", "valid");
  o.send(request(SENDER, TARGET, KEY));
  const { r: a, asked } = await calledBack(stage);
  await tightenTarget(stage);
  a.send(reply(asked, "valid"));
  await o.denial(SENDER, TARGET, "cancel", "policy-violation");
  await stage.server.told({ event: "pair.denied", cause: "tls.required", local: TARGET, remote: SENDER });
});

Deno.test("TLS-4: nor does a late valid of the peer open what goes out", async () => {
  await using stage = await Stage.open(ALL);
  await using juliet = await stage.component();
  await using nurse = await stage.component("other-target.example");
  nurse.say("nurse", `romeo@${SENDER}`, "n1");
  await refuseTls(stage);
  const r = await stage.peer.accept();
  await hello(r, "1.0", FEATURE.dialback);
  await requested(r, "other-target.example");
  r.send(verdict("other-target.example", SENDER, "valid"));
  await r.message({ id: "n1" });
  juliet.say("juliet", `romeo@${SENDER}`, "m1");
  await requested(r);
  await tightenTarget(stage);
  r.send(verdict(TARGET, SENDER, "valid"));
  await stage.server.told({ event: "verdict.received", local: TARGET, verdict: "valid" });
  nurse.say("nurse", `romeo@${SENDER}`, "n2");
  await r.message({ id: "n2" });
  await refuseTls(stage);
  await bounced(juliet, "m1", "remote-server-timeout", "wait");
});

Deno.test("TLS-4: a reload leaves other legacy pairs of the stream alone but for the reconnect", async () => {
  await using stage = await Stage.open(ALL);
  const { o } = await clear(stage);
  for (const target of [TARGET, "other-target.example"]) {
    o.send(request(SENDER, target, KEY));
    await answerClear(stage, "valid");
    await o.verdict(SENDER, target, "valid");
  }
  await tightenTarget(stage);
  await stage.server.told({ event: "pair.revoked", cause: "tls.required", local: TARGET });
  await o.streamError("policy-violation");
  const again = await clear(stage, { from: SENDER, to: "other-target.example" });
  again.o.send(request(SENDER, "other-target.example", KEY));
  await answerClear(stage, "valid");
  await again.o.verdict(SENDER, "other-target.example", "valid");
});
