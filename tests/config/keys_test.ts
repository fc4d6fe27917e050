/** What is said of every key of verona.toml: in the schema for editors, docs/configuration.md, `verona help` and `config init`. */
import assert from "node:assert/strict";
import { jsonSchema } from "../../config/json_schema.ts";
import { inShort, type Key, keys } from "../../config/keys.ts";
import { parseConfig } from "../../config/load.ts";
import { printMistakes } from "../../config/mistakes.ts";
import { inline } from "../../config/toml.ts";

const PEM = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n. IN DNSKEY 257 3 13 AAAA";

/** What else must stand beside it, for a file that is good. */
const BESIDE: Readonly<Record<string, string>> = {
  "console.tls_chain": 'tls_key = "console.key"',
  "console.tls_key": 'tls_chain = "console.pem"',
  "certificate.chain": 'key = "machine.key"',
  "certificate.key": 'chain = "machine.pem"',
  "domain.component_secret": 'name = "a.example"',
  "domain.component_secret_file": 'name = "a.example"',
};

/** A whole file in which the key has this value. */
function fileWith({ id, table, name }: Key, value: string): string {
  const parts: Record<string, string> = {
    "[server]": 'names = ["xmpp1.example"]',
    "[[certificate]]": 'chain = "machine.pem"\nkey = "machine.key"',
  };
  const line = `${name} = ${value}`;
  if (id.startsWith("domain.policy.")) parts["[[domain]]"] = `name = "a.example"\npolicy = { ${line} }`;
  else if (id.startsWith("policy.peer.")) parts['[policy.peer."b.example"]'] = line;
  else if (id === "server.names") parts[table] = line;
  else parts[table] = [table === "[server]" ? parts[table] : BESIDE[id], line].join("\n");
  return Object.entries(parts).map(([title, lines]) => `${title}\n${lines ?? ""}\n`).join("");
}

Deno.test("every key: what it does, its type, and an example and a default that the loader takes there", () => {
  for (const key of keys()) {
    assert.match(key.about, /^[A-Z][^]*\.$/, key.id);
    assert.ok(inShort(key).length <= 90, `${key.id}: the first sentence is long`);
    for (const value of [key.example, ...(key.byDefault === null ? [] : [key.byDefault])]) {
      const { mistakes } = parseConfig(fileWith(key, value), { env: {}, readText: () => PEM });
      assert.deepEqual(mistakes, [], `${key.id} = ${value}: ${printMistakes("", mistakes)}`);
    }
  }
});

Deno.test("the default that is said of a key is the one that holds without it", () => {
  for (const key of keys().filter(({ byDefault }) => byDefault !== null)) {
    const table = key.id.startsWith("domain.") ? '[[domain]]\nname = "a.example"\n' : "";
    const bare =
      `[server]\nnames = ["xmpp1.example"]\n[[certificate]]\nchain = "a.pem"\nkey = "a.key"\n${table}`;
    const config = (text: string) => parseConfig(text, { env: {}, readText: () => PEM }).config;
    const [given, absent] = [valueOf(config(fileWith(key, key.byDefault!)), key), valueOf(config(bare), key)];
    assert.deepEqual(given, absent, key.id);
  }
});

/** The section of the configuration that the key belongs to. */
function valueOf(config: unknown, { id }: Key): unknown {
  const [section] = id.split(".");
  const all = config as Record<string, unknown>;
  return section === "domain" ? (all.domains as { policy: unknown }[])[0]!.policy : all[section!];
}

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly "x-taplo"?: { readonly docs: { readonly main: string } };
}

/** Every property of the schema by its path. */
function properties(node: Node, path: readonly string[] = []): [string, Node][] {
  const below = node.properties ?? node.items?.properties ??
    (typeof node.additionalProperties === "object" ? node.additionalProperties.properties : undefined);
  return Object.entries(below ?? {}).flatMap(([name, child]) => {
    const own = [...path, ...(node.additionalProperties instanceof Object ? ["NAME"] : []), name];
    return [[own.join("."), child] as [string, Node], ...properties(child, own)];
  });
}

for (const draft of ["draft-4", "draft-7", "draft-2020-12"] as const) {
  Deno.test(`the schema of ${draft} says of every key and section what it is, as editors read it`, () => {
    const all = properties(jsonSchema(draft) as Node);
    const known = new Map(keys().map((key) => [key.id, key]));
    for (const [id, node] of all) {
      assert.match(node.description ?? "", /\S\.$/, id);
      assert.ok(node["x-taplo"]?.docs.main.startsWith(node.description!), id);
      const key = known.get(id);
      known.delete(id);
      if (key === undefined) continue;
      assert.deepEqual(node.examples?.map(inline), [key.example], id);
      assert.equal(node.default === undefined ? null : inline(node.default), key.byDefault, id);
      assert.ok(!("kind" in node) && !("example" in node), "what is ours alone is shown");
    }
    assert.deepEqual([...known.keys()], [], "keys that the schema does not have");
  });
}
