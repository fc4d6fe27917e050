/** POSH: a hosting server that is vouched for by the web server of each domain (RFC 7711; protocol.md 3.6, 11.6). */
import assert from "node:assert/strict";
import { Authority, EXPIRED, selfSigned } from "../harness/certificates.ts";
import { Stage, type StageOptions } from "../harness/stage.ts";
import { type Answer, document, fingerprint, POSH_PATH, redirect, WebServer } from "../harness/web.ts";
import type { World } from "../harness/world.ts";
import type { Conversation } from "../peer/conversation.ts";
import { dial } from "../peer/peer.ts";
import { acceptStartTls, answer, FEATURE, openSecured, request } from "../peer/stream.ts";
import type { Identity } from "../peer/wire.ts";
import { arrival, assertNothingAsked, grant } from "./acts.ts";

/** Unsigned, so that DNS proves nothing. */
const SENDER = "unsigned.example";
const OTHER = "other-unsigned.example";
const TARGET = "target.example";
const WEB_OCTET = 80;

const url = (domain: string): string => `https://${domain}${POSH_PATH}`;
const json = (body: unknown): Answer => () => Response.json(body);

/** The stage, the peer's self-signed certificate, and the web server of both domains. */
class Scene implements AsyncDisposable {
  private constructor(readonly stage: Stage, readonly hosting: Identity, readonly web: WebServer) {}

  static async open(
    answer: (hosting: Identity) => Answer,
    options: StageOptions = {},
    own: { hosting?: Identity; web?: (world: World) => Promise<Identity> } = {},
  ): Promise<Scene> {
    const stage = await Stage.open({
      ...options,
      prepare: (world) => {
        world.customer(OTHER, undefined, { signed: false });
        for (const domain of [SENDER, OTHER]) {
          world.zone(domain).set(domain, "A", [world.ip(WEB_OCTET)]);
        }
      },
    });
    const hosting = own.hosting ?? await selfSigned({ names: ["hosting.example"] });
    const shown = await own.web?.(stage.world) ?? await stage.world.ca.issue({ names: [SENDER, OTHER] });
    return new Scene(stage, hosting, new WebServer(stage.world.ip(WEB_OCTET), shown, answer(hosting)));
  }

  /** A classic stream of the sender with the request for its domain. */
  async ask(): Promise<Conversation> {
    const o = await dial(this.stage.server.s2s, this.stage.world.peerIp, "O");
    await openSecured(o, { from: SENDER, to: TARGET }, { identity: this.hosting, serverName: TARGET });
    o.send(request(SENDER, TARGET));
    return o;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await this.web[Symbol.asyncDispose]();
  }
}

const denied = (o: Conversation, sender = SENDER) => o.denial(sender, TARGET, "auth", "not-authorized");

Deno.test("PSH-1 PSH-10: the document at the exact URL proves its domain, and no other with the same certificate", async () => {
  await using scene = await Scene.open((hosting) => ({ hostname }) =>
    hostname === SENDER ? Response.json(document(hosting)) : new Response(null, { status: 404 })
  );
  const o = await scene.ask();
  await o.verdict(SENDER, TARGET, "valid");
  const { proofs } = await scene.stage.server.api("/proofs");
  assert.equal(proofs[0].prooftype, "posh");
  o.send(request(OTHER, TARGET));
  await denied(o, OTHER);
  assert.deepEqual(scene.web.visits, [url(SENDER), url(OTHER)]);
});

Deno.test("cause posh.absent: PSH-9: 404 is no POSH, and is remembered", async () => {
  await using scene = await Scene.open(() => () => new Response(null, { status: 404 }));
  await denied(await scene.ask());
  await scene.stage.server.told({ event: "posh.resolved", cause: "posh.absent", domain: SENDER });
  await denied(await scene.ask());
  assert.deepEqual(scene.web.visits, [url(SENDER)]);
});

Deno.test("cause posh.unreachable: PSH-1: a web server whose certificate does not verify is none", async () => {
  const another = { web: async () => await (await Authority.root("Another")).issue({ names: [SENDER] }) };
  await using scene = await Scene.open((hosting) => json(document(hosting)), {}, another);
  await denied(await scene.ask());
  const { why } = await scene.stage.server.told({ event: "posh.resolved", cause: "posh.unreachable" });
  assert.match(why, /tls: /);
  assert.deepEqual(scene.web.visits, []);
});

Deno.test("PSH-1: nor one with a certificate for another name", async () => {
  const another = { web: ({ ca }: World) => ca.issue({ names: [OTHER] }) };
  await using scene = await Scene.open((hosting) => json(document(hosting)), {}, another);
  await denied(await scene.ask());
  assert.deepEqual(scene.web.visits, []);
});

Deno.test("PSH-1: with private addresses forbidden nobody is connected to (SSRF)", async () => {
  const settings = { dial: { allow_private_addresses: false } };
  await using scene = await Scene.open((hosting) => json(document(hosting)), { settings });
  await denied(await scene.ask());
  const { why } = await scene.stage.server.told({ event: "posh.resolved", cause: "posh.unreachable" });
  assert.match(why, /tcp\.forbidden/);
  assert.deepEqual(scene.web.visits, []);
});

Deno.test("PSH-3: any descriptor may match, by sha-512 too", async () => {
  await using scene = await Scene.open((hosting) =>
    json({
      fingerprints: [
        { "sha-256": btoa("x".repeat(32)) },
        { "sha-1": "ignored", "sha-512": fingerprint(hosting, "sha-512") },
      ],
      expires: 3600,
    })
  );
  await (await scene.ask()).verdict(SENDER, TARGET, "valid");
});

