/** `verona check --onboard`: what the customer and the provider publish, and whether it is there. console.md 3.5. */
import assert from "node:assert/strict";
import type { OnboardAnswer } from "../../cli/onboard.ts";
import { tlsa, tlsaOwner } from "../harness/tlsa.ts";
import { ORIGINATING, RECEIVING } from "../harness/world.ts";
import { Checker } from "./checker.ts";

async function answer(checker: Checker, domain: string, server: string) {
  const { code, stdout, stderr } = await checker.run(domain, "--onboard", server, "--json");
  assert.notEqual(stdout, "", stderr);
  return { code, answer: JSON.parse(stdout) as OnboardAnswer };
}

Deno.test("check --onboard: of another provider's server what is there: addresses, signed or not, TLSA", async () => {
  await using checker = await Checker.open({
    prepare: (world) =>
      void world.zone("receiving.example").set(tlsaOwner(RECEIVING), "TLSA", [
        tlsa("3 1 1", world.receiving),
      ]),
  });
  const { world } = checker.stage;
  const { code, answer: { server, ready } } = await answer(checker, "target.example", RECEIVING);
  const pinned = `TLSA 3 1 1 ${tlsa("3 1 1", world.receiving).certificate.toString("hex")}`;
  assert.deepEqual([code, ready, server.security, server.missing], [0, true, "secure", null]);
  assert.deepEqual(server.found, [`A ${world.serverIp}`, pinned]);
  assert.deepEqual(server.records, [
    `${RECEIVING}. 3600 IN A ${world.serverIp}`,
    `_5269._tcp.${RECEIVING}. 3600 IN ${pinned}`,
  ]);
});

Deno.test("check --onboard: to this server: its TLSA too, by the key of its certificate, though none is published", async () => {
  await using checker = await Checker.open();
  const { world } = checker.stage;
  const { code, answer: { server } } = await answer(checker, "sender.example", ORIGINATING);
  assert.equal(code, 0, "TLSA need not be there");
  assert.deepEqual(server.found, [`A ${world.peerIp}`]);
  const data = tlsa("3 1 1", world.originating).certificate.toString("hex");
  assert.equal(server.records[1], `_5269._tcp.${ORIGINATING}. 3600 IN TLSA 3 1 1 ${data}`);
  const { stdout } = await checker.run("sender.example", "--onboard", ORIGINATING);
  assert.match(
    stdout,
    /hold \(any priority and weight will do\):\n\n {2}_xmpp-server.* IN SRV 10 0 5269 xmpp1/,
  );
  assert.match(stdout, /In DNS now \(secure\): SRV 10 0 5269 xmpp1\.originating\.example\.\n/);
  assert.match(stdout, /In DNS now \(secure\): A 127\.[\d.]+\n\nReady\.\n$/);
});

Deno.test("check --onboard: a server without an address, with a broken one, in an unsigned zone", async () => {
  await using checker = await Checker.open({
    prepare: (world) => {
      world.customer("homeless.example", ["void.example"]);
      world.machine("broken.machines.example", 77, "machines.example");
      world.zone("machines.example").damage("broken.machines.example", "A", "corrupt");
      world.customer("damaged.example", ["broken.machines.example"]);
      world.addZone("plain.example", { signed: false }).set("xmpp.plain.example", "A", [world.serverIp]);
      world.customer("hosted.example", ["xmpp.plain.example"]);
    },
  });
  const homeless = await answer(checker, "homeless.example", "void.example");
  assert.deepEqual([homeless.code, homeless.answer.ready], [4, false]);
  assert.match(homeless.answer.missing!, /void\.example has no address: its provider must publish one/);
  assert.deepEqual(homeless.answer.server.records, ["void.example. 3600 IN A ADDRESS"]);
  const damaged = await answer(checker, "damaged.example", "broken.machines.example");
  assert.equal(damaged.code, 4);
  assert.match(damaged.answer.missing!, /DNSSEC of broken\.machines\.example is broken/);
  // The customer's SRV is signed: that the machine's zone is not costs it TLSA, and nothing else.
  const hosted = await answer(checker, "hosted.example", "xmpp.plain.example");
  assert.deepEqual([hosted.code, hosted.answer.server.security], [0, "insecure"]);
});
