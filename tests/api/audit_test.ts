/** The audit log: written before anything is changed, bounded, safe to read. docs/decisions/0180. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Audit, type AuditEntry } from "../../observe/audit.ts";
import type { AuditRow } from "../../observe/contract.ts";
import { Recorder } from "../../observe/recorder.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { ServerView } from "../../observe/view.ts";
import { Stage } from "../harness/stage.ts";
import { ask, assertProblem, TIME, tokenOf } from "./ask.ts";
import { alone, TOKEN } from "./parts.ts";

const PATH = "/api/v1/domains/new.example";

/** Somebody else's hold on a database of ours: nothing can be written while it lasts. */
function hold(path: string): Disposable {
  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  return { [Symbol.dispose]: () => other.close() };
}

async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempFile({ prefix: "verona-audit-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("audit: what cannot be written down is not done, and says so in API, command and log; afterwards it is done", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console");
  const config = ["--config", `${stage.directory}/verona.toml`];
  const put = { method: "PUT", token, body: {} };
  const hosted = async () =>
    (await stage.server.api("/domains")).domains.map(({ name }: { name: string }) => name);
  {
    using _held = hold(`${stage.directory}/data/audit.db`);
    assertProblem(await ask(stage, PATH, put), 503, "api.audit");
    const { code, stderr } = await stage.server.command("domains", "remove", "target.example", ...config);
    assert.equal(code, 3);
    assert.match(stderr, /audit log cannot be written, so nothing was changed\n.*data_dir/);
    const told = await stage.server.told({ event: "audit.failed", level: "error" });
    assert.deepEqual([told.what, told.why], [`PUT ${PATH}`, "database is locked"]);
    assert.deepEqual(await hosted(), ["target.example", "other-target.example"]);
  }
  assert.equal((await ask(stage, PATH, put)).status, 201);
  assert.ok((await hosted()).includes("new.example"));
});

Deno.test("audit: what cannot be kept is not in force; the entry and the answer say so", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console");
  await stage.initiateWith();
  {
    using _held = hold(`${stage.directory}/data/run-time.db`);
    for (
      const [method, path, body] of [
        ["PUT", PATH, {}],
        ["POST", "/api/v1/domains/target.example/suspend", {}],
        ["DELETE", "/api/v1/domains/target.example", undefined],
        ["PUT", "/api/v1/policy/sender.example", { proof: "strict" }],
        ["POST", "/api/v1/routes/target.example/sender.example/revoke", { block: "1h" }],
      ] as const
    ) {
      assertProblem(await ask(stage, path, { method, token, body }), 503, "api.store");
    }
  }
  const { domains } = await stage.server.api("/domains");
  assert.deepEqual(domains.map((d: { name: string; suspended: boolean }) => [d.name, d.suspended]), [
    ["target.example", false],
    ["other-target.example", false],
  ]);
  const { audit } = await stage.server.api("/audit");
  assert.deepEqual(
    audit.map(({ status, cause }: AuditRow) => [status, cause]),
    Array(5).fill([503, "api.store"]),
  );
  assert.equal((await stage.server.route("target.example", "sender.example")).state, "authorised");
});

Deno.test("audit: what is done although its end cannot be written is answered as done, and its entry says 'begun'", async () => {
  await using file = await temporary();
  const told: RecordedEvent[] = [];
  const recorder = new Recorder(Date.now);
  recorder.listen((event) => told.push(event));
  let held: Disposable | undefined;
  const view = { close: () => (held = hold(file.path), true) } as unknown as ServerView;
  const audit = new Audit(file.path);
  await using api = alone({ parts: { view, recorder, audit } });
  const post = { method: "POST", token: TOKEN, body: {} };
  const answer = await ask(api.origin, "/api/v1/connections/c-1/close", post);
  assert.deepEqual([answer.status, answer.json], [200, { closed: "c-1" }]);
  held![Symbol.dispose]();
  assert.deepEqual(told.map(({ type }) => type), ["audit.failed"]);
  const [entry] = audit.latest(1, Infinity);
  assert.deepEqual([entry!.what, entry!.status, entry!.cause], [
    "POST /api/v1/connections/c-1/close",
    null,
    null,
  ]);
  audit.close();
});

