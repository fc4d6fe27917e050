/** Our connection against itself: STARTTLS, facts, order, back-pressure, the ways to end. */
import assert from "node:assert/strict";
import { encode, HEADER, message, secured, stand, STARTTLS } from "./ends.ts";

Deno.test("TLS-26 TLS-10: STARTTLS, both sides see a trusted certificate and what was negotiated", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  for (const { facts } of [initiating.ear, receiving.ear]) {
    assert.equal(facts!.version, "TLSv1.3");
    assert.match(facts!.cipher, /^TLS_(AES|CHACHA20)_/);
    assert.match(facts!.group, /^(X25519|secp256r1|secp384r1|X25519MLKEM768)$/);
    assert.ok(facts!.handshakeMs >= 0 && facts!.handshakeMs < 60_000);
    assert.equal(facts!.alpn, "xmpp-server");
    assert.equal(facts!.sni, "b.example");
    assert.equal(facts!.own, "a.example");
    assert.equal(facts!.peer.state, "accepted");
    if (facts!.peer.state !== "accepted") return;
    assert.deepEqual(facts!.peer.facts.identifiers, [
      { kind: "dns", name: "a.example" },
      { kind: "dns", name: "b.example" },
    ]);
  }
  initiating.connection.write(encode(message("hello")));
  await receiving.ear.until(() => receiving.ear.texts.includes(message("hello")), "the message");
});

Deno.test("everything written within a tick arrives in order, large stanzas too", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  const sent = Array.from({ length: 6000 }, (_, n) => message(`${n}`));
  sent.splice(3000, 0, message("x".repeat(500_000)));
  for (const text of sent) initiating.connection.write(encode(text));
  const got = () => receiving.ear.texts.filter((text) => text.startsWith("<message"));
  await receiving.ear.until(() => got().length === sent.length, "all messages");
  assert.deepEqual(got(), sent);
});

Deno.test("a batch goes on to another connection byte by byte, apart or side by side, beyond 64 KiB", async () => {
  using from = await stand();
  using to = await stand();
  const [writer, relay] = await secured(from);
  const [out, reader] = await secured(to);
  relay.ear.onItem = () => {};
  const batch = relay.ear.batch.bind(relay.ear);
  relay.ear.batch = (items) => {
    out.connection.forward(items, 0, items.count);
    return batch(items);
  };
  const sent = [message("x".repeat(200_000)), ...Array.from({ length: 3000 }, (_, n) => message(`${n}`))];
  writer.connection.write(encode(sent.slice(0, 1500).join("")));
  // A keepalive between stanzas is not passed on, so they do not stand side by side.
  writer.connection.write(encode(sent.slice(1500).join("\n")));
  const got = () => reader.ear.texts.filter((text) => text.startsWith("<message"));
  await reader.ear.until(() => got().length === sent.length, "all messages");
  assert.deepEqual(got(), sent);
});

Deno.test("a sink that waits pauses the peer; memory stays bounded and nothing is lost", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  const gate = Promise.withResolvers<void>();
  receiving.ear.hold = gate.promise;
  const text = message("x".repeat(10_000));
  const total = 4000; // 40 MB: far beyond what kernels buffer
  let written = 0;
  let most = 0;
  let stalled = false;
  const filling = (async () => {
    while (written < total) {
      initiating.connection.write(encode(text));
      written++;
      most = Math.max(most, initiating.connection.buffered);
      const room = initiating.connection.drained();
      if (room === undefined) continue;
      if (!stalled) await Promise.race([room, untilStill(() => initiating.connection.bytesOut)]);
      stalled = true;
      gate.resolve();
      await room;
    }
  })();
  await filling;
  assert.ok(stalled, "the reader never made the writer wait");
  assert.ok(most < 512 * 1024, `${most} bytes waited`);
  receiving.ear.hold = null;
  const got = () => receiving.ear.items.filter(({ kind }) => kind === 1).length;
  await receiving.ear.until(() => got() === total, "all messages");
});

