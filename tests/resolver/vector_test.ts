/** Test vector C.3 of docs/protocol.md under a test anchor, its variants, and the rule of the second validator. */
import assert from "node:assert/strict";
import type { Lookup } from "../../facts/dns.ts";
import { type Mutator, resolving, rule } from "./lab.ts";
import { Vector } from "./vector.ts";

const SRV = "_xmpp-server._tcp.target.example";
let vector: Vector;
let mutator: Mutator;

Deno.test.beforeAll(async () => {
  vector = await Vector.start();
  mutator = await vector.mutator();
});

Deno.test.afterAll(async () => {
  await mutator[Symbol.asyncDispose]();
  await vector[Symbol.asyncDispose]();
});

/** Asked at the given date, which is 2026 or so when there is none. */
function at(date?: string): Promise<Lookup> {
  const clockOffsetMs = date === undefined ? 0 : Date.parse(date) - Date.now();
  return resolving(vector.settings(), { clockOffsetMs }, (resolver) => resolver.lookup(SRV, "SRV"));
}

Deno.test("DNS-11: the vector is secure under a test anchor, with its key as evidence", async () => {
  const lookup = await at();
  assert.deepEqual([lookup.security, lookup.witness, lookup.why], ["secure", "agreed", null]);
  const targets = lookup.records.map((record) => record.t === "SRV" && [record.priority, record.target]);
  assert.deepEqual(targets.sort(), [[10, "xmpp1.receiving.example"], [20, "xmpp2.receiving.example"]]);
  assert.deepEqual(lookup.chain.map(({ zone }) => zone), [".", "target.example"]);
  assert.deepEqual(lookup.chain[1]?.keyTags, [11110]);
  assert.equal(lookup.signedUntil, Date.parse("2038-01-01T00:00:00Z"));
  assert.ok(lookup.ttlMs <= 3600_000);
});

Deno.test("DNS-12: the vector is secure up to its last second, and bogus before and after its dates", async () => {
  assert.equal((await at("2037-12-31T23:59:00Z")).security, "secure");
  assert.equal((await at("2038-01-01T00:00:10Z")).security, "bogus");
  assert.equal((await at("2019-12-31T23:59:00Z")).security, "bogus");
});

Deno.test("DNS-12: the vector is bogus when a target is altered", async () => {
  // 10 0 5269 xmpq1.receiving.example.
  const hex = "000a0000149505786d70713109726563656976696e67076578616d706c6500";
  const altered = { op: "add", section: "answer", name: `${SRV}.`, type: "SRV", hex, ttl: 3600 };
  await mutator.damage(rule(`${SRV}.`, "SRV", { op: "strip", type: "SRV" }, altered));
  const lookup = await resolving(mutator.settings(vector), {}, (resolver) => resolver.lookup(SRV, "SRV"));
  assert.deepEqual([lookup.security, lookup.cause, lookup.records], ["bogus", "dns.bogus", []]);
});

// The two validators look for zone cuts in different ways: `domain` asks for the DS of every name on the way, hickory
// follows the signer. So what only `domain` asks here, DS of `example.`, tells the two of them apart.
const witnessed = async (...operations: Parameters<typeof rule>[2][]): Promise<Lookup> => {
  await mutator.damage(rule("example.", "DS", ...operations));
  const limits = { timeoutMs: 4000, queryTimeoutMs: 1200 };
  return await resolving(mutator.settings(vector), limits, (resolver) => resolver.lookup(SRV, "SRV"));
};
const nothing = [{ op: "clear", section: "answer" }, { op: "clear", section: "authority" }] as const;

Deno.test("witness: both agree through an honest resolver", async () => {
  await mutator.damage([]);
  const lookup = await resolving(mutator.settings(vector), {}, (resolver) => resolver.lookup(SRV, "SRV"));
  assert.deepEqual([lookup.security, lookup.witness], ["secure", "agreed"]);
});

Deno.test("cause dns.witness: its 'bogus' on what it could fetch makes the answer bogus", async () => {
  const { security, cause, witness, records, why } = await witnessed(...nothing);
  assert.deepEqual([security, cause, witness, records], ["bogus", "dns.witness", "disagreed", []]);
  assert.match(why!, /second validator/);
});

Deno.test("witness: refused, failed or silent servers make it unavailable, and the answer indeterminate", async () => {
  const outages = [[...nothing, { op: "rcode", value: 5 }], [...nothing, { op: "rcode", value: 2 }], [{
    op: "drop",
  }]];
  for (const operations of outages) {
    const { security, cause, witness } = await witnessed(...operations);
    const seen = [security, cause, witness];
    assert.deepEqual(
      seen,
      ["indeterminate", "dns.witness-unavailable", "unavailable"],
      JSON.stringify(operations),
    );
  }
});

Deno.test("cause dns.witness-unavailable: when its time is up it is unavailable", async () => {
  const { security, cause } = await witnessed({ op: "delay", ms: 8000 });
  assert.deepEqual([security, cause], ["indeterminate", "dns.witness-unavailable"]);
});

Deno.test("witness: an outage is not remembered against the zone", async () => {
  await mutator.damage(rule("example.", "DS", ...nothing, { op: "rcode", value: 2 }));
  await resolving(mutator.settings(vector), {}, async (resolver) => {
    assert.equal((await resolver.lookup(SRV, "SRV")).cause, "dns.witness-unavailable");
    await mutator.damage([]);
    assert.equal((await resolver.lookup(SRV, "SRV", { fresh: true })).security, "secure");
  });
});

Deno.test("witness: switched off, only hickory decides", async () => {
  await mutator.damage(rule("example.", "DS", ...nothing));
  const lookup = await resolving(
    mutator.settings(vector, false),
    {},
    (resolver) => resolver.lookup(SRV, "SRV"),
  );
  assert.deepEqual([lookup.security, lookup.witness], ["secure", "off"]);
});

Deno.test("witness: it never outvotes a bogus", async () => {
  await mutator.damage(rule(`${SRV}.`, "SRV", { op: "strip", type: "RRSIG" }));
  const lookup = await resolving(mutator.settings(vector), {}, (resolver) => resolver.lookup(SRV, "SRV"));
  assert.deepEqual([lookup.security, lookup.cause, lookup.witness], ["bogus", "dns.bogus", "not-asked"]);
});
