/** What the operator sees and does: API, commands, signals (design.md 2.2 to 2.4). */
import assert from "node:assert/strict";
import { configuration, granted, Stage } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import { ORIGINATING, RECEIVING, World } from "../harness/world.ts";
import { request } from "../peer/stream.ts";
import { arrival, bidiArrival, bounced, grant, message } from "./acts.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

Deno.test("the connection table shows a granted pair with the fields of design.md 2.4", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  const [row] = await stage.server.connections();
  const { id, since, streamId, delegated, tls, ...rest } = row;
  assert.match(id, /^c-\d+$/);
  assert.match(since, TIME);
  assert.match(streamId, /^[0-9a-zA-Z-]{22,}$/);
  assert.equal(tls.version, "TLSv1.3");
  assert.deepEqual([delegated[0].domain, delegated[0].prooftype], ["sender.example", "dna-srv"]);
  assert.match(delegated[0].expires, TIME);
  const wanted = {
    direction: "in",
    state: "established",
    local: RECEIVING,
    remote: ORIGINATING,
    bidi: false,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, rest[key]])), wanted);
  assert.deepEqual(rest.serverNames, [ORIGINATING]);
  assert.equal(o.waiting.length, 0);
});

Deno.test("the routing table shows both directions of a bidi pair on one connection", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  const [connection] = await stage.server.connections();
  const route = await stage.server.route("target.example", "sender.example");
  const { state, send, recv, queued, reason, expires } = route;
  assert.deepEqual({ state, send, recv, queued, reason }, {
    state: "authorised",
    send: [connection.id],
    recv: [connection.id],
    queued: 0,
    reason: null,
  });
  assert.match(expires, TIME);
});

Deno.test("half-open connections are listed: tls is null before TLS", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const r = await stage.peer.accept();
  await r.header();
  const [row] = await stage.server.connections();
  assert.deepEqual([row.state, row.tls, row.direction], ["negotiating", null, "out"]);
  const route = await stage.server.route("target.example", "sender.example");
  assert.deepEqual([route.state, route.queued], ["connecting", 1]);
});

Deno.test("explain names the stage that fails, and agrees with what happened on the wire", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const ask = () => stage.server.api("/explain?from=target.example&to=sender.example");
  assert.notEqual((await ask()).verdict, "closed");
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await arrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  const open = await ask();
  assert.deepEqual([open.local, open.remote, open.verdict], ["target.example", "sender.example", "open"]);
  for (const stage of open.stages) assert.notEqual(stage.verdict, "fail", JSON.stringify(stage));
  const bogus = await stage.server.api("/explain?from=target.example&to=bogus.example");
  const { evidence } = bogus.stages.find(({ id }: { id: string }) => id === "pair");
  assert.match(
    evidence.verify,
    /^delv @127\.\S+ -p \d+ -a <\(awk .*root\.key'\) \+root=\. \+vtrace _xmpp-server\._tcp\.bogus\.example SRV$/,
  );
  assert.deepEqual([bogus.verdict, bogus.cause], ["closed", "dns.bogus"]);
  assert.ok(bogus.stages.some((one: { verdict: string }) => one.verdict === "fail"));
});

Deno.test("the event stream tells a request from the DNS answer to the grant, in order", async () => {
  await using stage = await Stage.open();
  const abort = new AbortController();
  const token = (await Deno.readTextFile(`${stage.directory}/data/viewer.token`)).trim();
  const response = await fetch(`${stage.server.console}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  await stage.initiateWith();
  const types: string[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    types.length = 0;
    for (const [, data] of text.matchAll(/^data: (.*)$/gm)) types.push(JSON.parse(data!).type);
    if (types.includes("verdict.sent")) break;
  }
  abort.abort();
  const wanted = ["request.received", "delegation.resolved", "pair.granted", "verdict.sent"];
  assert.deepEqual(types.filter((type) => wanted.includes(type)), wanted);
});

Deno.test("the API wants a token; health and metrics do not", async () => {
  await using stage = await Stage.open();
  const status = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${stage.server.console}${path}`, { headers });
    await response.body?.cancel();
    return [response.status, response.headers.get("content-type")?.split(";")[0]];
  };
  assert.deepEqual(await status("/api/v1/connections"), [401, "application/problem+json"]);
  assert.deepEqual(await status("/api/v1/connections", { authorization: "Bearer wrong" }), [
    401,
    "application/problem+json",
  ]);
  for (const path of ["/livez", "/readyz", "/metrics"]) assert.equal((await status(path))[0], 200);
});

