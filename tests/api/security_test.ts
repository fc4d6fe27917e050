/** The defaults of console.md 2.4, one by one: who may come in, from where, and what every answer says to browsers. */
import { PERMISSIONS } from "../harness/permissions.ts";
import assert from "node:assert/strict";
import { ENDPOINTS } from "../../observe/api/endpoints.ts";
import { hostsOf } from "../../observe/api/hosts.ts";
import type { ServerView } from "../../observe/view.ts";
import { Sessions } from "../../observe/sessions.ts";
import { Authority } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { type Alone, alone, TOKEN, VIEWER_TOKEN } from "./parts.ts";
import { Page } from "./socket.ts";
import { type Answer, ask, askAs, assertProblem, tokenOf } from "./ask.ts";
import "../harness/surroundings.ts";

const SESSION = "/api/v1/session";
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** `name=value` of the cookie that an answer sets. */
const cookieIn = ({ headers }: Answer): string => headers.get("set-cookie")!.split(";")[0]!;

const codeIn = ({ json }: Answer): string => json.url.split("#")[1];

async function* restOf(reader: ReadableStreamDefaultReader): AsyncGenerator<Uint8Array> {
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}

async function logIn(at: Alone, role?: "viewer"): Promise<{ cookie: string; entered: Answer }> {
  const link = await ask(at.origin, "/api/v1/login-links", {
    method: "POST",
    token: TOKEN,
    body: role === undefined ? {} : { role },
  });
  const entered = await ask(at.origin, SESSION, { method: "POST", body: { code: codeIn(link) } });
  return { cookie: cookieIn(entered), entered };
}

