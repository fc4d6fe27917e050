/** The walk down to where a chain of trust breaks. console.md 6 D3; dnssec/trust.ts. */
import assert from "node:assert/strict";
import type { Lookup } from "../../facts/dns.ts";
import { traceTrust } from "../../dnssec/trust.ts";
import { BOGUS, NO_DATA, NO_NAME, type Script, scripted, TIMEOUT } from "./answers.ts";

const NAME = "_xmpp-server._tcp.deep.sender.example";
const KEYS: Partial<Lookup> = { status: "found" };
const DS: Partial<Lookup> = {
  records: [{ t: "DS", keyTag: 7, algorithm: 13, digestType: 2, digest: "00" }],
  signedUntil: 2_000_000_000,
};
const TREE: Script = {
  ". DNSKEY": {
    chain: [{
      zone: ".",
      security: "secure",
      keyTags: [1],
      algorithms: [8],
      beginsAt: null,
      expiresAt: null,
    }],
  },
  "example DS": DS,
  "example DNSKEY": KEYS,
  "sender.example DS": DS,
  "sender.example DNSKEY": KEYS,
  "deep.sender.example DS": NO_DATA,
  "deep.sender.example NS": NO_DATA,
};

async function walk(change: Script): Promise<{ path: string[]; why: unknown; asked: string[] }> {
  const { ask, asked } = scripted({ ...TREE, ...change });
  const links = await traceTrust(NAME, ask);
  return {
    path: links.map(({ zone, security }) => `${zone} ${security}`),
    why: links.at(-1)?.why ?? null,
    asked,
  };
}

Deno.test("trust: from the root to the zone that the name is in, with the keys that each DS names and the earlier end", async () => {
  const { ask } = scripted(TREE);
  const [root, , sender] = await traceTrust(NAME, ask);
  assert.deepEqual([root!.keyTags, root!.algorithms], [[1], [8]]);
  assert.deepEqual([sender!.zone, sender!.keyTags, sender!.algorithms], ["sender.example", [7], [13]]);
  assert.equal(sender!.expiresAt, new Date(1_000_000_000).toISOString());
  assert.deepEqual((await walk({})).path, [". secure", "example secure", "sender.example secure"]);
});

Deno.test("trust: it ends at the first link that breaks, and says why; nothing is asked below it", async () => {
  const keys = await walk({ "example DNSKEY": { ...BOGUS, why: "a signature is wrong" } });
  assert.deepEqual([keys.path.at(-1), keys.why], ["example bogus", "a signature is wrong"]);
  assert(!keys.asked.some((question) => question.includes("sender")));
  const ds = await walk({ "sender.example DS": { ...BOGUS, why: "its absence is not proven" } });
  assert.deepEqual([ds.path.at(-1), ds.why], ["sender.example bogus", "its absence is not proven"]);
  const silent = await walk({ "example DS": TIMEOUT });
  assert.deepEqual([silent.path.at(-1), silent.why], ["example indeterminate", "dns.timeout"]);
  const root = await walk({ ". DNSKEY": { status: "no-data" } });
  assert.deepEqual(root.path, [". bogus"]);
});

Deno.test("trust: a zone without DS is unsigned from there, by the proof that there is none", async () => {
  const change = {
    "sender.example DS": { ...NO_DATA, denial: "NSEC3" as const },
    "sender.example NS": { security: "insecure" as const },
  };
  const { path, why } = await walk(change);
  assert.deepEqual(path.at(-1), "sender.example insecure");
  assert.equal(why, "no DS at sender.example, proved by NSEC3");
});

Deno.test("trust: a name that does not exist ends the walk where its zone is; underscores are never zones", async () => {
  const { path, asked } = await walk({ "sender.example DS": NO_NAME });
  assert.deepEqual(path, [". secure", "example secure"]);
  assert(!asked.some((question) => question.startsWith("_")));
});
