/** `config show --effective`: every value of a pair with whose word it is. */
import assert from "node:assert/strict";
import { type Applied, effective, printEffective } from "../../cli/effective.ts";
import { CommandFault } from "../../cli/fault.ts";
import { type Good, parseConfig } from "../../config/load.ts";
import { printMistakes } from "../../config/mistakes.ts";

const FILE = `[server]
names = ["xmpp1.example"]
[listen]
s2s = []
[policy]
bidi = true
block = ["*.bad.example"]
[policy.peer."Old.Example"]
proof = "encrypted"
[policy.peer."odd.example"]
dane_inbound = "enforce"
[[domain]]
name = "a.example"
[[domain]]
name = "b.example"
policy = { proof = "strict", allow = ["*.friends.example", "old.example"] }
`;

function good(env: Record<string, string> = {}): Good {
  const loaded = parseConfig(FILE, { env, readText: () => "" });
  if (loaded.config === null) assert.fail(printMistakes("verona.toml", loaded.mistakes));
  return loaded;
}

const of = (settings: readonly Applied[], key: string): Applied => settings.find((one) => one.key === key)!;

const PROOFS: Record<string, [local: string, remote: string, value: string, from: Partial<Applied>]> = {
  "nobody's: the default": ["a.example", "c.example", "authenticated", { source: "default", at: null }],
  "the peer's entry": ["a.example", "old.example", "encrypted", {
    source: "peer",
    at: 'policy.peer."Old.Example".proof',
    line: 9,
  }],
  "the tenant's": ["b.example", "x.friends.example", "strict", {
    source: "tenant",
    at: '[[domain]] "b.example" policy.proof',
    line: 16,
  }],
  "the stricter of both": ["b.example", "OLD.example.", "strict", { source: "tenant", line: 16 }],
};
for (const [what, [local, remote, value, from]] of Object.entries(PROOFS)) {
  Deno.test(`effective: ${what}`, () => {
    const proof = of(effective(good(), local, remote).settings, "proof");
    assert.equal(proof.value, value);
    for (const [key, wanted] of Object.entries(from)) assert.equal(proof[key as keyof Applied], wanted, key);
  });
}

Deno.test("effective: the server's own words, by line and by variable", () => {
  const { settings } = effective(good(), "a.example", "odd.example");
  assert.deepEqual([of(settings, "bidi").source, of(settings, "bidi").line], ["server", 6]);
  assert.deepEqual([of(settings, "dane_inbound").value, of(settings, "dane_inbound").line], ["enforce", 11]);
  const named = effective(good({ VERONA_POLICY__PROOF: "strict" }), "a.example", "c.example");
  assert.deepEqual([of(named.settings, "proof").value, of(named.settings, "proof").variable], [
    "strict",
    "VERONA_POLICY__PROOF",
  ]);
});

Deno.test("effective: whose list refuses, and which pattern", () => {
  const blocked = effective(good(), "a.example", "x.bad.example");
  assert.deepEqual([blocked.allowed, blocked.cause], [false, "policy.blocked"]);
  const list = of(blocked.settings, "federation");
  assert.deepEqual([list.value, list.at, list.line], ['refused: "*.bad.example"', "policy.block", 7]);
  const narrow = effective(good(), "b.example", "c.example");
  assert.deepEqual([narrow.allowed, of(narrow.settings, "federation").source], [false, "tenant"]);
  assert.equal(effective(good(), "b.example", "x.friends.example").allowed, true);
});

Deno.test("effective: which proofs count, strongest first, and whether TLS must be", () => {
  const encrypted = effective(good(), "a.example", "old.example");
  assert.deepEqual(encrypted.accepts, [
    "dane",
    "pkix",
    "dna-srv",
    "posh",
    "dialback-dnssec",
    "dialback",
    "samecert",
  ]);
  assert.equal(encrypted.tls, "required");
  assert.deepEqual(effective(good(), "a.example", "c.example").accepts, ["dane", "pkix", "dna-srv", "posh"]);
});

Deno.test("effective: as a table for the eye", () => {
  const printed = printEffective(effective(good(), "b.example", "old.example"), 120);
  assert.match(printed, /^a?b\.example - old\.example +VALUE +FROM$/m);
  assert.match(printed, /^proof +strict +\[\[domain\]\] "b\.example" policy\.proof, line 16$/m);
  assert.match(printed, /^allow_insecure_delegation +false +default$/m);
});

Deno.test("effective: a domain that is none, or is not hosted here, is said", () => {
  assert.throws(
    () => effective(good(), "nowhere.example", "c.example"),
    /"nowhere\.example" is not hosted here/,
  );
  assert.throws(() => effective(good(), "a.example", "-bad-"), CommandFault);
});