Deno.test("security: a log-in link lets in once; the cookie is HttpOnly, SameSite=Strict, for the whole path", async () => {
  await using at = alone();
  const link = await ask(at.origin, "/api/v1/login-links", { method: "POST", token: TOKEN, body: {} });
  assert.deepEqual([link.status, link.json.role], [201, "operator"]);
  assert.match(link.json.url, new RegExp(`^${at.origin}/login#[\\w-]{43}$`));
  const enter = { method: "POST", body: { code: codeIn(link) } };
  const entered = await ask(at.origin, SESSION, enter);
  assert.deepEqual([entered.status, entered.json.role], [201, "operator"]);
  const [cookie, ...attributes] = entered.headers.get("set-cookie")!.split("; ");
  assert.match(cookie!, /^verona-\d+=[\w-]{43}$/);
  assert.deepEqual(attributes, ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"]);
  assertProblem(await ask(at.origin, SESSION, enter), 401, "api.code");
  const me = await ask(at.origin, SESSION, { headers: { cookie: cookie! } });
  assert.deepEqual([me.status, me.json.role], [200, "operator"]);
});

Deno.test("security: under TLS the cookie is __Host- and Secure", async () => {
  const authority = await Authority.root();
  const { certificate, key } = await authority.issue({ names: ["localhost"] });
  await using at = alone({ tls: { cert: certificate, key } });
  using client = Deno.createHttpClient({ caCerts: [authority.pem] });
  const entered = await ask(at.origin, SESSION, { method: "POST", body: { token: TOKEN }, client });
  const cookie = entered.headers.get("set-cookie")!;
  assert.match(
    cookie,
    /^__Host-verona-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200; Secure$/,
  );
  const me = await ask(at.origin, SESSION, { headers: { cookie: cookieIn(entered) }, client });
  assert.equal(me.status, 200);
});

Deno.test("security: links and sessions end by time, by log-out, and the oldest when there are too many", async () => {
  await using at = alone();
  const { cookie } = await logIn(at);
  const here = { headers: { cookie, origin: at.origin } };
  assert.equal((await ask(at.origin, SESSION, here)).status, 200);
  const out = await ask(at.origin, SESSION, { method: "DELETE", ...here });
  assert.equal(out.status, 204);
  assert.match(out.headers.get("set-cookie")!, /^verona-\d+=; .*Max-Age=0/);
  assertProblem(await ask(at.origin, SESSION, here), 401);

  const again = await logIn(at);
  at.time += 12 * 3_600_000;
  assertProblem(await ask(at.origin, SESSION, { headers: { cookie: again.cookie } }), 401);

  let now = 0;
  const sessions = new Sessions(() => now);
  const stale = sessions.link("operator");
  now += 10 * 60_000;
  assert.equal(sessions.redeem(stale.secret), null);
  const links = Array.from({ length: 33 }, () => sessions.link("viewer").secret);
  assert.equal(sessions.redeem(links[0]!), null, "the oldest of 33 links is gone");
  assert.equal(sessions.redeem(links[1]!), "viewer");
  const open = Array.from({ length: 129 }, () => sessions.open("viewer").secret);
  assert.equal(sessions.find(open[0]!), null, "the oldest of 129 sessions is gone");
  assert.equal(sessions.find(open[128]!)!.role, "viewer");
});

Deno.test("security: the event stream ends by log-out and by time; that of a token goes on", async () => {
  await using at = alone();
  const open = async (headers: Record<string, string>) => {
    const { body } = await fetch(`${at.origin}/api/v1/events`, { headers });
    const reader = body!.getReader();
    await reader.read();
    return reader;
  };
  const ended = async (reader: ReadableStreamDefaultReader) => {
    let text = "";
    for await (const part of restOf(reader)) text += new TextDecoder().decode(part);
    return text;
  };
  const [out, late] = [(await logIn(at)).cookie, (await logIn(at)).cookie];
  const [first, second, program] = [
    await open({ cookie: out }),
    await open({ cookie: late }),
    await open({ authorization: `Bearer ${TOKEN}` }),
  ];
  await ask(at.origin, SESSION, { method: "DELETE", headers: { cookie: out, origin: at.origin } });
  assert.equal(await ended(first), "");
  at.time += 12 * 3_600_000;
  at.parts.recorder.tell({ type: "server.ready" });
  assert.equal(await ended(second), "");
  assert.match(new TextDecoder().decode((await program.read()).value), /server\.ready/);
  await program.cancel();
});

Deno.test("security: a viewer reads and changes nothing, and lets nobody in as operator", async () => {
  await using at = alone();
  const { cookie, entered } = await logIn(at, "viewer");
  assert.equal(entered.json.role, "viewer");
  const page = { cookie, origin: at.origin };
  const asked = { method: "POST", body: { role: "operator" } };
  assertProblem(await ask(at.origin, "/api/v1/login-links", { ...asked, headers: page }), 403, "api.role");
  assertProblem(
    await ask(at.origin, "/api/v1/login-links", { ...asked, token: VIEWER_TOKEN }),
    403,
    "api.role",
  );
  for (const { method, path, role } of ENDPOINTS) {
    if (role !== "operator") continue;
    const body = method === "DELETE" || method === "GET" ? {} : { body: {} };
    const refused = await ask(at.origin, path.replaceAll(/:\w+/g, "x"), { method, headers: page, ...body });
    assertProblem(refused, 403, "api.role");
  }
});

Deno.test("security: every endpoint names who may; all that change something are for operators or for the session", () => {
  const changing = ENDPOINTS.filter(({ method, role }) => method !== "GET" && role !== "operator");
  assert.deepEqual(changing.map(({ method, path }) => `${method} ${path}`), [
    "POST /api/v1/session",
    "DELETE /api/v1/session",
    "POST /api/v1/login-links",
  ]);
  const open = ENDPOINTS.filter(({ role }) => role === null || role === "anyone");
  assert.deepEqual(open.map(({ path }) => path), ["/livez", "/readyz", "/metrics", SESSION]);
});

Deno.test("security: five wrong tokens or codes a minute and address are told, then no more; a right one lets in at any time", async () => {
  await using at = alone();
  const { cookie } = await logIn(at);
  for (let i = 0; i < 3; i++) assertProblem(await ask(at.origin, SESSION, { token: `wrong-${i}` }), 401);
  for (let i = 0; i < 2; i++) {
    assertProblem(await ask(at.origin, SESSION, { method: "POST", body: { code: `wrong-${i}` } }), 401);
  }
  const refused = await ask(at.origin, SESSION, { token: "wrong-6" });
  assertProblem(refused, 429, "api.attempts");
  assert.equal(refused.headers.get("retry-after"), "60");
  assertProblem(await ask(at.origin, SESSION, { method: "POST", body: { code: "wrong-7" } }), 429);
  assert.equal((await ask(at.origin, SESSION, { token: TOKEN })).status, 200);
  assert.equal((await ask(at.origin, SESSION, { method: "POST", body: { token: TOKEN } })).status, 201);
  const { secret } = at.parts.sessions.link("viewer");
  assert.equal((await ask(at.origin, SESSION, { method: "POST", body: { code: secret } })).status, 201);
  assert.equal((await ask(at.origin, SESSION, { headers: { cookie } })).status, 200);
  assertProblem(await ask(at.origin, SESSION), 401);
  const told = at.parts.recorder.since(0);
  const refusals = told.filter(({ type }) => type === "console.refused").map(({ detail }) => detail);
  assert.deepEqual(refusals.map(({ peer, waitMs } = {}) => [peer, waitMs]), [
    ...Array(4).fill(["127.0.0.1", 0]),
    ["127.0.0.1", 60_000],
  ]);
  assert.ok(!JSON.stringify(told).includes("wrong-"), "what was shown is told");
  at.time += 60_000;
  assertProblem(await ask(at.origin, SESSION, { token: "wrong-8" }), 401);
});

Deno.test("security: attempts are counted by IPv4 address and by IPv6 /64, for so many addresses", async () => {
  const { Attempts } = await import("../../observe/attempts.ts");
  const attempts = new Attempts(() => 0);
  for (let i = 0; i < 5; i++) attempts.failed(`2001:db8:0:1::${i}`);
  assert.ok(attempts.waitMs("2001:db8:0:1:ffff::1") > 0);
  assert.equal(attempts.waitMs("2001:db8:0:2::1"), 0);
  for (let i = 0; i < 5; i++) attempts.failed("192.0.2.1");
  assert.ok(attempts.waitMs("::ffff:192.0.2.1") > 0, "the same address, mapped");
  assert.equal(attempts.waitMs("192.0.2.2"), 0);
  for (let i = 0; i < 5; i++) attempts.failed(`127.0.${i}.1`);
  assert.ok(attempts.waitMs("127.9.9.9") > 0 && attempts.waitMs("::1") > 0, "one machine, all of loopback");
  for (let i = 0; i < 5000; i++) attempts.failed(`10.0.${i >> 8}.${i & 255}`);
  assert.equal(attempts.waitMs("192.0.2.1"), 0, "the oldest is forgotten");
});

Deno.test("security: 421 for a name that is not ours: a rebound name, another address (X3)", async () => {
  await using at = alone();
  const port = new URL(at.origin).port;
  for (
    const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "203.0.113.5",
      "[2001:db8::1]",
    ]
  ) {
    assertProblem(await askAs(at.origin, "/livez", { host }), 421, "api.host");
  }
  for (const host of [`127.0.0.1:${port}`, "localhost:9", "[::1]:8711", "LOCALHOST"]) {
    assert.equal((await askAs(at.origin, "/livez", { host })).status, 200, host);
  }
  const off = hostsOf({ host: "192.0.2.7", port: 8711 }, ["console.example", "*.ops.example"]);
  const known = ["192.0.2.7", "console.example", "CONSOLE.example", "a.ops.example", "localhost"];
  assert.ok(known.every(off));
  assert.ok(!["192.0.2.8", "ops.example", "a.b.ops.example", "example"].some(off));
});

