/** The resolver as its callers see it: limits, caches, re-checks, the witness, the clock, start-up errors. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openLibrary } from "../../dnssec/library.ts";
import { Resolver } from "../../dnssec/resolver.ts";
import { Lab, type Mutator, resolving, rule } from "./lab.ts";

const SRV = "_xmpp-server._tcp.target.example";
const HOST = "xmpp.target.example";
const HOUR_MS = 3600_000;
const strip = rule(`${HOST}.`, "A", { op: "strip", type: "RRSIG" });
const silence = rule("*", "*", { op: "drop" });

let lab: Lab;
let mutator: Mutator;

Deno.test.beforeAll(async () => {
  lab = await Lab.start(1);
  mutator = await lab.mutator();
});

Deno.test.afterAll(async () => {
  await mutator[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

Deno.test("resolver: a secure answer comes with its chain, root first", async () => {
  const lookup = await resolving(lab.settings(), {}, (resolver) => resolver.lookup(SRV, "SRV"));
  assert.deepEqual(lookup.records, [
    { t: "SRV", priority: 5, weight: 0, port: 5269, target: "xmpp.target.example" },
  ]);
  assert.deepEqual(lookup.chain.map(({ zone }) => zone), [".", "example", "target.example"]);
  for (const link of lookup.chain) {
    assert.deepEqual([link.security, link.algorithms], ["secure", [13]]);
    assert.ok(link.keyTags.length > 0 && link.expiresAt! > Date.now());
  }
  assert.equal(lookup.chain[0]!.keyTags.length, 2); // both anchors
  assert.ok(lookup.signedUntil! <= Math.min(...lookup.chain.map(({ expiresAt }) => expiresAt!)));
});

Deno.test("resolver: the name is asked whatever its case and final dot", async () => {
  const lookup = await resolving(
    lab.settings(),
    {},
    (resolver) => resolver.lookup("WWW.Target.EXAMPLE.", "A"),
  );
  assert.deepEqual([lookup.name, lookup.security], ["www.target.example", "secure"]);
});

Deno.test("cause dns.invalid-name: what is no name in A-labels is not asked", async () => {
  await resolving(lab.settings(), {}, async (resolver) => {
    for (const name of ["bücher.example", "", `${"a".repeat(64)}.example`, "a..example"]) {
      const { status, cause } = await resolver.lookup(name, "A");
      assert.deepEqual([status, cause], ["failed", "dns.invalid-name"], name);
    }
    assert.equal(resolver.stats().questions, 0);
  });
});

Deno.test("resolver: an aborted lookup rejects with the signal's reason and leaves nothing behind", async () => {
  await mutator.damage(silence);
  await resolving(mutator.settings(lab), {}, async (resolver) => {
    const controller = new AbortController();
    const lookup = resolver.lookup(HOST, "A", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(lookup, { message: "enough" });
    assert.throws(() => resolver.lookup(HOST, "A", { signal: controller.signal }), { message: "enough" });
    const { running, waiting } = resolver.stats();
    assert.deepEqual([running, waiting], [0, 0]);
  });
});

Deno.test("resolver: one caller's cancel does not end the lookup that another one shares", async () => {
  await mutator.damage(rule(`${HOST}.`, "A", { op: "delay", ms: 300 }));
  await resolving(mutator.settings(lab), {}, async (resolver) => {
    const controller = new AbortController();
    const first = resolver.lookup(HOST, "A", { signal: controller.signal });
    const second = resolver.lookup(HOST, "A");
    controller.abort();
    await assert.rejects(first);
    assert.equal((await second).security, "secure");
  });
});

Deno.test("cause dns.busy: more lookups than allowed are refused as busy, not queued", async () => {
  await mutator.damage(silence);
  await resolving(mutator.settings(lab), { maxInflight: 2, timeoutMs: 500 }, async (resolver) => {
    const names = ["a.example", "b.example", "c.example"];
    const causes = (await Promise.all(names.map((name) => resolver.lookup(name, "A")))).map(({ cause }) =>
      cause
    );
    assert.deepEqual(causes, ["dns.timeout", "dns.timeout", "dns.busy"]);
    assert.equal((await resolver.lookup("c.example", "A")).cause, "dns.timeout");
  });
});

const DEEP = "www.d8.d7.d6.d5.d4.d3.d2.d1.deep.example";
const PLENTY = { questions: 60, signatures: 100, bytes: 1 << 20 };
const BUDGETS = {
  "questions": { ...PLENTY, questions: 8 },
  "signatures": { ...PLENTY, signatures: 8 },
  "bytes": { ...PLENTY, bytes: 2000 },
};
for (const [what, budget] of Object.entries(BUDGETS)) {
  Deno.test(`cause dns.budget: a lookup that costs too many ${what} is indeterminate`, async () => {
    const lookup = await resolving(lab.settings(), { budget }, (resolver) => resolver.lookup(DEEP, "A"));
    assert.deepEqual([lookup.security, lookup.cause], ["indeterminate", "dns.budget"]);
  });
}

Deno.test("resolver: the deadline ends a lookup, and an outage is not bogus", async () => {
  await mutator.damage(rule("target.example.", "DNSKEY", { op: "drop" }));
  await resolving(mutator.settings(lab), { timeoutMs: 400, queryTimeoutMs: 300 }, async (resolver) => {
    const lookup = await resolver.lookup(HOST, "A");
    assert.deepEqual([lookup.security, lookup.cause], ["indeterminate", "dns.timeout"]);
  });
});

Deno.test("resolver: equal questions at one time are one question", async () => {
  const alone = await resolving(lab.settings(), {}, async (resolver) => {
    await resolver.lookup(SRV, "SRV");
    return resolver.stats().questions;
  });
  await resolving(lab.settings(), {}, async (resolver) => {
    const all = await Promise.all(Array.from({ length: 200 }, () => resolver.lookup(SRV, "SRV")));
    assert.ok(all.every(({ security }) => security === "secure"));
    assert.equal(resolver.stats().questions, alone);
  });
});

Deno.test("resolver: answers are kept, absences too", async () => {
  await resolving(lab.settings(), {}, async (resolver) => {
    const ask = async () => {
      await resolver.lookup(SRV, "SRV");
      const { status, security, ttlMs } = await resolver.lookup("nothere.target.example", "A");
      assert.deepEqual([status, security], ["no-name", "secure"]);
      assert.ok(ttlMs <= 15 * 60_000);
      return resolver.stats().questions!;
    };
    const asked = await ask();
    assert.equal(await ask(), asked);
    resolver.flush();
    assert.ok(await ask() > asked);
  });
});

Deno.test("resolver: a fresh lookup asks past every cache, and its answer replaces the kept one", async () => {
  await mutator.damage([]);
  await resolving(mutator.settings(lab), {}, async (resolver) => {
    const state = async (fresh: boolean) => (await resolver.lookup(HOST, "A", { fresh })).security;
    assert.equal(await state(false), "secure");
    await mutator.damage(strip);
    assert.equal(await state(false), "secure", "the kept answer");
    assert.equal(await state(true), "bogus");
    assert.equal(await state(false), "bogus");
    await mutator.damage([]);
    assert.equal(await state(false), "bogus", "kept for 30 s");
    assert.equal(await state(true), "secure");
    assert.equal(await state(false), "secure");
  });
});

Deno.test("resolver: each fresh lookup asks for the whole chain again", async () => {
  await resolving(lab.settings(), {}, async (resolver) => {
    const spent: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = resolver.stats().questions!;
      await resolver.lookup(SRV, "SRV", { fresh: true });
      spent.push(resolver.stats().questions! - before);
    }
    // SRV; DNSKEY of ".", example, target.example; DS of example, target.example
    assert.ok(spent.every((count) => count >= 6), `${spent}`);
  });
});

Deno.test("resolver: a fresh lookup that fails does not push out an answer that still counts", async () => {
  await mutator.damage([]);
  await resolving(mutator.settings(lab), { timeoutMs: 6000, queryTimeoutMs: 2000 }, async (resolver) => {
    assert.equal((await resolver.lookup(HOST, "A")).security, "secure");
    await mutator.damage(silence);
    assert.equal((await resolver.lookup(HOST, "A", { fresh: true })).security, "indeterminate");
    assert.equal((await resolver.lookup(HOST, "A")).security, "secure");
  });
});

Deno.test("resolver: a kept key that no longer fits is not held against the zone", async () => {
  // The first DNSKEY answer is damaged and kept; the bogus verdict is repeated on what the network says now.
  await mutator.damage(rule("target.example.", "DNSKEY", { op: "corrupt", type: "DNSKEY" }));
  await resolving(mutator.settings(lab), {}, async (resolver) => {
    assert.equal((await resolver.lookup(HOST, "A")).security, "bogus");
    await mutator.damage([]);
    assert.equal((await resolver.lookup(SRV, "SRV")).security, "secure");
  });
});

Deno.test("DNS-21: a kept answer is not secure past the end of its signature", async () => {
  await resolving(lab.settings(), {}, async (resolver) => {
    const name = "xmpp.shortsig.example"; // TTL 86400; the signature ends an hour after the build
    const first = await resolver.lookup(name, "A");
    assert.equal(first.security, "secure");
    const end = first.signedUntil!;
    assert.ok(end <= Date.now() + HOUR_MS);
    resolver.moveClock(end - Date.now() - 60_000);
    const last = await resolver.lookup(name, "A"); // the server's cache still grants it most of a day
    assert.ok(last.security === "secure" && last.ttlMs <= 60_000, `${last.ttlMs}`);
    const asked = resolver.stats().questions;
    assert.equal((await resolver.lookup(name, "A")).security, "secure");
    assert.equal(resolver.stats().questions, asked, "it is kept");
    resolver.moveClock(end - Date.now() + 1000);
    const after = await resolver.lookup(name, "A");
    assert.deepEqual([after.security, after.cause], ["bogus", "dns.bogus"]);
  });
});

Deno.test("resolver: the clock of one resolver is its own", async () => {
  await using early = new Resolver(lab.settings());
  await using late = new Resolver(lab.settings(), { clockOffsetMs: 60 * 24 * HOUR_MS });
  assert.equal((await early.lookup(HOST, "A")).security, "secure");
  assert.equal((await late.lookup(HOST, "A")).security, "bogus");
});

Deno.test("resolver: without the second validator the evidence says so", async () => {
  await resolving(lab.settings(false), {}, async (resolver) => {
    const { security, witness } = await resolver.lookup(SRV, "SRV");
    assert.deepEqual([security, witness], ["secure", "off"]);
  });
});

Deno.test("resolver: it is ready when the root's keys validate, and names keys that are no anchor", async () => {
  const both = await resolving(lab.settings(), {}, (resolver) => resolver.readiness());
  assert.deepEqual([both.ready, both.unanchored], [true, []]);
  const one = { ...lab.settings(), trustAnchor: `${lab.directory}/root-first.key` };
  const half = await resolving(one, {}, (resolver) => resolver.readiness());
  assert.deepEqual([half.ready, half.unanchored.length], [true, 1]);
});

Deno.test("resolver: under a foreign anchor it is not ready and everything is bogus", async () => {
  await resolving({ ...lab.settings(), trustAnchor: "iana" }, {}, async (resolver) => {
    const { ready, lookup } = await resolver.readiness();
    assert.deepEqual([ready, lookup.security], [false, "bogus"]);
    assert.equal((await resolver.lookup("xmpp.insecure.example", "A")).security, "bogus");
  });
});

Deno.test("resolver: nobody at the server's address is no verdict", async () => {
  const settings = { ...lab.settings(), servers: [{ ip: `${lab.subnet}.250`, port: 5353 }] };
  const lookup = await resolving(settings, {}, (resolver) => resolver.lookup(HOST, "A"));
  assert.deepEqual([lookup.status, lookup.security], ["failed", "indeterminate"]);
  assert.ok(lookup.cause === "dns.unreachable" || lookup.cause === "dns.timeout");
});

Deno.test("cause dns.unreachable: a server's address to which nothing may be sent", async () => {
  const settings = { ...lab.settings(), servers: [{ ip: "255.255.255.255", port: 53 }] };
  const lookup = await resolving(settings, {}, (resolver) => resolver.lookup(HOST, "A"));
  assert.deepEqual([lookup.security, lookup.cause], ["indeterminate", "dns.unreachable"]);
});

Deno.test("resolver: the next server is asked when one is silent or not there", async () => {
  await mutator.damage(silence);
  const [good] = lab.settings().servers;
  for (const bad of [{ ip: mutator.ip, port: mutator.port }, { ip: `${lab.subnet}.250`, port: 5353 }]) {
    const settings = { ...lab.settings(), servers: [bad, good!] };
    const lookup = await resolving(
      settings,
      { queryTimeoutMs: 1500 },
      (resolver) => resolver.lookup(SRV, "SRV"),
    );
    assert.equal(lookup.security, "secure", `${bad.ip}: ${lookup.why}`);
  }
});

Deno.test("cause dns.internal: lookups that are under way when it is closed are answered", async () => {
  await mutator.damage(silence);
  const resolver = new Resolver(mutator.settings(lab));
  const lookup = resolver.lookup(HOST, "A");
  await resolver[Symbol.asyncDispose]();
  await resolver[Symbol.asyncDispose]();
  assert.equal((await lookup).cause, "dns.internal");
  assert.equal((await resolver.lookup(HOST, "A")).cause, "dns.internal");
});

const ANCHORS: Record<string, readonly [string, RegExp]> = {
  "a DS record": [". DS 20326 8 2 E06D44B80B8F1D39", /line 1: .*DNSKEY/],
  "another owner": ["example. DNSKEY 257 3 13 AAAA", /line 1: .*root/],
  "a zone key": ["; first\n. IN DNSKEY 256 3 13 AAAA", /line 2: .*257/],
  "an unsupported algorithm": [". DNSKEY 257 3 5 AAAA", /line 1: .*algorithm/],
  "nothing": ["; nothing", /no DNSKEY/],
};
for (const [what, [text, wanted]] of Object.entries(ANCHORS)) {
  Deno.test(`resolver: a trust anchor file with ${what} is a start-up error with its reason`, async () => {
    const trustAnchor = `${lab.directory}/anchor-${what.replaceAll(" ", "-")}`;
    await Deno.writeTextFile(trustAnchor, text);
    assert.throws(() => new Resolver({ ...lab.settings(), trustAnchor }), wanted);
  });
}

Deno.test("resolver: settings that cannot be meant are start-up errors", () => {
  assert.throws(() => new Resolver({ ...lab.settings(), servers: [] }), /`servers` is empty/);
  assert.throws(() => new Resolver({ ...lab.settings(), trustAnchor: "/nowhere" }), /\/nowhere/);
});

Deno.test("resolver: a missing or foreign library is one sentence with the command that mends it", () => {
  assert.throws(() => openLibrary("/nowhere/lib.so"), /^Error: Cannot load .*\.\/dev native/);
  const foreign = fileURLToPath(new URL("../../deno.json", import.meta.url));
  assert.throws(() => openLibrary(foreign), /\.\/dev native/);
});
