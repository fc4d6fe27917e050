import assert from "node:assert/strict";
import { readCargo, readJunit } from "../../tools/test.ts";
import "../harness/surroundings.ts";

Deno.test("the test task reads the counts of every binary of cargo", () => {
  const output = `
running 3 tests
test a ... ok
test b ... ignored, needs a network
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out
test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out`;
  const { passed, failed, skipped } = readCargo({ success: false, output });
  assert.deepEqual({ passed, failed, skipped }, { passed: 6, failed: 1, skipped: ["b: needs a network"] });
});

Deno.test("the test task counts a build that fails as a failure", () => {
  assert.equal(readCargo({ success: false, output: "error: could not compile" }).failed, 1);
});

Deno.test("the test task reads Deno's own report", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/some_test.ts`,
    `Deno.test("a <good> & 'quoted' one", () => {});
     Deno.test("a bad one", () => { throw new Error("no"); });
     Deno.test.ignore("one for later", () => {});`,
  );
  await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-config", "--junit-path=report.xml"],
    cwd: folder,
    stdout: "null",
    stderr: "null",
  }).output();
  assert.deepEqual(readJunit(await Deno.readTextFile(`${folder}/report.xml`)), [
    { name: "a <good> & 'quoted' one", result: "passed" },
    { name: "a bad one", result: "failed" },
    { name: "one for later", result: "skipped" },
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the test task says its parts when it is asked, and refuses a part that there is none of", async () => {
  const run = async (word: string) => {
    const main = new URL("../../tools/test.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-check", main, word] });
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  };
  const help = await run("--help");
  assert.equal(help.code, 0, help.stderr);
  assert.match(help.stdout, /^usage: \.\/dev test \[PART\.\.\.\][^]*\n {2}rust tests\n/);
  assert.doesNotMatch(help.stdout, /passed/);
  const unknown = await run("nosuch");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no part "nosuch"\n\nusage/);
});
