/** Each cause of facts/cause.ts that a peer, a component, DNS or the operator can produce, seen in the server's log. */
import assert from "node:assert/strict";
import { Authority, EXPIRED, NOT_YET_VALID, selfSigned } from "../harness/certificates.ts";
import { scan } from "../harness/openssl.ts";
import { granted, SERVER_NAMES, Stage, type StageOptions } from "../harness/stage.ts";
import { ORIGINATING, RECEIVING, srvOwner } from "../harness/world.ts";
import { Component, componentHeader } from "../peer/component.ts";
import type { Conversation } from "../peer/conversation.ts";
import { NS } from "../peer/names.ts";
import { dial } from "../peer/peer.ts";
import {
  answer,
  CLOSING,
  denial,
  FEATURE,
  header,
  open,
  PROCEED,
  request,
  secure,
  STARTTLS,
  verdict,
} from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { arrival, grant, initiateBidi, message, refuseServerNames } from "./acts.ts";

type Act = (stage: Stage) => Promise<unknown>;

/** Asks for a pair; the verdict is taken, whatever it is. */
const ask = (sender: string, target = "target.example"): Act => async (stage) => {
  const { o } = await stage.initiate();
  o.send(request(sender, target));
  await o.anyElement("a verdict");
};

/** A local user writes to `domain`. */
const write = (domain: string): Act => async (stage) => {
  await using juliet = await stage.component();
  juliet.say("juliet", `romeo@${domain}`, "m1");
  await juliet.message({ type: "error" });
};

/** A server-name stream with this client certificate, up to the header after TLS. */
const show = (identity: (stage: Stage) => Promise<Identity | undefined>): Act => async (stage) => {
  const o = await stage.dial();
  await open(o, SERVER_NAMES);
  await secure(o, { identity: await identity(stage), serverName: RECEIVING });
  o.send(header(SERVER_NAMES));
};

/** An authorised stream on which `xml` is sent. */
const sendOn = (xml: string): Act => async (stage) => (await stage.initiateWith()).send(xml);

const sendHeader = (xml: string): Act => async (stage) => (await stage.dial()).send(xml);

/** The server has asked for (target, sender) on its own connection; `act` goes on from there. */
const asked = (act: (r: Conversation, juliet: Component) => void | Promise<void>): Act => async (stage) => {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await r.request("target.example", "sender.example");
  await act(r, juliet);
  await juliet.stream.anyElement("what became of the message");
};

/** The server dials the peer, which stops at STARTTLS with `act`. */
const atStartTls = (act: (r: Conversation) => void): Act => async (stage) => {
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  act(r);
  await juliet.message({ type: "error" });
};

/** The receiving side of a stream of ours shows this certificate. */
const serverShows = (identity: (stage: Stage) => Promise<Identity>): Act => async (stage) => {
  const shown = await identity(stage);
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  await answer(r, "1", [FEATURE.starttls]);
  await r.element(NS.tls, "starttls");
  r.send(PROCEED);
  r.acceptTls({ identity: shown }).catch(() => {});
  await juliet.message({ type: "error" });
};

const knock = (stage: Stage): Promise<Conversation> =>
  dial(stage.server.components, stage.world.serverIp, "component");
const from = "from='romeo@sender.example' to='juliet@target.example'";
const limits = (values: Record<string, unknown>): StageOptions => ({ settings: { limits: values } });

