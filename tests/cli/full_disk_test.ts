/** Where nothing can be written: no server ends for it, no exit code changes, and the log goes on when there is room. console.md 3.2, 4.3. */
import assert from "node:assert/strict";
import { stringify } from "smol-toml";
import { configuration } from "../harness/stage.ts";
import { FullDisk } from "../harness/full_disk.ts";
import { World } from "../harness/world.ts";
import { folder, MAIN } from "./verona.ts";
import "../harness/surroundings.ts";

const MISTAKEN = "names = 5";

Deno.test("a log on a full disk: SIGHUP with a wrong file and with a right one ends no server; when there is room it goes on logging", async () => {
  await using world = await World.start();
  await using disk = await FullDisk.open();
  const settings = await configuration(world, disk.directory);
  await disk.serve(settings, "json");
  await using events = await disk.events();
  const wrong = async () => {
    await Deno.writeTextFile(disk.config, MISTAKEN);
    disk.signal("SIGHUP");
    const { level, detail } = await events.next("config.refused");
    assert.equal(level, "warning");
    assert.match(detail.mistakes.join("\n"), /verona\.toml:1: names: is not a key of Verona/);
  };
  await wrong();
  await disk.logged(/"event":"config\.refused".*verona\.toml:1: names/);

  await disk.fill();
  // What the log's last page has room for is still written.
  for (let size = -1; size !== await disk.logSize(); await wrong()) size = await disk.logSize();
  await Deno.writeTextFile(disk.config, stringify({ ...settings, policy: { bidi: false } }));
  disk.signal("SIGHUP");
  await events.next("server.reloaded");
  assert.doesNotMatch(await disk.log(), /server\.reloaded/, "the disk is not full");

  await disk.free();
  await Deno.writeTextFile(disk.config, stringify({ ...settings, policy: { bidi: true } }));
  disk.signal("SIGHUP");
  await disk.logged(/"event":"server\.reloaded"/);
  await wrong();
  assert.equal(await disk.stop(), 0);
  const lines = (await disk.log()).trimEnd().split("\n");
  const torn = lines.filter((line) => !isJson(line));
  assert.ok(torn.length <= 1, `only what there was no room for is torn:\n${torn.join("\n")}`);
  assert.equal(JSON.parse(lines.at(-1)!).event, "server.stopped");
});

Deno.test("a server whose stderr is full from the start serves all the same, in either form", async () => {
  await using world = await World.start();
  for (const format of ["json", "pretty"] as const) {
    await using disk = await FullDisk.open("/dev/full");
    await disk.serve(await configuration(world, disk.directory), format);
    await using events = await disk.events();
    await Deno.writeTextFile(disk.config, MISTAKEN);
    disk.signal("SIGHUP");
    await events.next("config.refused");
    assert.equal(await disk.stop(), 0);
  }
});

const WORDS: readonly [what: string, command: string, code: number][] = [
  ["a command that there is not", "nonsense", 2],
  ["a configuration with mistakes", `run --config "$2"`, 2],
  ["a server that is not there", `connections --url http://127.0.0.1:9 --json`, 3],
];

for (const [what, command, code] of WORDS) {
  Deno.test(`a full disk changes no exit code: ${what}`, async () => {
    await using place = await folder();
    const config = `${place.path}/verona.toml`;
    await Deno.writeTextFile(config, MISTAKEN);
    assert.equal(await exitCode(`${command} 2>/dev/full`, config), code);
  });
}

Deno.test("an answer that a full disk does not take: exit code 3, in one sentence", async () => {
  const { code, stderr } = await inShell("version >/dev/full", "");
  assert.equal(code, 3);
  assert.match(
    stderr,
    /^verona: the answer cannot be written: No space left on device\n {8}make room where it goes\n$/,
  );
});

const exitCode = async (command: string, config: string) => (await inShell(command, config)).code;

async function inShell(command: string, config: string): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `exec "$0" run -A --quiet "$1" ${command}`, Deno.execPath(), MAIN, config],
    env: { NO_COLOR: "1", VERONA_TOKEN: "none" },
    stdin: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

const isJson = (line: string): boolean => {
  try {
    return JSON.parse(line) !== null;
  } catch {
    return false;
  }
};