Deno.test("security: 403 for another origin, whatever it shows; a browser's session changes nothing without saying where it is (X3)", async () => {
  await using at = alone();
  const { cookie } = await logIn(at);
  const post = { method: "POST", body: {} };
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: at.origin.replace("http:", "https:") },
    { origin: at.origin.replace(/\d+$/, "9") },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: at.origin, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of foreign) {
    for (const who of [["cookie", cookie], ["authorization", `Bearer ${TOKEN}`]] as const) {
      const all = { ...headers, [who[0]]: who[1] };
      const shown = JSON.stringify(headers);
      assert.equal((await ask(at.origin, SESSION, { headers: all })).json.cause, "api.origin", shown);
      const changed = await ask(at.origin, "/api/v1/login-links", { ...post, headers: all });
      assertProblem(changed, 403, "api.origin");
    }
  }
  const links = "/api/v1/login-links";
  assertProblem(await ask(at.origin, links, { ...post, headers: { cookie } }), 403, "api.origin");
  assertProblem(await ask(at.origin, links, { ...post, headers: { cookie, "sec-fetch-site": "none" } }), 403);
  for (const [name, value] of [["origin", at.origin], ["sec-fetch-site", "same-origin"]] as const) {
    assert.equal((await ask(at.origin, links, { ...post, headers: { cookie, [name]: value } })).status, 201);
  }
});

