/** The HTTP API of design.md 2.4 against a running server: formats, refusals, who may do what. */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";
import { request } from "../peer/stream.ts";
import { ask, assertProblem, TIME, tokenOf } from "./ask.ts";

Deno.test("API: refusals are problem+json with cause and hint: 400, 401, 403, 404, 405, 413, 421, 422", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "console");
  const viewer = await tokenOf(stage, "viewer");
  const nobody = await ask(stage, "/api/v1/connections");
  assertProblem(nobody, 401);
  assert.equal(nobody.headers.get("www-authenticate"), "Bearer");
  assertProblem(await ask(stage, "/api/v1/routes", { token: `${token}x` }), 401);
  const post = { method: "POST", body: {} };
  assertProblem(await ask(stage, "/api/v1/connections/c-1/close", { ...post, token: viewer }), 403);
  assertProblem(
    await ask(stage, "/api/v1/routes", { token, headers: { origin: "http://evil.example" } }),
    403,
  );
  assertProblem(await ask(stage, "/api/v1/nothing", { token }), 404);
  assertProblem(await ask(stage, "/api/v1/connections/c-999", { token }), 404);
  assertProblem(await ask(stage, "/api/v1/connections/c-999/close", { ...post, token }), 404);
  assertProblem(await ask(stage, "/api/v1/explain?from=other.example&to=a.example", { token }), 404);
  assertProblem(await ask(stage, "/api/v1/explain?from=target.example", { token }), 400);
  assertProblem(await ask(stage, "/api/v1/routes?limit=x", { token }), 400);
  const wrong = await ask(stage, "/api/v1/routes", { ...post, token });
  assertProblem(wrong, 405);
  assert.equal(wrong.headers.get("allow"), "GET, HEAD");
  assertProblem(await ask(stage, "/api/v1/reload", { ...post, body: "x".repeat(70_000), token }), 413);
  assertProblem(await ask(stage, "/api/v1/reload", { ...post, body: [1], token }), 400);
  await Deno.writeTextFile(`${stage.directory}/verona.toml`, "nonsense");
  assertProblem(await ask(stage, "/api/v1/reload", { ...post, token }), 422);
});

Deno.test("API: the fields of design.md 2.4, for viewers too", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const token = await tokenOf(stage, "viewer");
  const get = async (path: string) => (await ask(stage, `/api/v1${path}`, { token })).json;

  const { connections, total, next } = await get("/connections");
  assert.deepEqual([connections.length, total, next], [1, 1, null]);
  const [connection] = connections;
  assert.deepEqual(await get(`/connections/${connection.id}`).then(({ id, purpose }) => [id, purpose]), [
    connection.id,
    "federation",
  ]);
  const { events } = await get(`/connections/${connection.id}/events`);
  assert.equal(events[0].type, "connection.opened");
  assert.match(events[0].at, TIME);

  const route = await get("/routes/target.example/sender.example");
  assert.deepEqual([route.state, route.recv, route.queued, route.reason], [
    "authorised",
    [connection.id],
    0,
    null,
  ]);
  assert.match(route.expires, TIME);
  assert.match(route.recheckAt, TIME);
  assert.ok(route.recheckAt < route.expires);

  const { proofs: [proof] } = await get("/proofs");
  assert.deepEqual([proof.domain, proof.prooftype, proof.connection], [
    "sender.example",
    "dna-srv",
    connection.id,
  ]);
  assert.equal(proof.target, `${ORIGINATING}:5269`);
  for (const time of [proof.checkedAt, proof.recheckAt, proof.expires]) assert.match(time, TIME);

  const { domains } = await get("/domains");
  assert.deepEqual(Object.keys(domains[0]).sort(), [
    "component",
    "name",
    "origin",
    "policy",
    "removed",
    "since",
    "suspended",
  ]);
  assert.equal(domains.find(({ name }: { name: string }) => name === "target.example").component, "away");
});

Deno.test("API: lists are cut into pages, and filtered by words and fields", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  await granted(o, "sender.example", "other-target.example");
  const token = await tokenOf(stage, "viewer");
  const get = async (query: string) => (await ask(stage, `/api/v1/routes?${query}`, { token })).json;
  const first = await get("limit=1");
  assert.deepEqual([first.routes.length, first.total, first.next], [1, 2, "1"]);
  const second = await get(`limit=1&cursor=${first.next}`);
  assert.deepEqual([second.routes.length, second.next], [1, null]);
  assert.notEqual(first.routes[0].local, second.routes[0].local);
  assert.equal((await get("q=state:authorised+local:other*")).total, 1);
  assert.equal((await get("q=state:denied")).total, 0);
  assert.deepEqual(stage.server.log.filter(({ json }) => json === null), [], "a line that is no JSON");
});