/** Steps through documents at paths of their own; the last has the fingerprints. */
const references = (steps: number) => (hosting: Identity): Answer => ({ pathname }) => {
  const step = pathname === POSH_PATH ? 0 : Number(pathname.slice(1));
  const next = { url: `https://${OTHER}/${step + 1}`, expires: 600 };
  return Response.json(step === steps ? document(hosting) : next);
};

Deno.test("PSH-4: a reference is followed once", async () => {
  await using scene = await Scene.open(references(1));
  await (await scene.ask()).verdict(SENDER, TARGET, "valid");
  assert.deepEqual(scene.web.visits, [url(SENDER), `https://${OTHER}/1`]);
});

/** Each makes the document one that proves nothing, although the fingerprint in it is right. */
const INVALID: Record<string, (hosting: Identity) => Answer> = {
  "cause posh.invalid: PSH-4: a reference to a reference": references(2),
  "PSH-4: a document with both members": (hosting) => json({ ...document(hosting), url: url(OTHER) }),
  "PSH-5: http: in a redirect": (hosting) => ({ protocol }) =>
    protocol === "http:" ? Response.json(document(hosting)) : redirect(`http://${SENDER}${POSH_PATH}`),
  "PSH-5: http: in a url": (hosting) => ({ protocol }) =>
    Response.json(
      protocol === "http:" ? document(hosting) : { url: `http://${OTHER}${POSH_PATH}`, expires: 60 },
    ),
  "PSH-5: more redirects than five": (hosting) => ({ pathname }) =>
    pathname === "/6" ? Response.json(document(hosting)) : redirect(`/${Number(pathname.slice(1)) + 1 || 1}`),
  "PSH-6: expires 0": (hosting) => json(document(hosting, 0)),
  "PSH-6: expires negative": (hosting) => json(document(hosting, -1)),
  "PSH-6: expires missing": (hosting) => json({ ...document(hosting), expires: undefined }),
  "PSH-9: a body over 64 KiB": (hosting) => json({ ...document(hosting), more: "x".repeat(65_536) }),
  "PSH-9: no JSON": () => () => new Response("<html>"),
};

for (const [what, answer] of Object.entries(INVALID)) {
  Deno.test(`${what}: no POSH`, async () => {
    await using scene = await Scene.open(answer);
    await using plain = new WebServer(scene.stage.world.ip(WEB_OCTET), null, answer(scene.hosting));
    await denied(await scene.ask());
    await scene.stage.server.told({ event: "posh.resolved", cause: "posh.invalid", domain: SENDER });
    assert.deepEqual(plain.visits, []);
  });
}

Deno.test("PSH-9: a web server that is too slow is no POSH, and the request is decided", async () => {
  const { promise: forever, resolve: end } = Promise.withResolvers<Response>();
  const settings = { limits: { posh_timeout: "300ms" } };
  await using scene = await Scene.open(() => () => forever, { settings });
  await denied(await scene.ask());
  await scene.stage.server.told({ event: "posh.resolved", cause: "posh.unreachable", domain: SENDER });
  end(new Response(null, { status: 503 }));
});

Deno.test("PSH-7: the smaller expires counts; before it the document is fetched anew, and revokes when it is gone", async () => {
  await using scene = await Scene.open(references(1), { movedClock: true });
  const { server } = scene.stage;
  const o = await scene.ask();
  await o.verdict(SENDER, TARGET, "valid");
  const { proofs: [proof] } = await server.api("/proofs");
  const lastsMs = Date.parse(proof.expires) - Date.now();
  assert.ok(lastsMs > 540_000 && lastsMs <= 600_000, proof.expires);
  await server.advanceTo(proof.recheckAt);
  await server.told({ event: "proof.rechecked", outcome: "held", domain: SENDER });
  assert.equal(scene.web.visits.length, 4);
  scene.web.answer = () => new Response(null, { status: 404 });
  const { proofs: [again] } = await server.api("/proofs");
  await server.advanceTo(again.recheckAt);
  const cause = "posh.absent"; // and not what else its certificate lacks
  await server.told({ event: "pair.revoked", by: "us", prooftype: "posh", cause, remote: SENDER });
});

Deno.test("PSH-8: an expired certificate is refused although its fingerprint is there", async () => {
  const hosting = await selfSigned({ names: ["hosting.example"], ...EXPIRED });
  await using scene = await Scene.open((own) => json(document(own)), {}, { hosting });
  await denied(await scene.ask());
});

Deno.test("PSH-1: outgoing, the document proves the machine that we reached (I-10), and no other certificate", async () => {
  await using scene = await Scene.open((hosting) => json(document(hosting)), { movedClock: true });
  await using juliet = await scene.stage.component();
  const write = (id: string) => juliet.say("juliet", `romeo@${SENDER}`, id);
  write("m1");
  const other = await scene.stage.peer.accept();
  await answer(other, "1", [FEATURE.starttls]);
  await acceptStartTls(other, { identity: await selfSigned({ names: ["hosting.example"] }) });
  await assertNothingAsked(other);
  await juliet.message({ id: "m1", type: "error" });
  await scene.stage.server.advance(600_000);
  write("m2");
  const { r } = await arrival(scene.stage, {
    tls: { identity: scene.hosting },
    features: [FEATURE.dialback],
  });
  await grant(r, TARGET, SENDER);
  await r.message({ id: "m2" });
});