Deno.test("security: a GET of what changes something is 405 and does nothing; POST and PUT need JSON (X3)", async () => {
  await using at = alone();
  for (const { method, path } of ENDPOINTS) {
    if (method === "GET") continue;
    const place = path.replaceAll(/:\w+/g, "x");
    const readable = ENDPOINTS.some((one) => one.method === "GET" && one.path === path);
    if (!readable) assertProblem(await ask(at.origin, place, { token: TOKEN }), 405, "api.method");
    if (method === "DELETE") continue;
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const headers of [form, { "content-type": "text/plain" }, { "content-type": "application/jsonp" }]) {
      assertProblem(
        await ask(at.origin, place, { method, token: TOKEN, headers, text: "{}" }),
        415,
        "api.type",
      );
    }
  }
});

Deno.test("security: a viewer asks DNS through `explain` for eight pairs at one time and no more, and keeps no operator out", async () => {
  const answered = Promise.withResolvers<null>();
  const view = { explain: () => answered.promise } as unknown as ServerView;
  await using at = alone({ parts: { view } });
  const explain = (n: number, token: string) =>
    ask(at.origin, `/api/v1/explain?from=a.example&to=b${n}.example`, { token });
  let refused = 0;
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => {
      const answer = await explain(n, VIEWER_TOKEN);
      if (answer.status !== 429) return answer.status;
      assertProblem(answer, 429, "api.busy");
      if (++refused === 4) {
        const operator = explain(n, TOKEN);
        answered.resolve(null);
        assert.equal((await operator).status, 404);
      }
      return answer.status;
    }),
  );
  assert.deepEqual(all.toSorted(), [...Array(8).fill(404), ...Array(4).fill(429)]);
  assertProblem(await explain(0, VIEWER_TOKEN), 404, "route.not-hosted");
});

Deno.test("security: requests that are too large: body 413, address 414", async () => {
  await using at = alone();
  const links = "/api/v1/login-links";
  const large = { role: "x".repeat(65_536) };
  assertProblem(await ask(at.origin, links, { method: "POST", token: TOKEN, body: large }), 413);
  const most = { role: "viewer", more: "x".repeat(65_000) };
  assert.equal((await ask(at.origin, links, { method: "POST", token: TOKEN, body: most })).status, 201);
  assertProblem(await ask(at.origin, `/api/v1/routes?q=${"x".repeat(9000)}`, { token: TOKEN }), 414);
  for (const text of ["{", "[]", "null", '"x"', "\u{1F600}"]) {
    const json = { "content-type": "application/json; charset=utf-8" };
    const answer = await ask(at.origin, links, { method: "POST", token: TOKEN, headers: json, text });
    assertProblem(answer, 400, "api.body");
  }
});

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

