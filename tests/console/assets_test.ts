import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ASSETS } from "../../console/assets.ts";
import { build, stale } from "../../tools/page/main.ts";
import { alone } from "../api/parts.ts";

const KB = 1000;

const zipped = (...paths: string[]): number =>
  paths.reduce((sum, path) => sum + gzipSync(ASSETS.get(path)!.body, { level: 9 }).length, 0);

Deno.test("X11: the committed page is what its sources build to, byte for byte (else run ./dev page)", async () => {
  assert.deepEqual(await stale(await build()), []);
});

Deno.test("the page that every visitor loads is at most 60 kB zipped; the plots come with a file of their own", () => {
  const page = zipped("/index.html", "/assets/app.js", "/assets/app.css", "/assets/icon.svg");
  assert(page <= 60 * KB, `${page} bytes`);
  assert(zipped("/assets/plot.js") <= 30 * KB);
});

Deno.test("A8: the page asks no other origin, and has nothing that the strict policy forbids", () => {
  for (const [path, { body }] of ASSETS) {
    if (path === "/licenses") continue; // its texts name many, and none is a link
    const addresses = [...body.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address)
      .filter((address) => !/^https?:\/\/(www\.w3\.org\/|\$)/.test(address));
    assert.deepEqual(addresses, [], path);
  }
  for (const path of ["/index.html", "/licenses"]) {
    const page = ASSETS.get(path)!.body;
    assert(!/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/.test(page), path);
    for (const [, target] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
      assert.match(target!, /^(\/(?!\/)|#)/, path);
    }
  }
});

Deno.test("no source of the page writes HTML from text", async () => {
  const pages = [new URL("../../console/page/", import.meta.url)];
  for (const folder of pages) {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const url = new URL(isDirectory ? `${name}/` : name, folder);
      if (isDirectory) pages.push(url);
      else if (/\.tsx?$/.test(name)) {
        const source = await Deno.readTextFile(url);
        assert(
          !/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b/.test(source),
          url.pathname,
        );
      }
    }
  }
});

Deno.test("X10: the server gives the page's files out under their types, and the page itself at every address of its own", async () => {
  await using api = alone({ parts: { assets: ASSETS } });
  for (const [path, { type, body }] of ASSETS) {
    const response = await fetch(api.origin + path);
    assert.equal(response.headers.get("content-type"), type);
    assert.equal(await response.text(), body);
    assert.match(
      response.headers.get("content-security-policy")!,
      /default-src 'none'; script-src 'self'; style-src 'self'/,
    );
  }
  for (const path of ["/", "/connections/c-7", "/routes/a.example/b.example", "/login"]) {
    assert.equal(await (await fetch(api.origin + path)).text(), ASSETS.get("/index.html")!.body, path);
  }
});