/** When a number has not moved for some turns of the event loop. */
async function untilStill(value: () => number): Promise<void> {
  for (let same = 0, before = value(); same < 50;) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    same = value() === before ? same + 1 : 0;
    before = value();
  }
}

Deno.test("end() delivers what was queued, then close_notify and FIN: the peer sees an orderly end", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  for (let n = 0; n < 500; n++) initiating.connection.write(encode(message("x".repeat(1000))));
  initiating.connection.write(encode("</stream:stream>"));
  const over = initiating.connection.end();
  assert.deepEqual(await receiving.ended, { how: "closed" });
  assert.equal(receiving.ear.items.filter(({ kind }) => kind === 1).length, 500);
  assert.equal(receiving.ear.items.at(-1)!.kind, 6);
  await over;
  assert.deepEqual(await initiating.ended, { how: "closed" });
});

Deno.test("what is written while the peer's closing tag, close_notify and FIN are handled still leaves", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  receiving.ear.onItem = ({ kind }) => {
    if (kind === 6) receiving.connection.write(encode(message("last") + "</stream:stream>"));
  };
  initiating.connection.write(encode("</stream:stream>"));
  void initiating.connection.end();
  assert.deepEqual(await receiving.ended, { how: "closed" });
  assert.deepEqual(await initiating.ended, { how: "closed" });
  assert.deepEqual(initiating.ear.texts.slice(-2), [message("last"), "</stream:stream>"]);
});

Deno.test("a peer that vanishes is told apart: reset, or truncated when TLS was on", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  initiating.connection.drop();
  assert.ok(["truncated", "reset"].includes((await receiving.ended).how));
  assert.deepEqual(await initiating.ended, { how: "dropped" });
  initiating.connection.write(encode(message("to nobody")));
  initiating.connection.drop();
  await initiating.connection.end();
});

Deno.test("TLS-5 A-39: plaintext pipelined behind <starttls/> is never handled and ends the connection", async () => {
  for (const behind of ["<db:result xmlns:db='jabber:server:dialback'/>", " ", "\n", "<"]) {
    using at = await stand({ plain: false });
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: at.listener.address.port });
    const receiving = await at.next();
    await conn.write(encode(HEADER + STARTTLS + behind));
    assert.equal((await receiving.ended).how, "dropped");
    assert.deepEqual(receiving.ear.texts.slice(1), [STARTTLS]);
    assert.equal(receiving.connection.tls, null);
    conn.close();
  }
});

Deno.test("TLS-6 A-39: plaintext pipelined behind <proceed/> is never handled and ends the connection", async () => {
  using at = await stand();
  const injector = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const conn = await injector.accept();
    const buffer = new Uint8Array(4096);
    await conn.read(buffer);
    await conn.write(encode(`${HEADER}<stream:features/>`));
    await conn.write(encode("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:features/>"));
    while (await conn.read(buffer).catch(() => null) !== null);
    conn.close();
  })();
  const initiating = await at.dial((injector.addr as Deno.NetAddr).port);
  assert.equal((await initiating.ended).how, "dropped");
  assert.equal(initiating.connection.tls, null);
  assert.ok(initiating.ear.texts.at(-1)!.startsWith("<proceed"));
  injector.close();
  await serving;
});

Deno.test("a framer fault ends the reading, and a stream error can still be written", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  initiating.connection.write(encode("<!-- no -->"));
  const ending = await receiving.ended;
  assert.equal(ending.how, "fault");
  if (ending.how !== "fault") return;
  assert.deepEqual([ending.fault.condition, ending.fault.cause], ["restricted-xml", "xml.restricted"]);
  receiving.connection.write(
    encode("<stream:error xmlns:stream='http://etherx.jabber.org/streams'/></stream:stream>"),
  );
  await Promise.all([receiving.connection.end(), initiating.ended]);
  assert.equal(initiating.ear.items.at(-1)!.kind, 6);
});

