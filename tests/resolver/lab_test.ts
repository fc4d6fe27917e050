/**
 * Every question and every damaged answer of the DNS lab, against its table and against delv, unbound and named in
 * the same run. The rule that has no exception without a row below: never secure where delv is not, never insecure
 * where delv is bogus.
 */
import assert from "node:assert/strict";
import { Resolver } from "../../dnssec/resolver.ts";
import type { Lookup, Security } from "../../facts/dns.ts";
import { type Case, type Fault, Lab, type OracleRow, resolving } from "./lab.ts";

interface Deviation {
  readonly state: Security;
  readonly why: string;
}

/** Where we differ from the table, on purpose. A row that is not true any more fails. */
const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  "chain1.alias.example. A": {
    state: "indeterminate",
    why: "protocol.md 5.5: at most 8 aliases; this has 11",
  },
};

/** Where we are secure and delv need not be; unbound must then say what we say. */
const DELV_MAY_SAY_LESS: Readonly<Record<string, string>> = {
  "xmpp.twosig.example. A": "of two signatures delv stops at the bad one when it comes first (KeyTrap)",
};

const KIND = { found: "NOERROR", "no-data": "NODATA", "no-name": "NXDOMAIN", failed: "ERROR" } as const;

let lab: Lab;
let cases: readonly Case[] = [];
let faults: readonly Fault[] = [];
/** Ours and theirs, by "name type" or by the fault's id. */
const ours = new Map<string, Lookup>();
const again = new Map<string, Lookup>();
const seconds = new Map<string, number>();
const theirs = new Map<string, OracleRow>();

const key = ({ name, type }: { name: string; type: string }) => `${name} ${type}`;

async function askCases(): Promise<void> {
  await using resolver = new Resolver(lab.settings());
  for (const one of cases) {
    const began = performance.now();
    ours.set(key(one), await resolver.lookup(one.name, one.type));
    seconds.set(key(one), (performance.now() - began) / 1000);
  }
  for (const one of cases) again.set(key(one), await resolver.lookup(one.name, one.type, { fresh: true }));
}

/** A resolver of its own for each: no cache may help. */
async function askFaults(): Promise<void> {
  await using mutator = await lab.mutator();
  for (const { id, name, type, rules } of faults) {
    await mutator.damage(rules);
    const began = performance.now();
    ours.set(id, await resolving(mutator.settings(lab), {}, (resolver) => resolver.lookup(name, type)));
    seconds.set(id, (performance.now() - began) / 1000);
  }
}

Deno.test.beforeAll(async () => {
  lab = await Lab.start(0);
  ({ cases, faults } = await lab.tables());
  const oracles = Promise.all([lab.oracle("check"), lab.oracle("faults")]);
  await askCases();
  await askFaults();
  for (const row of (await oracles).flat()) theirs.set(row.id ?? key(row), row);
});

Deno.test.afterAll(() => lab[Symbol.asyncDispose]());

const look = (question: string): Lookup => {
  const lookup = ours.get(question);
  assert.ok(lookup, `the lab does not ask ${question}`);
  return lookup;
};
const state = (question: string) => look(question).security;

Deno.test("lab: every question has the state and kind of the table, cached and fresh", () => {
  assert.ok(cases.length >= 111);
  const wrong = cases.flatMap((one) =>
    [ours, again].flatMap((answers) => judgeCase(one, answers.get(key(one))))
  );
  assert.deepEqual(wrong, []);
});

function judgeCase(one: Case, lookup: Lookup | undefined): string[] {
  const deviation = DEVIATIONS[key(one)];
  const wanted = deviation?.state ?? one.state;
  if (deviation !== undefined && deviation.state === one.state) return [`${key(one)} deviates no more`];
  const judged = wanted === "secure" || wanted === "insecure";
  const kind = judged && one.kind !== "" ? one.kind : null;
  const right = lookup?.security === wanted && (kind === null || KIND[lookup.status] === kind);
  return right
    ? []
    : [`${key(one)}: wanted ${wanted} ${kind}, got ${lookup?.security} ${lookup?.status}: ${lookup?.why}`];
}

Deno.test("lab: every damaged answer ends in a state that the table allows, in time", () => {
  assert.ok(faults.length >= 39);
  const wrong = faults.filter(({ id, allow, seconds: limit }) =>
    !allow.includes(state(id)) || seconds.get(id)! > Math.min(limit, 10)
  );
  assert.deepEqual(wrong.map(({ id, allow }) => `${id}: ${state(id)}, allowed ${allow}`), []);
});

Deno.test("lab: the other validators agree with the table in this run", () => {
  const wrong = [...theirs].filter(([, row]) => !row.delv.ok || !row.unbound.ok || row.named?.ok === false);
  assert.deepEqual(wrong, []);
  assert.ok(theirs.size >= cases.length + faults.length);
});

Deno.test("lab: never secure where delv is not, never insecure where delv is bogus", () => {
  for (const [question, { delv, unbound }] of theirs) {
    const oracle = question in DELV_MAY_SAY_LESS ? unbound : delv;
    for (const { security } of [ours.get(question), again.get(question)].flatMap((lookup) => lookup ?? [])) {
      const unsafe = security === "secure" && oracle.state !== "secure" ||
        security === "insecure" && oracle.state === "bogus";
      assert.ok(!unsafe, `${question}: we say ${security}, they ${oracle.state}`);
    }
  }
  assert.ok(Object.keys(DELV_MAY_SAY_LESS).every((question) => theirs.has(question)));
});

