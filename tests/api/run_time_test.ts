/** What an operator sets while the server runs: design.md 2.4; docs/decisions/0180. */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { ask, assertProblem, tokenOf } from "./ask.ts";

Deno.test("run time: a domain is hosted, suspended, resumed, removed by API; other pairs do not notice; SIGHUP and viewers", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console"), viewer = await tokenOf(stage, "viewer");
  await stage.initiateWith();
  const [{ id }] = await stage.server.connections();
  const put = { method: "PUT", token, body: { component_secret: "canary-secret", policy: "strict" } };
  const path = "/api/v1/domains/new.example";
  assertProblem(await ask(stage, path, { ...put, token: viewer }), 403);
  assertProblem(await ask(stage, path, { token }), 405);
  assertProblem(await ask(stage, "/api/v1/domains/a%20b", put), 400);
  assertProblem(await ask(stage, path, { ...put, body: { component_secret_file: "/etc/passwd" } }), 400);
  assert.equal((await ask(stage, path, put)).status, 201);
  assert.equal((await ask(stage, path, put)).status, 200);
  const listed = async (name: string) => {
    const { text, json } = await ask(stage, "/api/v1/domains", { token: viewer });
    assert.ok(!text.includes("canary-secret"));
    return json.domains.find((row: { name: string }) => row.name === name);
  };
  const row = await listed("new.example");
  assert.deepEqual([row.origin, row.suspended, row.policy, row.component], [
    "run time",
    false,
    "strict",
    "away",
  ]);
  assert.equal((await listed("target.example")).origin, "file");
  const post = { method: "POST", token, body: {} };
  assert.equal((await ask(stage, `${path}/suspend`, post)).status, 200);
  await stage.server.api("/reload", "POST", {});
  assert.deepEqual(await listed("new.example").then((r) => [r.origin, r.suspended]), ["run time", true]);
  assert.equal((await ask(stage, `${path}/resume`, post)).status, 200);
  assert.equal((await listed("new.example")).suspended, false);
  assert.equal((await ask(stage, path, { method: "DELETE", token })).status, 204);
  assertProblem(await ask(stage, path, { method: "DELETE", token }), 404);
  assertProblem(await ask(stage, `${path}/suspend`, post), 404);
  // One of the file: its removal outlives a reload; {} gives it back.
  const other = "/api/v1/domains/other-target.example";
  assert.equal((await ask(stage, other, { method: "DELETE", token })).status, 204);
  await stage.server.api("/reload", "POST", {});
  const removed = await listed("other-target.example");
  assert.deepEqual([removed.removed, removed.origin], [true, "file"]);
  assert.equal((await ask(stage, other, { ...put, body: {} })).status, 201);
  assert.equal((await listed("other-target.example")).origin, "file");
  const { audit } = (await ask(stage, "/api/v1/audit", { token })).json;
  assertProblem(await ask(stage, "/api/v1/audit", { token: viewer }), 403);
  const refused = audit.find((entry: { role: string }) => entry.role === "viewer");
  assert.deepEqual([refused.what, refused.status, refused.cause, refused.by], [
    "PUT /api/v1/domains/new.example",
    403,
    "api.role",
    "token",
  ]);
  assert.deepEqual([audit[0].what, audit[0].status], ["PUT /api/v1/domains/other-target.example", 201]);
  assert.ok(!JSON.stringify(audit).includes("canary-secret"));
  const pair = await stage.server.route("target.example", "sender.example");
  assert.deepEqual([pair.state, pair.recv], ["authorised", [id]]);
});

Deno.test("run time: a pair is looked at afresh, a peer's policy set and given back", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console"), viewer = await tokenOf(stage, "viewer");
  await stage.initiateWith();
  const recheck = "/api/v1/routes/target.example/sender.example/recheck";
  const post = { method: "POST", token, body: {} };
  assertProblem(await ask(stage, recheck, { ...post, token: viewer }), 403);
  assertProblem(await ask(stage, "/api/v1/routes/target.example/nobody.example/recheck", post), 404);
  assert.equal((await ask(stage, recheck, post)).json.proofs, 1);
  await stage.server.told({ event: "proof.rechecked", domain: "sender.example", outcome: "held" });
  const path = "/api/v1/policy/sender.example";
  const put = (proof: string) => ask(stage, path, { method: "PUT", token, body: { proof } });
  assertProblem(await ask(stage, path, { method: "PUT", token: viewer, body: { proof: "strict" } }), 403);
  assertProblem(await put("none"), 400);
  assertProblem(
    await ask(stage, "/api/v1/policy/*.example", { method: "PUT", token, body: { proof: "legacy" } }),
    400,
  );
  assert.equal((await put("encrypted")).status, 201);
  assert.equal((await put("strict")).status, 200);
  assert.equal((await ask(stage, path, { method: "DELETE", token })).status, 204);
  assertProblem(await ask(stage, path, { method: "DELETE", token }), 404);
  assert.equal((await stage.server.route("target.example", "sender.example")).state, "authorised");
});

Deno.test("run time: what was set by command survives kill -9 and a start; a damaged file is one sentence, exit 2", async () => {
  await using stage = await Stage.open();
  const config = ["--json", "--config", `${stage.directory}/verona.toml`];
  await Deno.writeTextFile(`${stage.directory}/new.secret`, "s3cret\n");
  const run = async (...words: string[]) => {
    const { code, stderr } = await stage.server.command(...words, ...config);
    assert.equal(code, 0, stderr);
  };
  await run("domains", "add", "new.example", "--secret-file", "new.secret");
  await run("domains", "suspend", "new.example");
  await run("policy", "old.example", "encrypted");
  stage.server.signal("SIGKILL");
  await stage.server.exited;
  const file = `${stage.directory}/data/run-time.db`;
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  const { RunTime } = await import("../../config/run_time.ts");
  const kept = RunTime.open(`${stage.directory}/data`);
  const empty = { domains: [], policy: { peer: new Map() } };
  const over = kept.over(empty as never);
  kept.close();
  assert.deepEqual(over.domains.map((d) => [d.name, d.componentSecret, d.suspended, d.origin]), [
    ["new.example", "s3cret", true, "run time"],
  ]);
  assert.equal(over.policy.peer.get("old.example")?.proof, "encrypted");
  await Deno.writeTextFile(file, "not a database at all, but long enough to be looked at".repeat(20));
  const { code, stderr } = await stage.server.command("run", "--config", `${stage.directory}/verona.toml`);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /Cannot use .*run-time\.db: .*; restore it/);
});