Deno.test("limits can be raised under way: a stanza beyond the unproven limit passes afterwards", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  receiving.connection.limits({ ...at.options.frame, stanzaBytes: 2_000_000 });
  const large = message("y".repeat(1_500_000));
  initiating.connection.write(encode(large));
  await receiving.ear.until(() => receiving.ear.texts.includes(large), "the large message");
  receiving.connection.limits({ ...at.options.frame, stanzaBytes: 1000 });
  initiating.connection.write(encode(large));
  const ending = await receiving.ended;
  assert.ok(ending.how === "fault" && ending.fault.cause === "xml.limit");
  receiving.connection.drop();
});

Deno.test("plaintext components frame the same way; their FIN is an ordinary end", async () => {
  using at = await stand({ plain: true, content: "component" });
  const [initiating, receiving] = [await at.dial(), await at.next()];
  initiating.connection.write(
    encode(HEADER.replace("jabber:server", "jabber:component:accept") + message("m")),
  );
  await receiving.ear.until(() => receiving.ear.items.length === 2, "the message");
  await initiating.connection.end();
  assert.deepEqual(await receiving.ended, { how: "closed" });
});

Deno.test("pairs that were taught come back with their id", async () => {
  using at = await stand({ plain: true });
  const [initiating, receiving] = [await at.dial(), await at.next()];
  const seen: number[] = [];
  receiving.ear.onItem = (_item, batch) => void seen.push(batch.pair(batch.count - 1));
  receiving.connection.learnPair("a.example", "b.example", 77);
  initiating.connection.write(encode(HEADER));
  await receiving.ear.until(() => seen.length === 1, "the header");
  initiating.connection.write(encode(message("m")));
  await receiving.ear.until(() => seen.length === 2, "the message");
  assert.equal(seen[1], 77);
  initiating.connection.drop();
  await receiving.ended;
});

Deno.test("LIM-9: beyond the byte rate reading pauses, and all arrives in the end", async () => {
  using at = await stand({ plain: true });
  const [initiating, receiving] = [await at.dial(), await at.next()];
  const perSecond = 200_000;
  receiving.connection.limits({ ...at.options.frame, bytesPerSecond: perSecond });
  initiating.connection.write(encode(HEADER));
  const text = message("x".repeat(10_000));
  const began = performance.now();
  for (let n = 0; n < 100; n++) initiating.connection.write(encode(text));
  const got = () => receiving.ear.items.filter(({ kind }) => kind === 1).length;
  await receiving.ear.until(() => got() === 100, "all messages");
  const allowed = perSecond * (4 + (performance.now() - began) / 1000);
  // What is read in one go before the pause is at most one buffer.
  assert.ok(
    receiving.connection.bytesIn <= allowed + 65_536,
    `${receiving.connection.bytesIn} of ${allowed} bytes`,
  );
  assert.ok(receiving.connection.bytesIn > perSecond * 4, "the rate was never reached");
});

Deno.test("LIM-9: a peer that is read slowly is read at once when its limits are raised", async () => {
  using at = await stand({ plain: true });
  const [initiating, receiving] = [await at.dial(), await at.next()];
  receiving.connection.limits({ ...at.options.frame, bytesPerSecond: 1 });
  initiating.connection.write(encode(HEADER));
  await receiving.ear.until(() => receiving.ear.items.length === 1, "the header");
  initiating.connection.write(encode(message("later")));
  assert.equal(receiving.ear.items.length, 1); // else minutes would pass
  receiving.connection.limits(at.options.frame);
  await receiving.ear.until(() => receiving.ear.items.length === 2, "the message");
});

Deno.test("a sink that throws ends its own connection alone, and says so", async () => {
  using at = await stand();
  const [initiating, receiving] = await secured(at);
  const error = new Error("a defect of ours");
  receiving.ear.onItem = () => {
    throw error;
  };
  initiating.connection.write(encode(message("m")));
  assert.deepEqual(await receiving.ended, { how: "crashed", error });
  assert.notEqual((await initiating.ended).how, "crashed");
});