const CAUSES: Record<string, [act: Act, options?: StageOptions]> = {
  "dns.nxdomain": [write("missing.example")],
  "dns.no-service": [
    write("refusing.example"),
    { prepare: (world) => void world.customer("refusing.example", [{ target: ".", port: 0 }]) },
  ],
  "dns.bogus": [ask("bogus.example")],
  "dns.insecure": [ask("unsigned.example")],
  "dns.servfail": [ask("sender.example"), {
    prepare: (world) => world.dns.fail(srvOwner("sender.example"), "SRV", { kind: "servfail" }),
  }],
  "dns.timeout": [ask("sender.example"), {
    ...limits({ dns_timeout: "2s", dns_query_timeout: "1s" }),
    prepare: (world) => world.dns.fail(srvOwner("sender.example"), "SRV", { kind: "drop" }),
  }],
  "dns.too-large": [
    write("large.example"),
    {
      prepare: (world) => {
        world.customer("large.example", Array.from({ length: 70 }, (_, n) => `x${n}.originating.example`));
      },
    },
  ],
  "dns.no-address": [
    write("homeless.example"),
    { prepare: (world) => void world.customer("homeless.example", ["nowhere.originating.example"]) },
  ],
  "tcp.refused": [
    write("silent.example"),
    { prepare: (world) => void world.customer("silent.example", [{ target: ORIGINATING, port: 1 }]) },
  ],
  "tcp.forbidden": [write("sender.example"), { settings: { dial: { allow_private_addresses: false } } }],
  "tcp.reset": [async (stage) => (await stage.initiateWith()).wire.reset()],
  "tcp.lost": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.wire.fin();
  }],
  "tcp.limit": [async (stage) => {
    await open(await stage.dial(), SERVER_NAMES);
    await (await stage.dial()).farewell();
  }, limits({ connections_per_address: 1 })],
  "tls.refused": [atStartTls((r) => r.send(`<failure xmlns='${NS.tls}'/></stream:stream>`))],
  "tls.required": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.send(request("sender.example", "target.example"));
  }],
  "tls.injection": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.send(STARTTLS + request("sender.example", "target.example"));
  }],
  "tls.handshake": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.send(STARTTLS);
    await o.element(NS.tls, "proceed");
    o.wire.writeRaw(new Uint8Array([21, 3, 3, 0, 2, 2, 40]));
  }],
  "tls.timeout": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    o.send(STARTTLS);
    await o.farewell();
  }, limits({ tls_timeout: "200ms" })],
  "tls.truncated": [async (stage) => (await stage.initiateWith()).wire.fin()],
  "tls.renegotiation": [(stage) => scan(stage.server.s2s, RECEIVING, ["-tls1_2"], "R\n")],
  "tls.no-certificate": [show(() => Promise.resolve(undefined))],
  "tls.untrusted": [show(async () => (await Authority.root("Another Root")).issue({ names: [ORIGINATING] }))],
  "tls.self-signed": [show(() => selfSigned({ names: [ORIGINATING] }))],
  "tls.expired": [show(({ world }) => world.ca.issue({ names: [ORIGINATING], ...EXPIRED }))],
  "tls.not-yet-valid": [show(({ world }) => world.ca.issue({ names: [ORIGINATING], ...NOT_YET_VALID }))],
  "tls.ca-leaf": [show(({ world }) => world.ca.issue({ names: [ORIGINATING], isCa: true }))],
  "tls.names": [serverShows(({ world }) => world.ca.issue({ names: ["evil.example"] }))],
  "tls.usage": [serverShows(({ world }) => world.ca.issue({ names: [ORIGINATING], usages: ["clientAuth"] }))],
  "tls.bad-certificate": [show(async () => (await Authority.root()).issue({ names: [ORIGINATING] }))],
  "xml.not-well-formed": [sendOn("<message></iq>")],
  "xml.restricted": [sendOn("<!-- x -->")],
  "xml.encoding": [sendHeader(header(SERVER_NAMES).replace("?>", " encoding='UTF-16'?>"))],
  "xml.namespace": [sendHeader(header({ ...SERVER_NAMES, content: NS.client }))],
  "xml.limit": [sendOn(`<message ${from}>${"<a>".repeat(70)}${"</a>".repeat(70)}</message>`)],
  "stream.addressing": [sendHeader(header({ from: ORIGINATING, to: null }))],
  "stream.host-unknown": [sendHeader(header({ from: ORIGINATING, to: "nowhere.example" }))],
  "stream.host-gone": [
    sendHeader(header({ from: ORIGINATING, to: "gone.example" })),
    { settings: { server: { gone: ["gone.example"] } } },
  ],
  "stream.version": [sendHeader(header({ ...SERVER_NAMES, version: null }))],
  "stream.loop": [sendHeader(header({ from: "target.example", to: RECEIVING }))],
  "stream.changed-names": [async (stage) => {
    const o = await stage.dial();
    await open(o, SERVER_NAMES);
    await secure(o, stage.originatingTls);
    o.send(header({ from: ORIGINATING, to: "target.example" }));
  }],
  "stream.header-timeout": [async (stage) => void await stage.dial(), limits({ header_timeout: "200ms" })],
  "stream.negotiation-timeout": [
    async (stage) => {
      await stage.initiate();
      await stage.server.advance(60_000);
    },
    { movedClock: true },
  ],
  "stream.feature-required": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    await arrival(stage, { features: ["<toll xmlns='urn:toll'><required/></toll>"] });
    await juliet.message({ type: "error" });
  }],
  "stream.direction": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await arrival(stage); // no bidi: nobody may ask in this direction
    await r.request("target.example", "sender.example");
    r.send(request("other-sender.example", "target.example"));
    await r.streamError("not-authorized");
  }],
  "stream.unproven-name": [show(({ world }) => world.ca.issue({ names: ["evil.example"] }))],
  "stream.unexpected": [sendOn(STARTTLS)],
  "stream.idle": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await arrival(stage); // who opened it closes it (8.5)
    await grant(r, "target.example", "sender.example");
  }, limits({ idle_timeout: "2s" })],
  "stream.unsupported": [sendOn("<foo xmlns='urn:x'/>")],
  "route.bad-request": [sendOn(`<iq type='get' ${from}><ping xmlns='${NS.ping}'/></iq>`)],
  "route.unauthorised-flood": [async (stage) => {
    const o = await stage.initiateWith();
    await granted(o, "other-sender.example", "target.example");
    o.send(message("romeo@sender.example", "nurse@other-target.example", "m1"));
    o.send(message("tybalt@other-sender.example", "nurse@other-target.example", "m2"));
  }, limits({ unauthorised_pairs_per_minute: 1 })],
  "limit.outgoing": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await arrival(stage);
    await grant(r, "target.example", "sender.example");
    const [{ id }] = (await stage.server.connections()) as [{ id: string }];
    await stage.server.api(`/connections/${id}/close`, "POST", {});
    await r.message({ id: "m1" });
    await r.closing(); // which the peer does not answer: the connection is not free yet
    juliet.say("juliet", "romeo@sender.example", "m2");
    await stage.server.told({ event: "route.state", cause: "limit.outgoing" });
  }, limits({ outgoing_per_target: 1, closing_timeout: "1m" })],
  "route.slow-sink": [async (stage) => {
    const juliet = await stage.component();
    const o = await stage.initiateWith();
    juliet.stream.wire.pause();
    const large = message("romeo@sender.example", "juliet@target.example", "m", "x".repeat(100_000));
    for (let n = 0; n < 150; n++) o.send(large);
  }],
  "route.too-big": [async (stage) => {
    await using juliet = await stage.component();
    const small = "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits>";
    const o = await initiateBidi(stage, `<bidi xmlns='urn:xmpp:bidi'>${small}</bidi>`);
    await granted(o, "sender.example", "target.example");
    juliet.say("juliet", "romeo@sender.example", "big", "x".repeat(10_000));
    await juliet.message({ id: "big", type: "error" });
  }],
  "stream.closed": [async (stage) => {
    const o = await stage.initiateWith();
    o.send(CLOSING);
    await o.farewell();
  }],
  "stream.error": [sendOn(`<stream:error><reset xmlns='${NS.streamErrors}'/></stream:error>`)],
  "stream.shutdown": [async (stage) => {
    const o = await stage.initiateWith();
    o.send(`<stream:error><system-shutdown xmlns='${NS.streamErrors}'/></stream:error>${CLOSING}`);
    const closed = await stage.server.told({ event: "connection.closed", cause: "stream.shutdown" });
    assert.equal(closed.direction, "in");
    assert.deepEqual((await stage.server.api("/failures")).failures, [], "nobody has to mend it");
  }],
  "stream.not-authorized": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    // Between the machines, then between the domains.
    for (let n = 0; n < 2; n++) await refuseServerNames(stage, "not-authorized");
    await juliet.message({ type: "error" });
    await stage.server.told({ event: "route.state", state: "backoff", cause: "stream.not-authorized" });
  }],
  "proof.delegation": [
    ask("elsewhere.example"),
    { prepare: (world) => void world.customer("elsewhere.example", ["other.example"]) },
  ],
  "proof.absent": [ask("absent.example"), { prepare: (world) => void world.addZone("absent.example") }],
  "proof.timeout": [ask("sender.example"), {
    ...limits({ proof_timeout: "200ms" }),
    prepare: (world) => void world.dns.hold(srvOwner("sender.example"), "SRV"),
  }],
  "proof.expired": [async (stage) => {
    await stage.initiateWith();
    stage.world.dns.outage();
    await stage.server.advance(21 * 60_000);
  }, {
    movedClock: true,
    prepare: (world) => void (world.zone("sender.example").signatureLifetimeS = 20 * 60),
  }],
  "peer.denied": [asked((r) => r.send(denial("target.example", "sender.example", "cancel", "not-allowed")))],
  "peer.invalid": [asked((r) => r.send(verdict("target.example", "sender.example", "invalid")))],
  "peer.verdict-timeout": [asked(() => {}), limits({ verdict_timeout: "200ms" })],
  "peer.unsolicited": [
    asked((r) => {
      for (const remote of ["a.example", "b.example", "c.example"]) {
        r.send(verdict("target.example", remote, "valid"));
      }
    }),
    limits({ queue_age: "3s" }),
  ],
  "peer.revoked": [async (stage) => {
    await using juliet = await stage.component();
    juliet.say("juliet", "romeo@sender.example", "m1");
    const { r } = await arrival(stage);
    await grant(r, "target.example", "sender.example");
    r.send(verdict("target.example", "sender.example", "invalid"));
    await stage.server.told({ event: "pair.revoked" });
  }],
  "policy.blocked": [ask("other-sender.example"), {
    settings: { policy: { block: ["other-sender.example"] } },
  }],
  "policy.not-allowed": [ask("other-sender.example"), {
    settings: { policy: { allow: ["sender.example"] } },
  }],
  "policy.revoked": [async (stage) => {
    await stage.initiateWith();
    await stage.server.api("/routes/target.example/sender.example/revoke", "POST", {});
  }],
  "policy.suspended": [async (stage) => {
    await stage.initiateWith();
    await stage.server.api("/domains/target.example/suspend", "POST", {});
  }],
  "policy.dns": [async (stage) => {
    const names = [ORIGINATING, "bogus.example"];
    const tls = { identity: await stage.world.ca.issue({ names }), serverName: RECEIVING };
    const { o } = await stage.initiate(SERVER_NAMES, tls);
    o.send(request("bogus.example", "target.example"));
    await o.denial("bogus.example", "target.example", "auth", "not-authorized");
  }, { settings: { policy: { proof: "strict" } } }],
  "route.not-hosted": [ask("sender.example", "nowhere.example")],
  "route.own-domain": [ask("other-target.example")],
  "route.bad-address": [sendOn("<message id='1'/>")],
  "route.unauthenticated": [async (stage) => {
    const o = await stage.dial();
    await open(o, { from: "sender.example", to: "target.example" });
    await secure(o, stage.originatingTls);
    await open(o, { from: "sender.example", to: "target.example" });
    o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  }],
  "route.spoofed": [sendOn(message("a@bank.example", "juliet@target.example", "m1"))],
  "route.unknown-target": [sendOn(message("romeo@sender.example", "a@nowhere.example", "m1"))],
  "route.unauthorised": [sendOn(message("romeo@sender.example", "nurse@other-target.example", "m1"))],
  "route.jid-malformed": [write("@")],
  "route.queue-full": [async (stage) => {
    await using juliet = await stage.component();
    stage.world.dns.hold(srvOwner("sender.example"), "SRV");
    for (const id of ["m1", "m2"]) juliet.say("juliet", "romeo@sender.example", id);
    await juliet.message({ id: "m2", type: "error" });
  }, limits({ queue_stanzas: 1 })],
  "route.queues-full": [async (stage) => {
    await using juliet = await stage.component();
    stage.world.dns.hold(srvOwner("sender.example"), "SRV");
    for (const id of ["m1", "m2"]) juliet.say("juliet", "romeo@sender.example", id, "x".repeat(600));
    await juliet.message({ id: "m2", type: "error" });
  }, limits({ queues_bytes: 1000 })],
  "route.queue-age": [asked(() => {}), limits({ queue_age: "3s" })],
  "route.component-away": [async (stage) => {
    const o = await initiateBidi(stage);
    await granted(o, "sender.example", "target.example");
    o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  }],
  "limit.pairs": [async (stage) => {
    const o = await stage.initiateWith();
    o.send(request("other-sender.example", "target.example"));
  }, limits({ pairs_per_connection: 1 })],
  "limit.domains": [async (stage) => {
    const identity = await stage.world.ca.issue({ names: [ORIGINATING, "*.wild.example"] });
    const { o } = await stage.initiate(SERVER_NAMES, { identity, serverName: RECEIVING });
    for (const n of [1, 2]) await granted(o, `x${n}.wild.example`, "target.example");
    o.send(request("x3.wild.example", "target.example"));
    await o.denial("x3.wild.example", "target.example", "wait", "resource-constraint");
    await granted(o, "x2.wild.example", "other-target.example"); // proven already
    await stage.initiateWith(); // another connection has a share of its own
  }, limits({ proven_domains: 2 })],
  "limit.requests": [async (stage) => {
    const o = await stage.initiateWith();
    stage.world.dns.outage({ kind: "hold", until: new Promise<void>(() => {}) });
    for (const sender of ["a.example", "b.example"]) o.send(request(sender, "target.example"));
  }, limits({ pending_requests: 1 })],
  "limit.proofs": [async (stage) => {
    const o = await stage.initiateWith();
    stage.world.dns.outage({ kind: "hold", until: new Promise<void>(() => {}) });
    for (const sender of ["a.example", "b.example", "c.example"]) o.send(request(sender, "target.example"));
    await o.denial("c.example", "target.example", "wait", "resource-constraint");
  }, limits({ proofs: 1, proofs_waiting: 1 })],
  "limit.denials": [async (stage) => {
    const o = await stage.initiateWith();
    for (let n = 0; n < 2; n++) o.send(request("sender.example", `nowhere${n}.example`));
  }, limits({ denials_per_minute: 1 })],
  "component.handshake": [async (stage) => {
    const c = await knock(stage);
    c.send(`${componentHeader("target.example")}<handshake>00</handshake>`);
  }],
  "component.conflict": [async (stage) => {
    await using _first = await stage.component();
    await stage.component().catch(() => {});
  }],
  "component.unknown": [async (stage) => (await knock(stage)).send(componentHeader("nowhere.example"))],
  "component.foreign-from": [async (stage) => {
    const juliet = await stage.component();
    juliet.send(message("nurse@other-target.example", "romeo@sender.example", "m1"));
    await juliet.stream.farewell();
  }],
  "component.gone": [async (stage) => await (await stage.component()).detach()],
  "operator.closed": [async (stage) => {
    await stage.initiateWith();
    const [{ id }] = await stage.server.connections();
    await stage.server.api(`/connections/${id}/close`, "POST", {});
  }],
  "server.internal": [async (stage) => {
    const { o } = await stage.initiate();
    o.send(request("sender.example", "target.example"));
    await o.farewell();
    await stage.initiate(); // nobody else is disturbed
  }, { broken: "request_throws" }],
  "native.panic": [async (stage) => {
    const o = await stage.dial();
    o.send(header({ from: "panic.example", to: RECEIVING }));
    await o.farewell();
    await stage.initiateWith();
  }, { broken: "library_panics" }],
  "server.shutdown": [async (stage) => {
    await stage.initiateWith();
    stage.server.signal("SIGTERM");
  }],
};

/** Many acts leave a closing tag unanswered: the server shall not wait long for it. */
const impatient = (options: StageOptions = {}): StageOptions => {
  const limits = { closing_timeout: "300ms", close_notify_timeout: "200ms", ...options.settings?.limits };
  return { ...options, settings: { ...options.settings, limits } };
};

for (const [cause, [act, options]] of Object.entries(CAUSES)) {
  Deno.test(`cause ${cause} is logged when it happens`, async () => {
    await using stage = await Stage.open(impatient(options));
    await act(stage);
    await stage.server.told({ cause });
  });
}
