import assert from "node:assert/strict";
import { Authority } from "../harness/certificates.ts";
import type { Conversation } from "./conversation.ts";
import { dialbackKey } from "./dialback_key.ts";
import { handshakeDigest } from "./component.ts";
import { NS } from "./names.ts";
import { dial, Listener } from "./peer.ts";
import {
  acceptSecured,
  BIDI,
  CLOSING,
  denial,
  DNA_BIDI_FEATURES,
  openSecured,
  request,
  verdict,
} from "./stream.ts";
import { StreamReader } from "./xml.ts";

const HOST = "127.83.6.1";
const PORT = 5269;
const O = { from: "xmpp1.originating.example", to: "xmpp1.receiving.example" };

interface Pair extends AsyncDisposable {
  readonly o: Conversation;
  readonly r: Conversation;
  readonly hello: () => unknown;
}

/** The peer against itself: trace T1 up to the features after TLS. */
async function secured(): Promise<Pair> {
  const ca = await Authority.root();
  const [originating, receiving] = await Promise.all([
    ca.issue({ names: [O.from] }),
    ca.issue({ names: [O.to] }),
  ]);
  const listener = await Listener.listen(HOST, PORT);
  const o = await dial({ host: HOST, port: PORT }, "127.83.6.2");
  const r = await listener.accept();
  await Promise.all([
    openSecured(o, O, { identity: originating, serverName: O.to, alpn: ["xmpp-server"] }),
    acceptSecured(r, { tls: { identity: receiving, alpn: ["xmpp-server"] }, features: DNA_BIDI_FEATURES }),
  ]);
  return {
    o,
    r,
    hello: () => r.wire.clientHello,
    async [Symbol.asyncDispose]() {
      await o[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the peer plays traces T1 and T7 with itself: TLS facts, request, verdict, both directions", async () => {
  await using pair = await secured();
  const { o, r } = pair;
  assert.equal(r.wire.clientHello?.serverName, O.to);
  assert.deepEqual(r.wire.clientHello?.alpn, ["xmpp-server"]);
  assert.match(r.tls?.certificate?.subjectAltName ?? "", /xmpp1\.originating\.example/);
  assert.match(o.tls?.certificate?.subjectAltName ?? "", /xmpp1\.receiving\.example/);

  o.send(BIDI + request("sender.example", "target.example", "k"));
  await r.element(NS.bidi, "bidi");
  assert.equal((await r.request("sender.example", "target.example")).text, "k");
  r.send(verdict("sender.example", "target.example", "valid", "echo"));
  await o.verdict("sender.example", "target.example", "valid");
  r.send(denial("unsigned.example", "target.example", "auth", "not-authorized"));
  await o.denial("unsigned.example", "target.example", "auth", "not-authorized");
  await o.sendBytewise("<message from='a@b' to='c@d'><body>h&lt;i \u{1F600}</body></message>");
  const message = await r.message({ from: "a@b" });
  assert.equal(message.children[0]?.text, "h<i \u{1F600}");
});

Deno.test("the peer tells closing tag, close_notify and FIN apart", async () => {
  await using pair = await secured();
  const { o, r } = pair;
  o.send(CLOSING);
  await r.closing();
  o.wire.closeNotify();
  assert.equal((await r.next()).kind, "close_notify");
  r.send(CLOSING); // half-closed: the other direction still works
  await o.closing();
  o.wire.fin();
  assert.equal((await r.next()).kind, "fin");
});

Deno.test("the peer sees a FIN without close_notify, and a reset", async () => {
  {
    await using pair = await secured();
    pair.o.wire.fin();
    assert.deepEqual(await pair.r.farewell(), {
      elements: [],
      closingTag: false,
      closeNotify: false,
      end: "fin",
    });
  }
  {
    await using pair = await secured();
    pair.o.wire.reset();
    assert.equal((await pair.r.farewell()).end, "reset");
  }
});

Deno.test("the peer's reader keeps raw text, resolves prefixes and refuses what is not well-formed", () => {
  const reader = new StreamReader();
  const text =
    "<?xml version='1.0'?><s:stream xmlns='jabber:server' xmlns:s='http://etherx.jabber.org/streams' id='1'>";
  const element = "<message><a:x xmlns:a='urn:a' b='1'>t</a:x></message>";
  const items = [...new TextEncoder().encode(`${text} ${element}\n<iq/></s:stream>`)]
    .flatMap((byte) => reader.feed(new Uint8Array([byte])));
  assert.deepEqual(items.map((item) => item.kind), ["header", "element", "element", "closing"]);
  const [header, message] = items;
  assert.ok(header?.kind === "header" && message?.kind === "element");
  assert.deepEqual([header.header.uri, header.header.declared[""]], [NS.stream, NS.server]);
  assert.equal(message.element.raw, element);
  assert.deepEqual([message.element.children[0]?.uri, message.element.children[0]?.text], ["urn:a", "t"]);
  assert.throws(() => new StreamReader().feed(new TextEncoder().encode("<a><b></a>")));
});

Deno.test("the peer's own dialback key and component digest match the published vectors", () => {
  assert.equal(
    dialbackKey({
      secret: "example-dialback-secret-2011",
      receiving: "target.example",
      originating: "sender.example",
      streamId: "7f3a9c10e2b84d55",
    }),
    "2d5801a138a06bbe1cf5a053bac2995620e89dd6cde0a10e0ca76408b0f0cc1a",
  );
  assert.equal(handshakeDigest("3BF96D32", "test"), "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e");
});
