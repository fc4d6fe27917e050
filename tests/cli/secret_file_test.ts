/** `verona run` with secrets that are not its own: one sentence with the cure, exit code 2. */
import assert from "node:assert/strict";
import { stringify } from "smol-toml";
import { configuration } from "../harness/stage.ts";
import { World } from "../harness/world.ts";
import { folder, verona } from "./verona.ts";

Deno.test("run: a token, a dialback secret or a data_dir that others had a hand in: exit code 2, which file, what to do", async () => {
  await using world = await World.start();
  await using place = await folder();
  const data = `${place.path}/data`;
  const settings = await configuration(world, place.path, {
    settings: { server: { dialback_secret_file: "" } },
  });
  await Deno.writeTextFile(`${place.path}/verona.toml`, stringify(settings));
  await Deno.mkdir(data, { mode: 0o700 });
  const refused = async (expected: RegExp) => {
    const { code, stdout, stderr } = await verona(["run", "--config", `${place.path}/verona.toml`]);
    const [last, ...others] = stderr.trimEnd().split("\n").filter((line) => line.startsWith("verona: "));
    assert.deepEqual([code, stdout, others], [2, "", []], stderr);
    assert.match(last!, expected);
  };
  for (const name of ["dialback.secret", "console.token", "viewer.token"]) {
    await Deno.symlink("/etc/hostname", `${data}/${name}`);
    await refused(new RegExp(`^verona: Cannot use ${data}/${name}: it is a symbolic link; remove it`));
    await Deno.remove(`${data}/${name}`);
    await Deno.writeTextFile(`${data}/${name}`, "known");
    await Deno.chmod(`${data}/${name}`, 0o644);
    await refused(
      new RegExp(`^verona: Cannot use ${data}/${name}: it is open to others .*; chmod 600 ${data}/${name};`),
    );
    await Deno.remove(`${data}/${name}`);
  }
  await Deno.chmod(data, 0o777);
  await refused(new RegExp(`^verona: Cannot use ${data}: others may write into it .*; chmod go-w ${data}$`));
});
