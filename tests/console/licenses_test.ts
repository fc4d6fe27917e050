/** The page of licences: what is shipped, by the lockfiles, each with its licence and its text. console.md 2.4. */
import assert from "node:assert/strict";
import { ASSETS } from "../../console/assets.ts";
import { licences, PLACE } from "../../tools/licenses/main.ts";
import { licencesPage } from "../../tools/licenses/page.ts";
import { alone } from "../api/parts.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

/** The cells of each row. */
const rows = (page: string): string[][] =>
  [...page.matchAll(/<tr>(<td>.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell!)
  );

Deno.test("licences: the committed page is what the lockfiles say (else run ./dev licenses)", async () => {
  assert(await Deno.readTextFile(PLACE) === await licences(), "console/gen/licenses.html is stale");
});

Deno.test("licences: what is shipped is there in the version of its lockfile, and no tool of ours is", async () => {
  const listed = rows(await Deno.readTextFile(PLACE));
  const names = new Set(listed.map(([name]) => name!));
  const npm = JSON.parse(await read("deno.lock")).npm as Record<string, unknown>;
  const crates = await read("native/Cargo.lock");
  for (const [name, version, from] of listed) {
    const locked = from === "npm"
      ? Object.keys(npm).some((id) => id === `${name}@${version}` || id.startsWith(`${name}@${version}_`))
      : crates.includes(`name = "${name}"\nversion = "${version}"\n`);
    assert(locked, `${name} ${version} of ${from}`);
  }
  const { imports } = JSON.parse(await read("console/page/deno.json")) as { imports: Record<string, string> };
  for (
    const name of [...Object.keys(imports).filter((name) => !/jsx-runtime|hooks/.test(name)), "xstate", "zod"]
  ) {
    assert(names.has(name), name);
  }
  const [, direct] = /\[dependencies\]\n([\s\S]*?)\n\[/.exec(await read("native/Cargo.toml"))!;
  for (const [, name] of direct!.matchAll(/^([\w-]+) = .*?$/gm)) {
    const crate = new RegExp(`^${name} = .*package = "([^"]+)"`, "m").exec(direct!)?.[1] ?? name!;
    // A macro runs where the library is built, and is gone then.
    assert.equal(names.has(crate), crate !== "async-trait", crate);
  }
  for (const tool of ["elkjs", "playwright-core", "axe-core", "fast-check", "syn", "tokio-macros"]) {
    assert(!names.has(tool), tool);
  }
});

/** What may be shipped with a program under the MIT licence without asking more of who passes it on than to keep a notice. */
const TAKEN = /^(?:MIT|Apache-2\.0|BSD-3-Clause|ISC|0BSD|Zlib|Unicode-3\.0|Unlicense|OR|AND|[() ])+$/;

Deno.test("licences: every package has one that we may pass on, and its text, once each", async () => {
  const page = await Deno.readTextFile(PLACE);
  const without: string[] = [];
  for (const [name, , , licence, links] of rows(page)) {
    assert.match(licence!, TAKEN, name!);
    const places = [...links!.matchAll(/href="#(t\d+)"/g)].map(([, id]) => id!);
    if (places.length === 0) without.push(name!);
    for (const id of places) assert.equal(page.split(`<section id="${id}">`).length, 2, `${name} ${id}`);
  }
  assert.deepEqual(without, ["saxes"]);
  const texts = [...page.matchAll(/<section id=[\s\S]*?<pre>([\s\S]*?)<\/pre>/g)].map(([, text]) =>
    text!.trim()
  );
  assert(texts.every((text) => text.length > 100));
  assert.equal(new Set(texts).size, texts.length);
});

Deno.test("licences: what a package's authors wrote is text", () => {
  const hostile = "<script src='https://evil.example/'></script> & \"more\"";
  const page = licencesPage(hostile, [{
    from: "npm",
    name: hostile,
    version: "1",
    licence: hostile,
    texts: new Map([[hostile, hostile]]),
  }]);
  assert(!page.includes("<script src='"));
  assert.equal(
    page.split("&lt;script src='https://evil.example/'&gt;&lt;/script&gt; &amp; &quot;more&quot;").length,
    7,
  );
});

Deno.test("licences: whoever may see the page is given them, and nothing of them is in its bundle", async () => {
  await using api = alone({ parts: { assets: ASSETS } });
  const response = await fetch(`${api.origin}/licenses`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-security-policy")!, /^default-src 'none'/);
  assert.equal(await response.text(), await Deno.readTextFile(PLACE));
  const posted = await fetch(`${api.origin}/licenses`, { method: "POST" });
  await posted.body?.cancel();
  assert(posted.status >= 400);
  for (const path of ["/index.html", "/assets/app.js", "/assets/app.css"]) {
    assert(!/Permission is hereby granted/.test(ASSETS.get(path)!.body), path);
  }
});
