/** What the papers in the repository say is what the code does. */
import assert from "node:assert/strict";
import { parseConfig } from "../../config/load.ts";
import { LATER_LIMITS } from "../../config/limits.ts";
import { schema } from "../../config/schema.ts";
import { CAUSES, isCause } from "../../facts/cause.ts";
import { EVENTS } from "../../facts/event.ts";
import { causesIn } from "../../tools/causes.ts";
import { references } from "../../tools/references.ts";
import { findTests } from "../../tools/requirements.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("docs/causes.md, docs/events.md and docs/api.md are what the source says (deno task references)", async () => {
  for (const [path, text] of Object.entries(references())) {
    assert.equal(await Deno.readTextFile(new URL(path, ROOT)), text, path);
  }
});

Deno.test("every configuration in README.md loads", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
  const blocks = [...readme.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, toml]) => toml!);
  assert.ok(blocks.length >= 3, `${blocks.length} of them`);
  const [whole] = blocks;
  for (const toml of blocks) {
    // A part stands in the first file.
    const text = toml.includes("[server]") ? toml : `${whole}\n${toml}`;
    assert.deepEqual(parseConfig(text, { env: {}, readText: () => pem }).mistakes, [], toml);
  }
});

Deno.test("the files that README.md names are there", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  for (const [, path] of readme.matchAll(/\]\(((?!https?:)[^)]+)\)/g)) await Deno.stat(new URL(path!, ROOT));
});

/** The text of every file below these folders whose name ends so. */
async function sources(ends: RegExp, ...folders: string[]): Promise<string> {
  const texts: string[] = [];
  const walk = async (at: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      if (name === "target") continue;
      if (isDirectory) await walk(new URL(`${name}/`, at));
      else if (ends.test(name)) texts.push(await Deno.readTextFile(new URL(name, at)));
    }
  };
  for (const folder of folders) await walk(new URL(`${folder}/`, ROOT));
  return texts.join("\n");
}

/** Known and never said by any code: each is a row too many, or code that is missing. The list only gets shorter. */
const UNSAID_CAUSES: readonly string[] = [];
const UNSAID_EVENTS: readonly string[] = [];

Deno.test("every cause and every event is said by some line of the server", async () => {
  const code = await sources(
    /\.(ts|rs)$/,
    "actors",
    "machines",
    "policy",
    "routing",
    "wire",
    "dnssec",
    "posh",
    "xmpp",
    "observe",
    "cli",
    "native/src",
  );
  const unsaid = (ids: readonly string[]) => ids.filter((id) => !code.includes(`"${id}"`));
  assert.deepEqual(unsaid(Object.keys(CAUSES)), UNSAID_CAUSES);
  assert.deepEqual(unsaid(Object.keys(EVENTS)), UNSAID_EVENTS);
});

Deno.test("every cause is produced by a test that carries it in its name", async () => {
  const produced = causesIn(await findTests(ROOT));
  const missing = Object.keys(CAUSES).filter((cause) => !produced.has(cause));
  assert.deepEqual(
    missing,
    [],
    "each wants a row in tests/federation/causes_test.ts, or a test `cause <id>: ...`",
  );
  assert.deepEqual([...produced].filter((cause) => !isCause(cause)), [], "no such cause");
});

Deno.test("docs/operating.md: every limit has its row, and where it is honoured a test that exists", async () => {
  const paper = await Deno.readTextFile(new URL("docs/operating.md", ROOT));
  const rows = [...paper.matchAll(/^\| `([a-z_]+)` \|.*\| `([^`]+)` \|$/gm)];
  const keys = Object.keys(schema.shape.limits.unwrap().shape);
  assert.deepEqual(rows.map(([, key]) => key).sort(), keys.sort());
  const tests = await findTests(ROOT);
  const names = tests.map(({ file, name }) => file.endsWith("causes_test.ts") ? `cause ${name}` : name);
  // The names of a table's rows stand alone in the source.
  const exists = (test: string) =>
    names.some((name) => name.startsWith(test) || test.endsWith(`: ${name}`)) ||
    names.some((name) => test.endsWith(`may send ${name}`));
  const honoured = rows.filter(([, key]) => !LATER_LIMITS.has(key!));
  assert.deepEqual(honoured.filter(([, , test]) => !exists(test!)).map(([, , test]) => test), []);
});
