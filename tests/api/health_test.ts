/** `/livez`, `/readyz` and `verona health` against a real server whose surroundings fail. console.md 4.4. */
import assert from "node:assert/strict";
import type { HealthCheck } from "../../observe/contract.ts";
import { verona } from "../cli/verona.ts";
import { parse, valueOf } from "../harness/prometheus.ts";
import { Stage } from "../harness/stage.ts";
import { RECEIVING } from "../harness/world.ts";
import type { HealthDesk } from "../../observe/health_desk.ts";
import type { Metrics } from "../../observe/metrics/metrics.ts";
import { ask, assertProblem, tokenOf } from "./ask.ts";
import { alone, TOKEN, VIEWER_TOKEN } from "./parts.ts";

const DAY = 86_400_000;
const JSON_WANTED = { headers: { accept: "application/json" } };

/** Once it says so: the causes of what fails. */
async function notReady(stage: Stage, ...causes: string[]): Promise<HealthCheck[]> {
  const token = await tokenOf(stage, "viewer");
  return await stage.server.eventually(`not ready for ${causes}`, async () => {
    const { status, json } = await ask(stage, "/readyz", { ...JSON_WANTED, token });
    const bad = json.checks.filter(({ ok }: HealthCheck) => !ok);
    return status === 503 && causes.join() === bad.map(({ cause }: HealthCheck) => cause).join() && bad;
  });
}

const ready = (stage: Stage) =>
  stage.server.eventually("ready", async () => (await ask(stage, "/readyz")).status === 200);

const health = (stage: Stage, ...words: string[]) =>
  verona(["health", "--config", `${stage.directory}/verona.toml`, ...words]);

Deno.test("health: ready says ok, or each check; HEAD; never kept; the same as a command and as a metric", async () => {
  await using stage = await Stage.open();
  for (const path of ["/livez", "/readyz"]) {
    const { status, text, headers } = await ask(stage, path);
    assert.deepEqual([status, text, headers.get("cache-control")], [200, "ok\n", "no-store"]);
    const head = await ask(stage, path, { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [200, ""]);
  }
  const { text } = await ask(stage, "/readyz?verbose");
  assert.equal(text, "[+] draining\n[+] listeners\n[+] certificate\n[+] resolver\nready\n");
  assert.equal((await ask(stage, "/readyz", JSON_WANTED)).json.ready, true);
  const { code, stdout } = await health(stage);
  assert.deepEqual([code, stdout.trim().split("\n").at(-1)], [0, "ready"]);
  const metrics = await parse((await ask(stage, "/metrics")).text, "text");
  assert.equal(valueOf(metrics, "verona_ready"), 1);
  assert.equal(valueOf(metrics, "verona_check_ok", { check: "resolver" }), 1);
});

Deno.test("health: without a resolver 503 by its cause, terse; what was seen is for who asks for more and shows a token; 4 as a command", async () => {
  await using stage = await Stage.open();
  stage.world.dns.outage({ kind: "servfail" });
  const [failing] = await notReady(stage, "dns.servfail");
  assert.deepEqual([failing!.name, failing!.text], ["resolver", "the root's keys do not validate"]);
  const told = await stage.server.told({ event: "server.readiness", level: "warning", ready: false });
  assert.equal(told.cause, "dns.servfail");
  const { text } = await ask(stage, "/readyz");
  assert.equal(text, "[-] resolver: dns.servfail: the root's keys do not validate\n");
  assert.ok(failing!.detail!.length > 0);
  const token = await tokenOf(stage, "viewer");
  for (const [shown, told] of [[undefined, false], ["wrong", false], [token, true]] as const) {
    const { status, text } = await ask(stage, "/readyz?verbose", { token: shown });
    assert.deepEqual([status, text.includes(failing!.detail!)], [503, told], String(shown));
    const { json } = await ask(stage, "/readyz", { ...JSON_WANTED, token: shown });
    const details = json.checks.map(({ detail }: HealthCheck) => detail);
    assert.equal(details.some((detail: string | null) => detail !== null), told);
  }
  const more = await ask(stage, "/readyz?verbose");
  assert.match(more.text, /^\[\+\] listeners$/m);
  assert.match(more.text, /^not ready$/m);
  const command = await health(stage);
  assert.equal(command.code, 4, command.stderr);
  assert.match(command.stdout, /FAIL {2}resolver: dns\.servfail/);
  const { stdout } = await health(stage, "--json");
  assert.equal(JSON.parse(stdout).ready, false);
  await stage.server.eventually("the metric says so", async () => {
    const metrics = await parse((await ask(stage, "/metrics")).text, "text");
    return valueOf(metrics, "verona_ready") === 0 &&
      valueOf(metrics, "verona_check_ok", { check: "resolver" }) === 0;
  });
  stage.world.dns.resume();
  await ready(stage);
});

Deno.test("health: not ready once the machine's own certificate has ended, ready again with a new one", async () => {
  const inDays = (days: number) => new Date(Date.now() + days * DAY);
  await using stage = await Stage.open({
    movedClock: true,
    prepare: async (world) => {
      const short = await world.ca.issue({ names: [RECEIVING], notAfter: inDays(2) });
      Object.assign(world.receiving, short);
    },
  });
  await ready(stage);
  await stage.server.advance(3 * DAY);
  const [failing] = await notReady(stage, "tls.own-validity");
  assert.equal(failing!.name, "certificate");
  const fresh = await stage.world.ca.issue({ names: [RECEIVING], notAfter: inDays(90) });
  await Deno.writeTextFile(`${stage.directory}/receiving.key`, fresh.key);
  await Deno.writeTextFile(`${stage.directory}/receiving.pem`, fresh.certificate);
  await ready(stage);
});

Deno.test("health: draining is not ready, while what is open may still finish; then nobody answers: 3", async () => {
  await using stage = await Stage.open({ settings: { limits: { closing_timeout: "1m" } } });
  const o = await stage.initiateWith();
  stage.server.process.kill("SIGTERM");
  await o.streamError("system-shutdown");
  const [failing] = await notReady(stage, "server.shutdown");
  assert.deepEqual([failing!.name, failing!.text], ["draining", "draining"]);
  assert.equal((await ask(stage, "/livez")).status, 200);
  o.send("</stream:stream>");
  assert.equal(await stage.server.exited, 0);
  const { code, stderr } = await health(stage);
  assert.equal(code, 3, stderr);
});

Deno.test("health: needs no token on loopback, not even one that can be read", async () => {
  await using stage = await Stage.open();
  const { code } = await verona(["health", "--url", stage.server.console], { cwd: "/" });
  assert.equal(code, 0);
  const token = await tokenOf(stage, "viewer");
  assert.equal((await ask(stage, "/readyz", { token })).status, 200);
  const far = await verona(["health", "--url", "https://127.0.0.1:1"], { cwd: "/" });
  assert.equal(far.code, 2, "there it needs one, and so the configuration");
});

Deno.test("health: off loopback health and metrics are for whoever shows a token, the viewer's too", async () => {
  await using at = alone({
    parts: {
      open: false,
      health: { now: () => Promise.resolve({ ready: true, checks: [] }) } as unknown as HealthDesk,
      metrics: { print: () => Promise.resolve("# EOF\n") } as unknown as Metrics,
    },
  });
  for (const path of ["/livez", "/readyz", "/metrics"]) {
    assertProblem(await ask(at.origin, path), 401, "api.token");
    for (const token of [VIEWER_TOKEN, TOKEN]) {
      assert.equal((await ask(at.origin, path, { token })).status, 200, path);
    }
  }
});
