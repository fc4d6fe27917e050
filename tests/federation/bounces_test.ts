/** Every row of protocol.md 4.11: the condition and the type of each bounce, and what all bounces have in common. */
import assert from "node:assert/strict";
import { Authority } from "../harness/certificates.ts";
import { granted, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, srvOwner, type World } from "../harness/world.ts";
import type { Component } from "../peer/component.ts";
import { type Conversation, errorOf } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { acceptSecured, answer, denial, FEATURE, PROCEED, verdict } from "../peer/stream.ts";
import { child, type Element } from "../peer/xml.ts";
import { arrival, fence, initiateBidi } from "./acts.ts";
import { managedArrival } from "./managed.ts";

const SENDER = srvOwner("sender.example");

/** RTE-6 and RTE-7: of every bounce, whatever its reason. */
function assertBounce(error: Element, sent: { id: string; from: string; to: string }): void {
  const { id, from, to, type } = error.attributes;
  assert.deepEqual({ id, from, to, type }, { id: sent.id, from: sent.to, to: sent.from, type: "error" });
  const words = error.raw.replaceAll(sent.to, "").replaceAll(sent.from, "");
  assert.doesNotMatch(words, /xmpp\d\.|\d+\.\d+\.\d+\.\d+|::1/, "a provider's host or an address");
  assert.equal(child(error, error.uri, "error")?.attributes.by, undefined);
}

// ---------------------------------------------------------------- stanzas of a component of ours, on their way out

type Act = (stage: Stage, juliet: Component) => void | Promise<unknown>;

interface Row {
  readonly expected: readonly [condition: string, type: string];
  readonly to?: string;
  readonly options?: StageOptions;
  /** What the peer does once the message is sent. */
  readonly act?: Act;
  /** Before the message is sent. */
  readonly first?: Act;
  readonly body?: string;
}

const world = (prepare: (world: World) => void): StageOptions => ({ prepare });
const limits = (values: Record<string, unknown>): StageOptions => ({ settings: { limits: values } });

/** The server asked for the pair; this is what it hears. */
const answered = (reply: (r: Conversation) => void): Act => async (stage) => {
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  reply(r);
};

/** The peer goes as far as STARTTLS, then this. */
const atStartTls = (act: (r: Conversation, stage: Stage) => void | Promise<void>): Act => async (stage) => {
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  await act(r, stage);
};

const say = (juliet: Component, id: string, to = "romeo@sender.example") => juliet.say("juliet", to, id);

