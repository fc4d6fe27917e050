/** The way to a POSH document, over a scripted web. protocol.md 3.6. */
import assert from "node:assert/strict";
import type { HttpsAnswer, HttpsGet } from "../../facts/https.ts";
import { webAddress } from "../../posh/address.ts";
import { findPosh } from "../../posh/find.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY_S = 86_400;
const LIMITS = { poshBytes: 65_536, poshRedirects: 5, poshTimeoutMs: 10_000 };
const PATH = "/.well-known/posh/xmpp-server.json";
const FINGERPRINTS = [{ "sha-256": "HuNhzis27fL3K9Co96rVtXNDnKQ+G0hoe/kfMFOHLMU=" }];

type Script = Readonly<Record<string, HttpsAnswer>>;

const page = (body: unknown): HttpsAnswer => ({ status: 200, location: null, body: JSON.stringify(body) });
const to = (location: string, status = 302): HttpsAnswer => ({ status, location, body: null });

/** Hosts that begin with "private" have no address that may be connected to. */
async function find(script: Script, domain = "sender.example") {
  const asked: HttpsGet[] = [];
  const found = await findPosh(parseDomain(domain), LIMITS, {
    addresses: (host) =>
      Promise.resolve({
        host,
        canonicalName: host,
        security: "secure",
        ttlMs: 0,
        signedUntil: null,
        lookups: [],
        ...(host.startsWith("private")
          ? { addresses: [], cause: "tcp.forbidden" as const }
          : { addresses: ["192.0.2.1"], cause: null }),
      }),
    get: (request) => {
      asked.push(request);
      const { host, port, path } = request;
      return Promise.resolve(script[`${host}${port === 443 ? "" : `:${port}`}${path}`] ?? to("", 404));
    },
    now: () => NOW,
  });
  return { found, asked };
}

Deno.test("PSH-1: the domain is asked in A-labels, at port 443, from vetted addresses alone", async () => {
  const { found, asked } = await find({}, "bücher.example");
  assert.deepEqual(asked, [{
    host: "xn--bcher-kva.example",
    port: 443,
    path: PATH,
    addresses: ["192.0.2.1"],
    timeoutMs: 10_000,
    maxBytes: 65_536,
    nowMs: NOW,
  }]);
  assert.ok(!found.found && found.cause === "posh.absent" && !found.passing);
});

Deno.test("PSH-1: redirects are followed to https: hosts, with their ports and queries, five of them", async () => {
  const { found, asked } = await find({
    [`sender.example${PATH}`]: to("/a?b=c", 301),
    "sender.example/a?b=c": to("https://web.example:8443/1", 303),
    "web.example:8443/1": to("2", 307),
    "web.example:8443/2": to("3", 308),
    "web.example:8443/3": to("4"),
    "web.example:8443/4": page({ fingerprints: FINGERPRINTS, expires: 60 }),
  });
  assert.ok(found.found && found.url === "https://web.example:8443/4");
  assert.equal(asked.length, 6);
});

Deno.test("PSH-1: a redirect to a host with a private address is not followed (SSRF)", async () => {
  const { found, asked } = await find({ [`sender.example${PATH}`]: to("https://private.example/") });
  assert.ok(!found.found && found.cause === "posh.unreachable");
  assert.equal(asked.length, 1);
});

const REFUSED = [
  "http://web.example/",
  "https://127.0.0.1/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://[::1]/",
  "https://me@web.example/",
  "https://:secret@web.example/",
  "file:///etc/passwd",
  "//[bad",
  `https://web.example/${"x".repeat(2048)}`,
];

for (const url of REFUSED) {
  Deno.test(`PSH-5: ${url.slice(0, 40)} is not gone to, from a redirect or a reference`, async () => {
    assert.equal(webAddress(url, "https://sender.example/"), null);
    for (const answer of [to(url), page({ url, expires: 60 })]) {
      const { found, asked } = await find({ [`sender.example${PATH}`]: answer });
      assert.ok(!found.found && found.cause === "posh.invalid");
      assert.equal(asked.length, 1);
    }
  });
}

const LIFETIMES: readonly (readonly [reference: number, document: number, seconds: number])[] = [
  [60, 3600, 60],
  [3600, 60, 60],
  [30 * DAY_S, 30 * DAY_S, 7 * DAY_S],
];

for (const [reference, document, seconds] of LIFETIMES) {
  Deno.test(`PSH-7: a reference for ${reference} s to a document for ${document} s lasts ${seconds} s`, async () => {
    const { found } = await find({
      [`sender.example${PATH}`]: page({ url: "https://hosting.example/d.json", expires: reference }),
      "hosting.example/d.json": page({ fingerprints: FINGERPRINTS, expires: document }),
    });
    assert.ok(found.found && found.expiresAt === NOW + seconds * 1000);
  });
}

Deno.test("PSH-9: what the web server does wrong may pass, unless it is the document", async () => {
  const outcomes = await Promise.all(
    ([[to("", 503), true], [{ error: "tls", why: "" }, true], [
      { error: "too-large", why: "" },
      false,
    ]] as const)
      .map(async ([answer, passing]) => [(await find({ [`sender.example${PATH}`]: answer })).found, passing]),
  );
  for (const [found, passing] of outcomes) assert.deepEqual((found as { passing: boolean }).passing, passing);
});
