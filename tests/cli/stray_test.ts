/** `verona run` outlives errors that nobody waited for. docs/decisions/0194. */
import assert from "node:assert/strict";
import { replaceModules } from "../harness/imports.ts";
import { configuration } from "../harness/stage.ts";
import { VeronaServer } from "../harness/verona.ts";
import { World } from "../harness/world.ts";
import { folder } from "./verona.ts";

const TIMES = 30;

Deno.test("a rejection or a throw that nobody waits for is told with its stack, and costs no connection; many of one kind are few lines", async () => {
  await using world = await World.start();
  await using place = await folder();
  const imports = await replaceModules(place.path, [["actors/host.ts", "tests/harness/strays.ts"]]);
  await using server = await VeronaServer.start(place.path, await configuration(world, place.path), imports);
  await using _c = await server.component("target.example");
  const { pid } = server.process;
  for (let n = 0; n < TIMES; n++) {
    Deno.kill(pid, "SIGUSR2");
    await server.api("/domains"); // signals of one kind are one signal until they are taken
  }
  const rejected = await server.told({ event: "actor.crashed", level: "error", id: "stray rejection" });
  assert.match(rejected.error, /^Error: nobody waits for this\n {4}at .*strays\.ts:/);
  const thrown = await server.told({ event: "actor.crashed", level: "error", id: "stray error" });
  assert.match(thrown.error, /^TypeError: nobody catches this\n {4}at .*strays\.ts:/);
  const lines = server.log.filter(({ json }) => json?.id === "stray rejection");
  assert.ok(lines.length <= 10, `${lines.length} lines`);
  const [domain] = (await server.api("/domains?q=target.example")).domains;
  assert.equal(domain.component, "connected");
  assert.equal(await server.stop(), 0);
  const summed = server.log.findLast(({ json }) => json?.id === "stray rejection");
  assert.ok(summed!.json.repeated > 0, "the rest is summed up at the end");
});