const OUTWARD: Record<string, Row> = {
  "M does not exist: NXDOMAIN": {
    to: "romeo@missing.example",
    expected: ["remote-server-not-found", "cancel"],
  },
  "M does not exist: no SRV and no address": {
    to: "romeo@empty.example",
    options: world((w) => void w.addZone("empty.example")),
    expected: ["remote-server-not-found", "cancel"],
  },
  'SRV target "."': {
    to: "romeo@refusing.example",
    options: world((w) => void w.customer("refusing.example", [{ target: ".", port: 0 }])),
    expected: ["remote-server-not-found", "cancel"],
  },
  "DNS failure that may pass: SERVFAIL": {
    options: world((w) => w.dns.fail(SENDER, "SRV", { kind: "servfail" })),
    expected: ["remote-server-not-found", "wait"],
  },
  "DNS failure that may pass: time-out": {
    options: {
      ...limits({ dns_timeout: "2s", dns_query_timeout: "1s" }),
      ...world((w) => w.dns.fail(SENDER, "SRV", { kind: "drop" })),
    },
    expected: ["remote-server-not-found", "wait"],
  },
  "DNS failure that may pass: bogus": {
    to: "romeo@bogus.example",
    expected: ["remote-server-not-found", "wait"],
  },
  "no TCP connection: refused": {
    to: "romeo@silent.example",
    options: world((w) => void w.customer("silent.example", [{ target: ORIGINATING, port: 1 }])),
    expected: ["remote-server-timeout", "wait"],
  },
  "no TCP connection: only private addresses": {
    options: { settings: { dial: { allow_private_addresses: false } } },
    expected: ["remote-server-timeout", "wait"],
  },
  "negotiation failed: TLS refused": {
    act: atStartTls((r) => r.send(`<failure xmlns='${NS.tls}'/></stream:stream>`)),
    expected: ["remote-server-timeout", "wait"],
  },
  "negotiation failed: no TLS behind proceed": {
    // Where both come in one segment it is an injection, and the next rung finds nobody who speaks.
    options: limits({ header_timeout: "3s" }),
    act: atStartTls((r) => {
      r.send(PROCEED);
      r.wire.writeRaw(new Uint8Array([21, 3, 3, 0, 2, 2, 40]));
    }),
    expected: ["remote-server-timeout", "wait"],
  },
  "negotiation failed: the peer says nothing": {
    options: limits({ header_timeout: "300ms" }),
    act: (stage) => stage.peer.accept(),
    expected: ["remote-server-timeout", "wait"],
  },
  "the peer cannot be authenticated": {
    act: atStartTls(async (r) => {
      const identity = await (await Authority.root("Another Root")).issue({ names: [ORIGINATING] });
      r.send(PROCEED);
      r.acceptTls({ identity }).catch(() => {});
    }),
    expected: ["remote-server-timeout", "cancel"],
  },
  "verdict error: for good": {
    act: answered((r) => r.send(denial("target.example", "sender.example", "cancel", "not-allowed"))),
    expected: ["remote-server-timeout", "cancel"],
  },
  "verdict error: for now": {
    act: answered((r) => r.send(denial("target.example", "sender.example", "wait", "resource-constraint"))),
    expected: ["remote-server-timeout", "wait"],
  },
  "verdict invalid": {
    act: answered((r) => r.send(verdict("target.example", "sender.example", "invalid"))),
    expected: ["internal-server-error", "cancel"],
  },
  "queue full": {
    options: { ...limits({ queue_stanzas: 1 }), ...world((w) => void w.dns.hold(SENDER, "SRV")) },
    first: (_, juliet) => say(juliet, "m0"),
    expected: ["resource-constraint", "wait"],
  },
  "queue full: all queues together": {
    options: { ...limits({ queues_bytes: 1000 }), ...world((w) => void w.dns.hold(SENDER, "SRV")) },
    first: (_, juliet) => say(juliet, "m0"),
    body: "x".repeat(900),
    expected: ["resource-constraint", "wait"],
  },
  "queue time exceeded": {
    options: limits({ queue_age: "2s" }),
    act: answered(() => {}),
    expected: ["remote-server-timeout", "wait"],
  },
  "negative cache active": {
    first: async (stage, juliet) => {
      say(juliet, "m0");
      await answered((r) => r.send(denial("target.example", "sender.example", "cancel", "item-not-found")))(
        stage,
        juliet,
      );
      await juliet.message({ id: "m0", type: "error" });
    },
    expected: ["remote-server-timeout", "wait"],
  },
  "remote domain blocked by us": {
    options: { settings: { policy: { block: ["sender.example"] } } },
    expected: ["not-allowed", "cancel"],
  },
  "remote domain not among those allowed": {
    options: { settings: { policy: { allow: ["*.friends.example"] } } },
    expected: ["not-allowed", "cancel"],
  },
  "stanza larger than the peer's max-bytes": {
    body: "x".repeat(10_000),
    act: async (stage) => {
      const r = await stage.peer.accept();
      const features = [FEATURE.dialback, FEATURE.dna, FEATURE.limits(10_000)];
      await acceptSecured(r, { tls: { identity: stage.world.originating }, features });
      await r.request("target.example", "sender.example");
      r.send(verdict("target.example", "sender.example", "valid"));
    },
    expected: ["policy-violation", "modify"],
  },
  "connection lost before it was acknowledged": {
    act: async (stage) => {
      const r = await managedArrival(stage);
      await r.message({ id: "m1" });
      r.wire.reset();
    },
    expected: ["remote-server-timeout", "wait"],
  },
  "the peer of a classic stream cannot be authenticated": {
    to: "romeo@unsigned.example",
    act: atStartTls((r, stage) => {
      r.send(PROCEED);
      r.acceptTls({ identity: stage.world.originating }).catch(() => {});
    }),
    expected: ["remote-server-timeout", "cancel"],
  },
  "destination JID malformed": { to: "a@@sender.example", expected: ["jid-malformed", "modify"] },
  "local: component not connected": {
    to: "nurse@other-target.example",
    expected: ["remote-server-timeout", "wait"],
  },
  "local: unknown user": {
    to: "nobody@bare.example",
    options: { domains: [{ name: "bare.example" }] },
    expected: ["service-unavailable", "cancel"],
  },
};