Deno.test("lab: what is bogus or indeterminate has a cause and no records; what is secure was witnessed", () => {
  for (const [question, { security, records, cause, status, witness, signedUntil }] of ours) {
    const known = security === "secure" || security === "insecure";
    assert.equal(cause === null, known, question);
    if (!known) assert.deepEqual(records, [], question);
    assert.equal(signedUntil !== null, security === "secure", question);
    const witnessed = witness === "agreed" || witness === "unsupported-algorithm";
    if (security === "secure") assert.equal(witnessed, status === "found", question);
  }
});

Deno.test("DNS-10: an alias at the SRV owner is followed; secure only if every link is", () => {
  const aliased = look("_xmpp-server._tcp.alias.example. SRV");
  assert.equal(aliased.security, "secure");
  assert.equal(aliased.canonicalName, "_xmpp-server._tcp.target.example");
  assert.equal(aliased.records.length, 1);
  assert.deepEqual(aliased.chain.map(({ zone }) => zone), [
    ".",
    "example",
    "alias.example",
    "target.example",
  ]);
  assert.equal(state("insecure.alias.example. A"), "insecure");
  assert.equal(state("viainsecure.alias.example. A"), "insecure");
  assert.equal(state("bogus.alias.example. A"), "bogus");
  assert.equal(state("_xmpp-server._tcp.sub.dname.example. SRV"), "secure");
});

Deno.test("DNS-12: expired and future signatures are bogus", () => {
  assert.equal(state("xmpp.expired.example. A"), "bogus");
  assert.match(look("xmpp.expired.example. A").why!, /ended \d+ s ago/);
  assert.equal(state("xmpp.future.example. A"), "bogus");
  assert.match(look("xmpp.future.example. A").why!, /begins in \d+ s/);
});

Deno.test("DNS-13: a stripped RRSIG in a signed zone is bogus, not insecure", () => {
  assert.equal(state("xmpp.stripped.example. A"), "bogus");
  assert.equal(state("strip-rrsig"), "bogus");
});

Deno.test("DNS-14: a proven absence of DS is insecure, with the delegation as evidence", () => {
  for (
    const question of [
      "xmpp.insecure.example. A",
      "www.plain.nsec3.example. A",
      "www.plain.optout.example. A",
    ]
  ) {
    assert.equal(state(question), "insecure");
    assert.equal(look(question).chain.at(-1)?.security, "insecure", question);
  }
});

Deno.test("DNS-15: a forged proof of insecurity is bogus", () => {
  assert.equal(state("fake-insecure-by-child-nsec"), "bogus");
  assert.equal(state("nodata-without-proof"), "bogus");
  assert.equal(state("insecure-soa-of-another-zone"), "bogus");
});

Deno.test("DNS-16: denial by NSEC and by NSEC3 is accepted", () => {
  for (const zone of ["target", "nsec3"]) {
    assert.deepEqual([look(`nothere.${zone}.example. A`)].map(({ security, status }) => [security, status]), [
      ["secure", "no-name"],
    ]);
  }
  assert.equal(look("www.target.example. TLSA").status, "no-data");
  assert.equal(look("xmpp.nsec3.example. TLSA").status, "no-data");
});

Deno.test("DNS-17: a wildcard's answer needs the proof that the exact name is absent", () => {
  assert.equal(state("_xmpp-server.srv.wildcard.example. SRV"), "secure");
  assert.equal(state("any.users.wildcard.example. A"), "secure");
  assert.equal(state("wildcard-without-proof"), "bogus");
  assert.equal(state("wildcard-for-existing-name"), "bogus");
  assert.equal(state("nsec3-wildcard-without-proof"), "bogus");
});

Deno.test("DNS-18: a zone with only unsupported algorithms is insecure, SHA-1 among them", () => {
  assert.equal(state("xmpp.unknownalg.example. A"), "insecure");
  assert.equal(state("xmpp.sha1.example. A"), "insecure");
});

Deno.test("DNS-19: the AD bit of the resolver is ignored", () => {
  assert.equal(state("insecure-claim-ad"), "insecure");
  assert.equal(state("strip-rrsig-claim-ad"), "bogus");
});

Deno.test("DNS-24, cause dns.loop: loops and long chains of aliases end in 10 s, and nothing comes of them", () => {
  assert.equal(look("chain1.alias.example. A").cause, "dns.loop");
  assert.equal(look("loop1.alias.example. A").status, "failed"); // unbound itself gives up on this one
  for (const question of ["chain1.alias.example. A", "loop1.alias.example. A"]) {
    assert.ok(seconds.get(question)! < 10);
  }
});

Deno.test("lab: what could not be fetched is indeterminate, never bogus", () => {
  for (const id of ["dnskey-servfail", "ds-servfail", "dnskey-timeout", "answer-timeout", "refused"]) {
    assert.equal(state(id), "indeterminate", id);
  }
  assert.equal(state("xmpp.dead.example. A"), "indeterminate");
});

Deno.test("lab: a zone that the second validator cannot read is noted as such", () => {
  assert.equal(look("xmpp.ed25519.example. A").witness, "unsupported-algorithm");
  assert.equal(look("xmpp.p384.example. A").witness, "unsupported-algorithm");
  assert.equal(look("xmpp.rsa.example. A").witness, "agreed");
});