const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: n,
  role: "operator",
  by: "token",
  address: "127.0.0.1",
  what: `PUT ${n} ${"x".repeat(400)}`,
  detail: "y".repeat(400),
  status: 200,
  cause: null,
  ...more,
});

Deno.test("audit: the latest are kept, by number and not by age; who may change nothing drives nobody out; the file stops growing", async () => {
  await using file = await temporary();
  const bounds = { most: 60, mostRefused: 20, refusedPerMinute: 10 };
  let audit = new Audit(file.path, bounds);
  const of = (wanted: AuditEntry["role"]) =>
    audit.latest(1000, Infinity).filter(({ role }) => role === wanted);
  // From 1970 on: no entry is too old.
  for (let n = 1; n <= 100; n++) audit.add(entry(n));
  const { size } = await Deno.stat(file.path);
  for (let n = 101; n <= 300; n++) audit.add(entry(n));
  assert.deepEqual(
    of("operator").map(({ at }) => Date.parse(at)),
    Array.from({ length: 60 }, (_, i) => 300 - i),
  );
  assert.equal((await Deno.stat(file.path)).size, size);
  const before = of("operator");
  const minute = 60_000;
  for (
    const [begin, who] of [[1, { role: null, by: null }], [300, { role: "viewer", by: "token" }]] as const
  ) {
    const refused = (n: number, at: number) => audit.add(entry(n, { ...who, at, status: 403 }));
    for (let n = 0; n < 200; n++) refused(n, begin * minute + n);
    assert.equal(of(who.role).length, 10);
    for (let n = 1; n <= 200; n++) refused(n, (begin + n) * minute);
    assert.equal(of(who.role).length, 20);
  }
  assert.equal(of(null).length, 20);
  assert.deepEqual(of("operator"), before);
  audit.close();
  // The bounds and the order of ids outlive a restart.
  audit = new Audit(file.path, bounds);
  const last = audit.latest(1, Infinity)[0]!.id;
  const id = audit.add(entry(301))!;
  assert.ok(id > last);
  assert.deepEqual([of("operator").length, of("operator")[0]!.id], [60, id]);
  assert.deepEqual(audit.latest(2, id).map((row) => row.id < id), [true, true]);
  audit.close();
});

Deno.test("audit: what was begun when the server was killed stands there as begun", async () => {
  await using file = await temporary();
  let audit = new Audit(file.path);
  const id = audit.add(entry(1, { status: null }))!;
  audit.close();
  audit = new Audit(file.path);
  assert.equal(audit.latest(1, Infinity)[0]!.status, null);
  audit.settle(id, 204, null);
  assert.equal(audit.latest(1, Infinity)[0]!.status, 204);
  audit.close();
});

