/** The commands that ask a running server (design.md 2.2). */
import assert from "node:assert/strict";
import { Stage } from "../harness/stage.ts";
import { ORIGINATING } from "../harness/world.ts";

Deno.test("the commands read the running server: connections, routes, explain, version", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const config = `${stage.directory}/verona.toml`;
  const connections = await stage.server.command("connections", "--json", "--config", config);
  assert.equal(connections.code, 0, connections.stderr);
  assert.equal(JSON.parse(connections.stdout).connections[0].remote, ORIGINATING);
  const routes = await stage.server.command("routes", "--json", "--config", config);
  assert.equal(JSON.parse(routes.stdout).routes[0].remote, "sender.example");
  const explain = await stage.server.command(
    "explain",
    "target.example",
    "bogus.example",
    "--json",
    "--config",
    config,
  );
  assert.equal(explain.code, 4, explain.stderr);
  assert.equal(JSON.parse(explain.stdout).cause, "dns.bogus");
  assert.equal((await stage.server.command("version")).code, 0);
});
