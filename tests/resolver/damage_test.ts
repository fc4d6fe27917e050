/**
 * Damage without a table: whatever is left out of an answer or flipped in it, what is still secure says the same as
 * the whole answer did, and a signed zone never turns insecure.
 */
import assert from "node:assert/strict";
import { Resolver } from "../../dnssec/resolver.ts";
import type { Lookup, RecordType } from "../../facts/dns.ts";
import { Lab, type Mutator, type Rules } from "./lab.ts";

/** Every kind of proof: data, alias, wildcard, absence by NSEC and NSEC3, the keys and the delegation of a zone. */
const QUESTIONS: readonly (readonly [string, RecordType])[] = [
  ["_xmpp-server._tcp.target.example", "SRV"],
  ["secure.alias.example", "A"],
  ["www.sub.dname.example", "A"],
  ["two.labels.users.wildcard.example", "A"],
  ["any.users.wildcard.example", "TXT"],
  ["x.wild.nsec3.example", "A"],
  ["nothere.sender.example", "A"],
  ["www.target.example", "TLSA"],
  ["nothere.nsec3.example", "A"],
  ["receiving.example", "DNSKEY"],
  ["hosting.example", "DS"],
];
const MOST_RECORDS = 14;
const FLIPS = 100;

let lab: Lab;
let mutator: Mutator;

Deno.test.beforeAll(async () => {
  lab = await Lab.start(2);
  mutator = await lab.mutator();
});

Deno.test.afterAll(async () => {
  await mutator[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

type Damage = (question: number) => Rules[number]["do"][number];

/** All questions at once, each with its own damage, past every cache. */
async function ask(resolver: Resolver, damage?: Damage): Promise<Lookup[]> {
  const rules = QUESTIONS.map(([name, type], index) => ({ name: `${name}.`, type, do: [damage?.(index)] }));
  await mutator.damage(damage === undefined ? [] : rules as Rules);
  return await Promise.all(QUESTIONS.map(([name, type]) => resolver.lookup(name, type, { fresh: true })));
}

/** The order of records means nothing; that there is no data is one thing to us, whatever the response code. */
function meaning({ status, records, canonicalName }: Lookup): unknown {
  return status === "found"
    ? [canonicalName, records.map((record) => JSON.stringify(record)).sort()]
    : "no data";
}

/** By a resolver with the product's patience: a busy machine is no damage. */
async function undamaged(): Promise<Lookup[]> {
  await using resolver = new Resolver(mutator.settings(lab));
  return await ask(resolver);
}

async function hold(rounds: number, damage: (round: number) => Damage): Promise<number> {
  const whole = await undamaged();
  // Hurried: an answer that the damage took away never comes.
  await using resolver = new Resolver(mutator.settings(lab), { timeoutMs: 1500, queryTimeoutMs: 250 });
  for (const lookup of whole) assert.equal(lookup.security, "secure", lookup.name);
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [index, lookup] of (await ask(resolver, damage(round))).entries()) {
      const what = `${lookup.name} ${lookup.type}, round ${round}`;
      assert.notEqual(lookup.security, "insecure", what);
      if (lookup.security === "secure") assert.deepEqual(meaning(lookup), meaning(whole[index]!), what);
      else refused++;
    }
  }
  return refused;
}

Deno.test("damage: leaving out any one record never changes what a secure answer says", async () => {
  const refused = await hold(MOST_RECORDS, (index) => () => ({ op: "omit", index }));
  assert.ok(refused > QUESTIONS.length * 2, `${refused} were refused: the damage does not arrive`);
});

Deno.test("damage: flipping any one bit never changes what a secure answer says", async () => {
  // Primes spread the bits; the run is the same every time.
  const refused = await hold(
    FLIPS,
    (round) => (question) => ({ op: "flip", bit: 7 + round * 2003 + question * 389 }),
  );
  assert.ok(refused > QUESTIONS.length * FLIPS / 4, `${refused} were refused: the damage does not arrive`);
});