Deno.test("API: explain changes no table and opens no connection", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "viewer");
  for (const to of ["sender.example", "bogus.example", "unsigned.example", "nowhere.example"]) {
    const { json } = await ask(stage, `/api/v1/explain?from=target.example&to=${to}`, { token });
    assert.deepEqual(Object.keys(json), [
      ...["local", "remote", "verdict", "cause"],
      ...["headline", "directions", "stages"],
    ]);
    assert.notEqual(json.verdict, "open");
  }
  assert.deepEqual(await stage.server.connections(), []);
  assert.deepEqual(await stage.server.routes(), []);
});

Deno.test("API: close ends the stream, revoke ends the pair and keeps it away; both are told", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  await granted(o, "sender.example", "other-target.example");
  await stage.server.api("/routes/target.example/sender.example/revoke", "POST", { block: "10m" });
  await stage.server.told({ event: "pair.revoked", local: "target.example", cause: "policy.revoked" });
  const left = (await stage.server.routes()).map(({ local }) => local);
  assert.ok(left.includes("other-target.example"), "the other pair is open still");
  o.send(request("sender.example", "target.example"));
  await stage.server.told({ event: "pair.denied", local: "target.example", cause: "policy.revoked" });
  const [{ id }] = await stage.server.connections();
  await stage.server.api(`/connections/${id}/close`, "POST", {});
  await stage.server.told({ event: "operator.acted", connection: id, action: "close" });
  await stage.server.told({ event: "connection.closed", connection: id, cause: "operator.closed" });
});

Deno.test("API: health", async () => {
  await using stage = await Stage.open();
  const live = await ask(stage, "/livez");
  assert.deepEqual([live.status, live.text, live.headers.get("cache-control")], [200, "ok\n", "no-store"]);
  assert.equal((await ask(stage, "/readyz", { method: "HEAD" })).status, 200);
});

Deno.test("no secret leaves: token files are 0600, and none is in a log, an argument, an answer or a metric", async () => {
  const canary = "canary-9f31c7";
  await using stage = await Stage.open({ domains: [{ name: "canary.example", component_secret: canary }] });
  await using _component = await stage.component("canary.example");
  await stage.initiateWith();
  const data = `${stage.directory}/data`;
  const token = await tokenOf(stage, "console");
  const secrets = [canary, token, await tokenOf(stage, "viewer"), "example-dialback-secret-2011"];
  for (const name of ["console.token", "viewer.token"]) {
    assert.equal((await Deno.stat(`${data}/${name}`)).mode! & 0o777, 0o600, name);
  }
  const shown: string[] = [await Deno.readTextFile(`/proc/${stage.server.process.pid}/cmdline`)];
  for (
    const path of [
      "connections",
      "routes",
      "proofs",
      "domains",
      "explain?from=target.example&to=sender.example",
    ]
  ) {
    shown.push((await ask(stage, `/api/v1/${path}`, { token })).text);
  }
  shown.push((await ask(stage, "/metrics")).text, (await ask(stage, "/readyz")).text);
  const show = await stage.server.command("config", "show", "--config", `${stage.directory}/verona.toml`);
  assert.equal(show.code, 0, show.stderr);
  shown.push(show.stdout);
  await stage.server.stop();
  shown.push(...stage.server.log.map(({ text }) => text));
  for (const secret of secrets) assert.ok(!shown.some((text) => text.includes(secret)), `shown: ${secret}`);
});

Deno.test("an event reader does not hold up the end: SIGTERM, exit 0", async () => {
  await using stage = await Stage.open();
  const token = await tokenOf(stage, "viewer");
  const response = await fetch(`${stage.server.console}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, "last-event-id": "0" },
  });
  const reading = response.text();
  assert.equal(await stage.server.stop(), 0);
  const text = await reading;
  const last = JSON.parse(text.trimEnd().split("\ndata: ").at(-1)!);
  assert.equal(last.type, "server.stopped");
  assert.deepEqual([last.connection, last.route], [null, null]);
  assert.match(last.at, TIME);
});
