/** `verona log-level`: another level for a while, by whom, and back by itself. console.md 4.3. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { LogLevels, parseLevels, printLevels, USUAL } from "../../observe/levels.ts";
import { ask, assertProblem, tokenOf } from "../api/ask.ts";
import { granted, Stage } from "../harness/stage.ts";
import { deadline } from "../peer/deadline.ts";
import { request } from "../peer/stream.ts";
import { verona } from "./verona.ts";

Deno.test("log-level: what is not named stays as it is; what is wrong is said with what there is", () => {
  const base = { lowest: "warning", areas: { route: "debug" } } as const;
  const read = (text: string) => {
    const levels = parseLevels(text, base);
    return "wrong" in levels ? levels.wrong : printLevels(levels);
  };
  assert.equal(read("dns=info"), "warning,route=debug,dns=info");
  assert.equal(read("info,route=warning"), "info,route=warning");
  assert.equal(read("loud"), '"loud" is not a level');
  assert.equal(read("rout=debug"), '"rout" is no area of the log');
  assert.equal(read("undefined"), '"undefined" is not a level');
});

Deno.test("log-level: areas by themselves, errors always, and after the while as usual", async () => {
  const log = new LogLevels(USUAL);
  const logged = () => [["dns", "debug"], ["route", "debug"], ["route", "info"], ["route", "error"]] as const;
  const seen = () =>
    logged().filter(([area, level]) => log.isLogged(area, level)).map((one) => one.join(" "));
  assert.deepEqual(seen(), ["route info", "route error"]);
  log.set({ lowest: "warning", areas: { dns: "debug" } }, 3_600_000);
  assert.deepEqual(seen(), ["dns debug", "route error"]);
  log.set({ lowest: "debug", areas: {} }, 1); // the hour before it is over
  const limit = deadline("the level to be usual again");
  while (log.now !== log.usual) await limit.race(delay(1));
  limit.clear();
  assert.deepEqual(seen(), ["route info", "route error"]);
});

Deno.test("log-level: a running server logs less for a while, says so, and an operator alone may ask for it", async () => {
  await using stage = await Stage.open();
  const config = ["--config", `${stage.directory}/verona.toml`];
  const said = async (...words: string[]) => {
    const { code, stdout, stderr } = await verona(["log-level", ...words, ...config]);
    return [code, stdout + stderr];
  };
  const o = await stage.initiateWith();
  assert.deepEqual(await said(), [0, "debug (usually debug)\n"]);
  assert.deepEqual(await said("warning,sasl=debug", "--for", "1h"), [
    0,
    "warning,sasl=debug for 1h, then debug\n",
  ]);
  await stage.server.told({ event: "operator.acted", action: "log.level", levels: "warning,sasl=debug" });
  const since = stage.server.log.length;
  await granted(o, "other-sender.example", "target.example");
  o.send(request("bogus.example", "target.example"));
  await stage.server.told({ event: "pair.denied", remote: "bogus.example" });
  const levels = new Set(stage.server.log.slice(since).flatMap(({ json }) => json?.level ?? []));
  assert.deepEqual([...levels], ["warning"]);
  assert.equal((await said("loud"))[0], 2);
  const viewer = await tokenOf(stage, "viewer"), path = "/api/v1/log-level";
  assert.equal((await ask(stage, path, { token: viewer })).json.level, "warning,sasl=debug");
  const put = { method: "PUT", body: { level: "debug" } };
  assertProblem(await ask(stage, path, { ...put, token: viewer }), 403, "api.role");
  const token = await tokenOf(stage, "console");
  for (const body of [{}, { level: "loud" }, { level: "info", for: "25h" }, { level: "info", for: 5 }]) {
    assertProblem(await ask(stage, path, { ...put, token, body }), 400, "api.body");
  }
  await ask(stage, path, { ...put, token, body: { level: "info", for: "1ms" } });
  await stage.server.eventually("the usual level", async () => {
    return (await ask(stage, path, { token })).json.level === "debug";
  });
  const { audit } = await stage.server.api("/audit");
  const changes = audit.filter(({ what }: { what: string }) => what === `PUT ${path}`);
  assert.deepEqual(changes.map(({ status }: { status: number }) => status).sort(), [
    ...[200, 200, 400, 400, 400, 400, 400, 403],
  ]);
});
