import assert from "node:assert/strict";
import "../harness/surroundings.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** npm packages, by name, that the module's graph reaches. */
async function packagesOf(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", `${ROOT}deno.json`, `${ROOT}${entry}`],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  return new Set(modules.flatMap(({ specifier }) => /^npm:\/?(@?[^@]+)@/.exec(specifier)?.[1] ?? []));
}

Deno.test("charts: what lays them out, what bundles and what drives a browser is no part of the product", async () => {
  const reached = await packagesOf("main.ts");
  assert(reached.has("xstate"), "the graph was not read");
  for (const tool of ["elkjs", "esbuild", "playwright-core", "axe-core", "@mermaid-js/tiny"]) {
    assert(!reached.has(tool), tool);
  }
});
