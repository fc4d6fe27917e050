/** What the papers in the repository say is what the code does. */
import assert from "node:assert/strict";
import { parseConfig } from "../../config/load.ts";
import { CAUSES } from "../../facts/cause.ts";
import { EVENTS } from "../../facts/event.ts";
import { references } from "../../tools/references.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("docs/causes.md and docs/events.md are what facts/ say (deno task references)", async () => {
  for (const [path, text] of Object.entries(references())) {
    assert.equal(await Deno.readTextFile(new URL(path, ROOT)), text, path);
  }
});

Deno.test("the configuration in README.md loads", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, toml] = /```toml\n([\s\S]*?)```/.exec(readme) ?? [];
  const pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
  assert.deepEqual(parseConfig(toml!, { env: {}, readText: () => pem }).mistakes, []);
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
    "xmpp",
    "observe",
    "cli",
    "native/src",
  );
  const unsaid = (ids: readonly string[]) => ids.filter((id) => !code.includes(`"${id}"`));
  assert.deepEqual(unsaid(Object.keys(CAUSES)), UNSAID_CAUSES);
  assert.deepEqual(unsaid(Object.keys(EVENTS)), UNSAID_EVENTS);
});

/** Causes that no test names yet: a new cause comes with a test, and who writes one of these takes it off the list. */
const UNTESTED_CAUSES: readonly string[] = [
  "route.backoff",
  "dns.too-large",
  "tcp.unreachable",
  "server.internal",
  "native.panic",
];

Deno.test("every cause is named by a test, but for those that are known to have none", async () => {
  const folders = ["federation", "api", "wire", "policy", "routing", "machines", "resolver", "actors"];
  const tests = await sources(/_test\.ts$/, ...folders.map((folder) => `tests/${folder}`));
  const untested = Object.keys(CAUSES).filter((cause) => !tests.includes(`"${cause}"`));
  assert.deepEqual(untested.filter((cause) => !UNTESTED_CAUSES.includes(cause)), []);
});