Deno.test("SIGHUP takes up a new domain and a new certificate, open streams stay", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  o.send(request("sender.example", "new.example"));
  await o.denial("sender.example", "new.example", "cancel", "item-not-found");
  const fresh = await stage.world.ca.issue({ names: [RECEIVING, "renewed.receiving.example"] });
  await Deno.writeTextFile(`${stage.directory}/receiving.pem`, fresh.certificate);
  await Deno.writeTextFile(`${stage.directory}/receiving.key`, fresh.key);
  const { settings } = stage.server;
  const domain = [...settings.domain!, { name: "new.example", component_secret: "secret" }];
  await stage.server.reload({ ...settings, domain });

  await granted(o, "sender.example", "new.example");
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
  const { o: second } = await stage.initiate();
  assert.match(second.tls?.certificate?.subjectAltName ?? "", /renewed\.receiving\.example/);
});

Deno.test("SIGHUP that removes a domain: its pairs are revoked, others stay (F4 exception)", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  const o = await stage.initiateWith();
  await granted(o, "sender.example", "other-target.example");
  const { settings } = stage.server;
  const domain = settings.domain!.filter(({ name }) => name !== "other-target.example");
  await stage.server.reload({ ...settings, domain });
  o.send(message("romeo@sender.example", "nurse@other-target.example", "late"));
  o.send(message("romeo@sender.example", "juliet@target.example", "m1"));
  await juliet.message({ id: "m1" });
});

Deno.test("SIGHUP with a broken file: everything stays as it was", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  await Deno.writeTextFile(`${stage.directory}/verona.toml`, "this is = not [toml");
  stage.server.signal("SIGHUP");
  const { mistakes } = await stage.server.told({ event: "config.refused" });
  assert.match(mistakes.join("\n"), /verona\.toml:1: TOML: /);
  await granted(o, "sender.example", "other-target.example");
});

Deno.test("a configuration with several mistakes: exit 2, each with its line and a fix", async () => {
  await using stage = await Stage.open();
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${directory}/bad.toml`,
    "[server]\nnames = 5\n[limits]\nstanza_bytes = 9999\nnonsense = 1\n",
  );
  const { code, stderr, stdout } = await stage.server.command("run", "--config", `${directory}/bad.toml`);
  assert.equal(code, 2);
  for (const [line, word] of [[2, "names"], [4, "stanza_bytes"], [5, "nonsense"]]) {
    assert.match(stderr + stdout, new RegExp(`:${line}\\b[^]*${word}|line ${line}\\b[^]*${word}`));
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a resolver that is away at start: 503 with the reason; ready when it is back", async () => {
  await using world = await World.start();
  world.dns.outage();
  const directory = await Deno.makeTempDir();
  {
    await using server = await VeronaServer.spawn(
      directory,
      await configuration(world, directory, {
        settings: { limits: { dns_timeout: "2s", dns_query_timeout: "1s" } },
      }),
    );
    const reasons = await server.eventually("/readyz to say 503", async () => {
      const response = await fetch(`${server.console}/readyz`).catch(() => null);
      const text = await response?.text();
      return response?.status === 503 && text;
    });
    assert.match(reasons, /dns|anchor|DNSKEY/i);
    world.dns.resume();
    await server.ready();
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("what weakens the server is said at the start, and again at a reload", async () => {
  await using stage = await Stage.open({ settings: { policy: { allow_insecure_delegation: true } } });
  await stage.server.told({ event: "config.warned", key: "policy.allow_insecure_delegation" });
  const since = stage.server.log.length;
  const peer = { "old.example": { allow_insecure_delegation: true } };
  await stage.server.reload({ ...stage.server.settings, policy: { peer } });
  const keys = stage.server.log.slice(since).filter(({ json }) => json?.event === "config.warned")
    .map(({ json }) => json.key);
  assert.deepEqual(keys, ['policy.peer."old.example".allow_insecure_delegation']);
});

Deno.test("a tenant's own lists: its peers are refused, the other tenants' are not", async () => {
  await using stage = await Stage.open({
    domains: [{ name: "picky.example", component_secret: "secret", policy: { block: ["sender.example"] } }],
  });
  await using picky = await stage.component("picky.example");
  const o = await stage.initiateWith();
  o.send(request("sender.example", "picky.example"));
  await o.denial("sender.example", "picky.example", "cancel", "not-allowed");
  await granted(o, "other-sender.example", "picky.example");
  picky.say("p", "romeo@sender.example", "m1");
  await bounced(picky, "m1", "not-allowed", "cancel");
});