for (
  const [what, { expected: [condition, type], to = "romeo@sender.example", ...row }] of Object.entries(
    OUTWARD,
  )
) {
  Deno.test(`RTE-5 RTE-6 RTE-7: ${what}: ${condition} (${type})`, async () => {
    await using stage = await Stage.open(row.options);
    await using juliet = await stage.component();
    await row.first?.(stage, juliet);
    juliet.say("juliet", to, "m1", row.body);
    await row.act?.(stage, juliet);
    const error = await juliet.message({ id: "m1" });
    assertBounce(error, { id: "m1", from: "juliet@target.example/x", to });
    assert.deepEqual(errorOf(error), { condition, type });
  });
}

// ------------------------------------------------------------------------------------- stanzas of a peer, coming in

const FROM = "romeo@sender.example/orchard";

interface Inward {
  /** Its kind and what is in it. */
  readonly stanza: (addresses: string) => string;
  readonly to: string;
  readonly expected: readonly [condition: string, type: string] | "silence";
}

const body = (addresses: string) => `<message ${addresses}><body>x</body></message>`;
const ask = (payload: string) => (addresses: string) => `<iq type='get' ${addresses}>${payload}</iq>`;
const presence = (addresses: string) => `<presence ${addresses}/>`;

/** `target.example` has a component that is away, `bare.example` has none; `other-target.example` was never asked for. */
const INWARD: Record<string, Inward> = {
  "pair not authorised": {
    stanza: body,
    to: "nurse@other-target.example",
    expected: ["not-authorized", "auth"],
  },
  "local: unknown user, message": {
    stanza: body,
    to: "nobody@bare.example",
    expected: ["service-unavailable", "cancel"],
  },
  "local: unknown user, IQ": {
    stanza: ask(`<ping xmlns='${NS.ping}'/>`),
    to: "nobody@bare.example",
    expected: ["service-unavailable", "cancel"],
  },
  "local: unknown user, presence": { stanza: presence, to: "nobody@bare.example", expected: "silence" },
  "local: IQ payload not understood": {
    stanza: ask("<q xmlns='urn:unknown'/>"),
    to: "bare.example",
    expected: ["service-unavailable", "cancel"],
  },
  "an IQ against RFC 6120 8.2.3": {
    stanza: ask(""),
    to: "bare.example",
    expected: ["bad-request", "modify"],
  },
  "component not connected, message": {
    stanza: body,
    to: "juliet@target.example",
    expected: ["remote-server-timeout", "wait"],
  },
  "component not connected, IQ to the bare domain": {
    stanza: ask(`<ping xmlns='${NS.ping}'/>`),
    to: "target.example",
    expected: ["remote-server-timeout", "wait"],
  },
  "component not connected, presence": { stanza: presence, to: "juliet@target.example", expected: "silence" },
};

for (const [what, { stanza, to, expected }] of Object.entries(INWARD)) {
  Deno.test(`RTE-5 RTE-6 RTE-7: ${what}: ${expected === "silence" ? expected : expected.join(", ")}`, async () => {
    await using stage = await Stage.open({ domains: [{ name: "bare.example" }] });
    const o = await initiateBidi(stage);
    for (const target of ["target.example", "bare.example"]) await granted(o, "sender.example", target);
    o.send(stanza(`id='s1' from='${FROM}' to='${to}'`));
    if (expected === "silence") return await fence(o); // nothing came before it
    // Not authorised means that the way back is none either: the server asks for one, on this stream (2.8).
    const [condition, type] = expected;
    if (condition === "not-authorized") {
      await o.request("other-target.example", "sender.example");
      o.send(verdict("other-target.example", "sender.example", "valid"));
    }
    const error = await o.anyElement("the error");
    assertBounce(error, { id: "s1", from: FROM, to });
    assert.deepEqual(errorOf(error), { condition, type });
    const detail = child(child(error, NS.server, "error")!, NS.dna, "invalid-connection");
    assert.equal(detail !== undefined, condition === "not-authorized", error.raw);
  });
}
