import assert from "node:assert/strict";
import layers from "../../tools/layers.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The messages of the house's rules for one file. */
function lint(path: string, source: string): string[] {
  return Deno.lint.runPlugin(layers, ROOT + path, source).map(({ message }) => message);
}

const IMPORTS: Record<string, [path: string, source: string, found: string[]]> = {
  "a machine imports no actor": [
    "machines/route.ts",
    `import { start } from "../actors/start.ts"; start();`,
    ["machines/ must not import actors/"],
  ],
  "a machine imports types of policy": [
    "machines/route.ts",
    `import type { Proof } from "../policy/proof.ts"; export type P = Proof;`,
    [],
  ],
  "a machine imports no value of policy": [
    "machines/route.ts",
    `import { decide } from "../policy/decide.ts"; decide();`,
    ["machines/ may import only types of policy/ (import type)"],
  ],
  "names marked one by one are types too": [
    "machines/route.ts",
    `import { type Proof } from "../policy/proof.ts"; export type P = Proof;`,
    [],
  ],
  "siblings do not know each other": [
    "wire/tcp.ts",
    `import { lookup } from "../dnssec/resolver.ts"; lookup();`,
    ["wire/ must not import dnssec/"],
  ],
  "a folder below is reached from a sub-folder": [
    "routing/queue/outbox.ts",
    `import { pairKey } from "../../xmpp/domain.ts"; pairKey();`,
    [],
  ],
  "re-exports count": [
    "xml/element.ts",
    `export { Domain } from "../xmpp/domain.ts";`,
    ["xml/ must not import xmpp/"],
  ],
  "so do imports at run time": [
    "policy/pkix.ts",
    `export const late = () => import("../wire/tls.ts");`,
    ["policy/ must not import wire/"],
  ],
  "nobody below imports the commands": [
    "actors/route.ts",
    `import { main } from "../main.ts"; main();`,
    ["actors/ must not import ../main.ts"],
  ],
  "routing keeps no actors": [
    "routing/table.ts",
    `import { createActor } from "xstate"; createActor();`,
    ["routing/ must not import xstate"],
  ],
  "machines are made of xstate": ["machines/route.ts", `import { setup } from "xstate"; setup({});`, []],
  "what decides opens no socket": [
    "policy/dane.ts",
    `import net from "node:net"; net.connect(1);`,
    ["policy/ is pure: it must not import node:net"],
  ],
  "hashing is pure": [
    "xmpp/dialback.ts",
    `import { createHmac } from "node:crypto"; createHmac("sha256", "k");`,
    [],
  ],
  "the commands import everything": ["cli/main.ts", `import { x } from "../machines/route.ts"; x();`, []],
  "tests import everything": [
    "tests/machines/route_test.ts",
    `import { x } from "../../actors/route.ts"; x();`,
    [],
  ],
};

for (const [name, [path, source, found]] of Object.entries(IMPORTS)) {
  Deno.test(`layers: ${name}`, () => assert.deepEqual(lint(path, source), found));
}

const IMPURE: Record<string, string> = {
  "Deno.env": `Deno.env.get("HOME");`,
  "Date.now": `export const now = () => Date.now();`,
  "new Date()": `export const now = () => new Date();`,
  "Math.random": `export const dice = Math.random();`,
  "setTimeout()": `setTimeout(() => {}, 1);`,
  "performance.now": `performance.now();`,
  "fetch()": `fetch("x");`,
};

for (const [what, source] of Object.entries(IMPURE)) {
  Deno.test(`layers: ${what} is refused in every layer that decides and nowhere else`, () => {
    for (const layer of ["facts", "xml", "xmpp", "policy", "machines", "routing"]) {
      assert.deepEqual(lint(`${layer}/some.ts`, source), [`${layer}/ is pure: no ${what}`]);
    }
    assert.deepEqual(lint("actors/some.ts", source), []);
    assert.deepEqual(lint("tests/machines/some_test.ts", source), []);
  });
}

Deno.test("layers: a date made of a number is pure", () => {
  assert.deepEqual(
    lint("routing/some.ts", `export const text = (ms: number) => new Date(ms).toISOString();`),
    [],
  );
});

Deno.test("layers: a test starts a process only where the surroundings are cleared", () => {
  const start = `new Deno.Command("date").spawn();`;
  const refused = ["import tests/harness/surroundings.ts where a process is started"];
  assert.deepEqual(lint("tests/api/some_test.ts", start), refused);
  assert.deepEqual(lint("tests/api/some_test.ts", `import "./surroundings.ts"; ${start}`), refused);
  assert.deepEqual(lint("tests/api/some_test.ts", `import "../harness/surroundings.ts"; ${start}`), []);
  assert.deepEqual(lint("tests/harness/some.ts", `import "./surroundings.ts"; ${start}`), []);
  assert.deepEqual(lint("demo/some.ts", start), []);
});

Deno.test("layers: the real tree is held to the rules by deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.ok(config.lint.plugins.includes("./tools/layers.ts"));
});