Deno.test("security: every answer has the headers of console.md 2.4, and none of CORS", async () => {
  const assets = new Map([
    ["/index.html", { type: "text/html; charset=utf-8", body: "<!doctype html>" }],
    ["/assets/app.js", { type: "text/javascript; charset=utf-8", body: "1" }],
  ]);
  await using at = alone({ parts: { assets } });
  const preflight = { origin: at.origin, "access-control-request-method": "POST" };
  const answers = [
    await ask(at.origin, "/"),
    await ask(at.origin, "/assets/app.js"),
    await ask(at.origin, "/livez"),
    await ask(at.origin, SESSION),
    await ask(at.origin, SESSION, { token: TOKEN, headers: { origin: at.origin } }),
    await ask(at.origin, "/assets/nothing.js"),
    await ask(at.origin, SESSION, { method: "OPTIONS", headers: preflight }),
    await askAs(at.origin, "/", { host: "evil.example" }),
  ];
  for (const { status, headers } of answers) {
    assert.equal(headers.get("content-security-policy"), CSP, String(status));
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
    assert.ok([...headers.keys()].every((name) => !name.startsWith("access-control-")), "CORS");
  }
  assert.equal(answers[4]!.headers.get("cache-control"), "no-store");
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 401, 200, 404, 405, 421]);
});

Deno.test("security: the page's files, its addresses, and nothing of the API is taken for one", async () => {
  const page = { type: "text/html; charset=utf-8", body: "<!doctype html><title>Verona</title>" };
  const assets = new Map([["/index.html", page], ["/assets/app.css", { type: "text/css", body: "a{}" }]]);
  await using at = alone({ parts: { assets } });
  for (const path of ["/", "/login", "/connections", "/connections/c-1", "/routes/a.example/b.example"]) {
    const { status, type, text } = await ask(at.origin, path);
    assert.deepEqual([status, type, text], [200, "text/html", page.body], path);
  }
  const css = await ask(at.origin, "/assets/app.css");
  assert.equal(css.type, "text/css");
  const etag = css.headers.get("etag")!;
  assert.equal((await ask(at.origin, "/assets/app.css", { headers: { "if-none-match": etag } })).status, 304);
  for (const path of ["/api/v1/nothing", "/api", "/assets/nothing.css", "/licenses"]) {
    assertProblem(await ask(at.origin, path, { token: TOKEN }), 404);
  }
});

Deno.test("security: without a page `/` says so, and asks for nothing", async () => {
  await using at = alone();
  const { status, type, text } = await ask(at.origin, "/");
  assert.deepEqual([status, type], [200, "text/plain"]);
  assert.match(text, /\/api\/v1/);
  assertProblem(await ask(at.origin, "/connections"), 404);
});

Deno.test("security: `verona console` prints a link that lets in once; nothing of it is logged or in an argument", async () => {
  await using stage = await Stage.open();
  const config = ["--config", `${stage.directory}/verona.toml`];
  const { code, stdout } = await stage.server.command("console", ...config);
  assert.equal(code, 0);
  const [, origin, secret] = /^(http:\/\/[\d.:]+)\/login#([\w-]{43})\n$/.exec(stdout)!;
  assert.equal(origin, stage.server.console);
  const enter = { method: "POST", body: { code: secret } };
  const entered = await ask(stage, SESSION, enter);
  assert.equal(entered.json.role, "operator");
  const cookie = cookieIn(entered);
  assert.equal((await ask(stage, "/api/v1/connections", { headers: { cookie } })).status, 200);
  assertProblem(await ask(stage, SESSION, enter), 401, "api.code");
  const viewer = await stage.server.command("console", "--viewer", "--json", ...config);
  assert.equal(JSON.parse(viewer.stdout).role, "viewer");
  const shown = stage.server.log.map(({ text }) => text);
  shown.push(await Deno.readTextFile(`/proc/${stage.server.process.pid}/cmdline`));
  for (const hidden of [secret!, cookie.split("=")[1]!, await tokenOf(stage, "console")]) {
    assert.ok(!shown.some((text) => text.includes(hidden)));
  }
});

