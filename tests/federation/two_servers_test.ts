/** Two Verona servers and their components: the picture of the talk, and that errors settle between them. */
import assert from "node:assert/strict";
import { selfSigned } from "../harness/certificates.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import type { VeronaServer } from "../harness/verona.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { TwoServers } from "./two_servers.ts";

Deno.test("DNA-21 BID-4: Romeo's message and Juliet's answer over one connection; a second pair joins it", async () => {
  await using pair = await TwoServers.start();
  await using romeo = await pair.originating.component("sender.example");
  await using juliet = await pair.receiving.component("target.example");
  romeo.say("romeo", "juliet@target.example", "m1", "hi");
  assert.equal((await juliet.message({ id: "m1", from: "romeo@sender.example/x" })).children[0]?.text, "hi");
  juliet.say("juliet", "romeo@sender.example/x", "j1", "hi yourself");
  await romeo.message({ id: "j1", from: "juliet@target.example/x" });

  await using tybalt = await pair.originating.component("other-sender.example");
  tybalt.say("tybalt", "juliet@target.example", "t1");
  await juliet.message({ id: "t1" });
  for (const server of [pair.originating, pair.receiving]) {
    const rows = await server.connections();
    assert.deepEqual(rows.map(({ bidi, state }) => [bidi, state]), [[true, "established"]]);
  }
  const [at] = await pair.receiving.connections();
  assert.deepEqual([at.local, at.remote, at.direction], [RECEIVING, ORIGINATING, "in"]);
  const proven = at.delegated.map(({ domain }: { domain: string }) => domain).sort();
  assert.deepEqual(proven, ["other-sender.example", "sender.example"]);
});

/** Both machines show certificates of nobody; `published` says whose TLSA is there. */
async function withoutAuthority(published: readonly string[]): Promise<TwoServers> {
  const [originating, receiving] = await Promise.all([
    selfSigned({ names: [ORIGINATING] }),
    selfSigned({ names: [RECEIVING] }),
  ]);
  const pair = await TwoServers.start({}, { originating, receiving });
  for (const [name, shown] of [[ORIGINATING, originating], [RECEIVING, receiving]] as const) {
    if (!published.includes(name)) continue;
    pair.world.zone(name.slice("xmpp1.".length)).set(tlsaOwner(name), "TLSA", [tlsa("3 1 1", shown)]);
  }
  return pair;
}

Deno.test("R-7 DAN-3 DAN-9: without any authority, by TLSA alone: one connection, both ways, a second pair", async () => {
  await using pair = await withoutAuthority([ORIGINATING, RECEIVING]);
  await using romeo = await pair.originating.component("sender.example");
  await using juliet = await pair.receiving.component("target.example");
  romeo.say("romeo", "juliet@target.example", "m1");
  await juliet.message({ id: "m1" });
  juliet.say("juliet", "romeo@sender.example", "j1");
  await romeo.message({ id: "j1" });
  await using nurse = await pair.receiving.component("other-target.example");
  nurse.say("nurse", "romeo@sender.example", "n1");
  await romeo.message({ id: "n1" });
  const names = { originating: RECEIVING, receiving: ORIGINATING } as const;
  for (const side of ["originating", "receiving"] as const) {
    const rows = await pair[side].connections();
    assert.equal(rows.length, 1);
    const { remote, serverNames, certificate, delegated } = rows[0];
    assert.deepEqual([remote, serverNames, certificate.state], [names[side], [names[side]], "refused"]);
    assert.ok(delegated.every(({ prooftype }: { prooftype: string }) => prooftype === "dane"));
  }
});

for (const [missing, published] of [[ORIGINATING, RECEIVING], [RECEIVING, ORIGINATING]] as const) {
  Deno.test(`R-7 DNA-6: without any authority, and without the TLSA of ${missing}: bounced`, async () => {
    await using pair = await withoutAuthority([published]);
    await using romeo = await pair.originating.component("sender.example");
    await using _juliet = await pair.receiving.component("target.example");
    romeo.say("romeo", "juliet@target.example", "m1");
    assert.match((await romeo.message({ id: "m1", type: "error" })).raw, /remote-server-timeout/);
  });
}

Deno.test("RTE-12: an unknown recipient and a dead route: one error for each message, and then silence", async () => {
  await using pair = await TwoServers.start();
  await using romeo = await pair.originating.component("sender.example");
  const crossed = () => Promise.all([stanzas(pair.originating), stanzas(pair.receiving)]);
  const to = "nobody@other-target.example"; // its component is away
  romeo.say("romeo", to, "m1");
  assert.match((await romeo.message({ id: "m1", type: "error" })).raw, /remote-server-timeout/);
  romeo.send(
    `<message from='romeo@sender.example/x' to='${to}' id='e1' type='error'><error type='cancel'>` +
      "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
  );
  romeo.say("romeo", to, "m2");
  await romeo.message({ id: "m2", type: "error" }); // an answer to e1 would have come first
  assert.deepEqual(await crossed(), [{ in: 2, out: 3 }, { in: 3, out: 2 }]);

  await using juliet = await pair.receiving.component("target.example");
  pair.originating.signal("SIGKILL");
  await pair.receiving.connected(0);
  juliet.say("juliet", "romeo@sender.example", "m3");
  assert.match((await juliet.message({ id: "m3", type: "error" })).raw, /remote-server-timeout/);
  assert.deepEqual(await stanzas(pair.receiving), { in: 3, out: 2 });
});

/** Stanzas that crossed between the servers so far. */
async function stanzas(server: VeronaServer): Promise<{ in: number; out: number }> {
  const text = await (await fetch(`${server.console}/metrics`)).text();
  const count = (direction: string) =>
    [...text.matchAll(
      new RegExp(`^xmpp_s2s_stanzas_total\\{direction="${direction}",kind="\\w+"\\} (\\d+)`, "gm"),
    )]
      .reduce((sum, [, stanzas]) => sum + Number(stanzas), 0);
  return { in: count("in"), out: count("out") };
}
