/** How long a web server is not asked again. protocol.md 3.6. */
import assert from "node:assert/strict";
import type { PoshEvidence } from "../../facts/posh.ts";
import { PoshCache } from "../../posh/cache.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const DOMAIN = parseDomain("sender.example");
const MISSING: PoshEvidence = { found: false, passing: false, cause: "posh.absent", why: null };
const FOUND: PoshEvidence = {
  found: true,
  fingerprints: [],
  expiresAt: 5000,
  url: "https://sender.example/",
};

Deno.test("PSH-7: a document is kept until it expires", () => {
  const cache = new PoshCache();
  cache.put(DOMAIN, FOUND, 1000);
  assert.deepEqual([cache.get(DOMAIN, 4999), cache.get(DOMAIN, 5000)], [FOUND, null]);
});

Deno.test("PSH-9: that there was none is kept for five minutes", () => {
  const cache = new PoshCache();
  cache.put(DOMAIN, MISSING, 1000);
  assert.deepEqual([cache.get(DOMAIN, 300_999), cache.get(DOMAIN, 301_000)], [MISSING, null]);
});

Deno.test("POSH cache: it stays small, the oldest goes", () => {
  const cache = new PoshCache();
  for (let n = 0; n <= 2000; n++) cache.put(parseDomain(`d${n}.example`), FOUND, 0);
  assert.equal(cache.get(parseDomain("d0.example"), 0), null);
  assert.equal(cache.get(parseDomain("d1.example"), 0), FOUND);
});