Deno.test("security: a Host that is none is the asker's mistake, and nobody's crash", async () => {
  await using at = alone();
  for (const host of ["127.0.0.1:x", "127.0.0.1:99999", "[::1", "a b"]) {
    assertProblem(await askAs(at.origin, "/livez", { host }), 400, "api.host");
  }
  assert.deepEqual(at.parts.recorder.since(0), []);
});

Deno.test("security: hostile texts stay inside their JSON: in answers, in the event stream, on the socket", async () => {
  await using at = alone();
  const hostile = "<img src=x onerror=alert(1)>\u0000\u001b[2J\u202e\r\n\nid: 9\ndata: forged\u2028";
  at.parts.recorder.tell({ type: "connection.opened", connection: "c-1", detail: { subject: hostile } });
  const stopped = new AbortController();
  const stream = await fetch(`${at.origin}/api/v1/events`, {
    headers: { authorization: `Bearer ${TOKEN}`, "last-event-id": "0" },
    signal: stopped.signal,
  });
  let text = "";
  for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) {
    if ((text += part).includes("data: ")) break;
  }
  stopped.abort();
  const [, id, data] = /^: verona\n\nid: (\S+)\ndata: ([^\n]*)\n\n$/.exec(text)!;
  assert.equal(id, `${at.parts.recorder.epoch}-1`);
  assert.equal(JSON.parse(data!).detail.subject, hostile);

  await using page = Page.open(at.origin, TOKEN);
  await page.hear("hello", ({ op }) => op === "hello");
  page.say({ sub: "trace:c-1", after: `${at.parts.recorder.epoch}-0` });
  assert.equal((await page.topic("trace:c-1", "event")).data.detail.subject, hostile);

  for (
    const path of [
      `/api/v1/${encodeURIComponent(hostile)}`,
      `/api/v1/routes?sort=${encodeURIComponent(hostile)}`,
    ]
  ) {
    const answer = await ask(at.origin, path, { token: TOKEN });
    assertProblem(answer, path.includes("sort") ? 400 : 404);
    assert.deepEqual([answer.type, answer.headers.get("x-content-type-options")], [
      "application/problem+json",
      "nosniff",
    ]);
  }
});

Deno.test("security: run prints a link into the page where a person reads the log, and never into a log that is kept", async () => {
  await using stage = await Stage.open();
  const config = `${stage.directory}/verona.toml`;
  assert.equal(await stage.server.stop(), 0);
  assert.ok(stage.server.log.every(({ text }) => !text.includes("/login#")), "the JSON log has a link");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...PERMISSIONS, "--quiet", MAIN, "run", "--config", config, "--log-format", "pretty"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const printed = child.stderr.pipeThrough(new TextDecoderStream());
  const link = /console (http:\S+)\/login#([\w-]{43}) /;
  for await (const part of printed.values({ preventCancel: true })) if (link.test(text += part)) break;
  const [, origin, code] = link.exec(text)!;
  assert.equal(origin, stage.server.console);
  const entered = await ask(origin!, SESSION, { method: "POST", body: { code } });
  assert.deepEqual([entered.status, entered.json.role], [201, "operator"]);
  child.kill("SIGTERM");
  for await (const _ of printed) { /* to the end */ }
  await child.status;
});

Deno.test("security: a console off loopback and without TLS is no console: run ends with 2 and says what is missing (X4)", async () => {
  await using stage = await Stage.open();
  for (const address of ["0.0.0.0:8711", "[::]:8711"]) {
    const config = `${stage.directory}/open.toml`;
    const text = await Deno.readTextFile(`${stage.directory}/verona.toml`);
    await Deno.writeTextFile(config, text.replace(/^console = .*$/m, `console = "${address}"`));
    const { code, stderr } = await stage.server.command("run", "--config", config);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /listen\.console[\s\S]*tls_chain/);
  }
});