Deno.test("audit: a revoked pair and a closed connection, by API and by command: who, when, what, with what result", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console"), viewer = await tokenOf(stage, "viewer");
  await stage.initiateWith();
  const [{ id }] = await stage.server.connections();
  const revoke = "/api/v1/routes/target.example/sender.example/revoke";
  const post = (path: string, as = token, body: unknown = {}) =>
    ask(stage, path, { method: "POST", token: as, body });
  const before = Date.now();
  assertProblem(await post(`/api/v1/connections/${id}/close`, viewer), 403);
  assertProblem(await post("/api/v1/connections/c-999/close"), 404);
  assert.equal((await post(revoke, token, { block: "0s" })).status, 200);
  const run = async (...words: string[]) =>
    await stage.server.command(...words, "--config", `${stage.directory}/verona.toml`);
  assert.equal((await run("close", id)).code, 0);
  assert.equal((await run("revoke", "target.example", "nobody.example", "--block", "1h")).code, 2);
  const { audit } = (await ask(stage, "/api/v1/audit", { token })).json as { audit: AuditRow[] };
  assert.deepEqual(
    audit.map(({ what, detail, role, by, status, cause }) => [what, detail, role, by, status, cause]),
    [
      [
        "POST /api/v1/routes/target.example/nobody.example/revoke",
        '{"block":"1h"}',
        "operator",
        "token",
        404,
        "api.no-pair",
      ],
      [`POST /api/v1/connections/${id}/close`, null, "operator", "token", 200, null],
      [`POST ${revoke}`, '{"block":"0s"}', "operator", "token", 200, null],
      ["POST /api/v1/connections/c-999/close", null, "operator", "token", 404, "api.no-connection"],
      [`POST /api/v1/connections/${id}/close`, null, "viewer", "token", 403, "api.role"],
    ],
  );
  for (const { at, address } of audit) {
    assert.match(at, TIME);
    assert.ok(Date.parse(at) >= before && Date.parse(at) <= Date.now(), at);
    assert.match(address, /^127\./);
  }
  const shown = await run("audit", "--limit", "2");
  assert.equal(shown.code, 0, shown.stderr);
  const [header, earlier, later] = shown.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(header!.slice(-4), ["WHEN", "WHO", "WHAT", "RESULT"]);
  assert.deepEqual(earlier!.slice(-2), [`POST /api/v1/connections/${id}/close`, "200"]);
  assert.deepEqual([later!.at(-3)!.replace(/127\..*/, ""), later!.at(-1)], [
    "operator by token, ",
    "404 api.no-pair",
  ]);
  const json = JSON.parse((await run("audit", "--json", "--before", String(audit[1]!.id))).stdout);
  assert.deepEqual(json, { audit: audit.slice(2) });
  assert.equal((await run("audit", "--before", "yesterday")).code, 2);
});

Deno.test("audit: who came by a session of the page is told from who came by a token; one without a valid one is nobody", async () => {
  const view = { close: () => true } as unknown as ServerView;
  await using api = alone({ parts: { view } });
  const link = await ask(api.origin, "/api/v1/login-links", { method: "POST", token: TOKEN, body: {} });
  const code = link.json.url.split("#")[1];
  const entered = await ask(api.origin, "/api/v1/session", { method: "POST", body: { code } });
  const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
  const close = { method: "POST", body: {} };
  const path = "/api/v1/connections/c-1/close";
  const headers = { cookie, origin: api.origin };
  assert.equal((await ask(api.origin, path, { ...close, headers })).status, 200);
  assertProblem(await ask(api.origin, path, { ...close, token: "wrong" }), 401);
  const rows = api.parts.audit.latest(10, Infinity).filter(({ what }) => what === `POST ${path}`);
  assert.deepEqual(rows.map(({ role, by, status }) => [role, by, status]), [
    [null, null, 401],
    ["operator", "session", 200],
  ]);
});

/** Percent-encoded where they are in a path. */
const HOSTILE = [
  "\u001b]0;title\u0007\u001b[2J",
  "\u202egro.live",
  "line\nPUT /api/v1/policy/forged 200",
  "'; DROP TABLE entry; --",
  "<img src=x onerror=alert(1)>",
];

Deno.test("audit: hostile paths and bodies are one printable entry each, cut short, and no secret of theirs is kept", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console");
  for (const text of HOSTILE) {
    const path = `/api/v1/policy/${encodeURIComponent(text)}`;
    const proof = text.repeat(200);
    assertProblem(
      await ask(stage, path, { method: "PUT", token, body: { proof, component_secret: "canary-secret" } }),
      400,
    );
  }
  const { text, json } = await ask(stage, "/api/v1/audit", { token });
  assert.ok(!text.includes("canary-secret"));
  assert.equal(json.audit.length, HOSTILE.length);
  const shown = await stage.server.command("audit", "--config", `${stage.directory}/verona.toml`);
  assert.equal(shown.stdout.trimEnd().split("\n").length, 1 + HOSTILE.length);
  for (
    const written of [
      ...json.audit.flatMap((row: AuditRow) => [row.what, row.detail!]),
      ...shown.stdout.split("\n"),
    ]
  ) {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(written, /[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
  for (const row of json.audit) assert.ok(row.what.length <= 500 && row.detail.length <= 500);
});
