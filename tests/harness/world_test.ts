import assert from "node:assert/strict";
import { parse, stringify } from "smol-toml";
import { configuration } from "./stage.ts";
import { srvOwner, World } from "./world.ts";

Deno.test("two worlds stand side by side, each with its own zones", async () => {
  await using one = await World.start();
  await using other = await World.start();
  assert.notEqual(one.subnet, other.subnet);
  assert.notEqual(one.anchor, other.anchor);
  const answer = one.dns.zones.answer(srvOwner("sender.example"), "SRV");
  assert.deepEqual(answer.answers.map((record) => record.type), ["SRV", "RRSIG"]);
  one.delegate(one.zone("sender.example"), ["elsewhere.example"]);
  const moved = one.dns.zones.answer(srvOwner("sender.example"), "SRV").answers[0]?.data;
  assert.equal((moved as { target: string }).target, "elsewhere.example");
});

Deno.test("the stage writes a configuration that TOML reads back as it was", async () => {
  await using world = await World.start();
  const directory = await Deno.makeTempDir();
  const settings = await configuration(world, directory, {
    settings: { limits: { verdict_timeout: "100ms" } },
    domains: ["third.example"],
  });
  assert.deepEqual(structuredClone(parse(stringify(settings))), settings);
  assert.deepEqual(settings.domain?.map((one) => one.name), [
    "target.example",
    "other-target.example",
    "third.example",
  ]);
  await Deno.remove(directory, { recursive: true });
});
