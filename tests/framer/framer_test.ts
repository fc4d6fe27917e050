/** The framer against libxml2, an implementation that is not ours (native/src/xml, tests/framer/libxml2.py). */
import assert from "node:assert/strict";
import "../harness/surroundings.ts";

/** Debian's: the one on PATH may lack lxml. */
const PYTHON = "/usr/bin/python3";
const STREAMS = 50_000;
const SEED = 20_261_124;
const ROOT = new URL("../../", import.meta.url);

async function run(command: string, args: string[]): Promise<{ success: boolean; output: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd: ROOT }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

async function hasLxml(): Promise<boolean> {
  try {
    return (await run(PYTHON, ["-c", "import lxml.etree"])).success;
  } catch {
    return false;
  }
}

Deno.test({
  name:
    "STR-16 STR-17 STR-18 STR-28 STR-30 STR-33: the framer agrees with libxml2 on generated and damaged streams",
  ignore: !await hasLxml(),
  async fn() {
    const build = [
      "build",
      "--release",
      "--locked",
      "--quiet",
      "--workspace",
      "--example",
      "frame",
      "--manifest-path",
    ];
    const built = await run("cargo", [...build, "native/Cargo.toml"]);
    assert.ok(built.success, built.output);
    const args = ["tests/framer/libxml2.py", "native/target/release/examples/frame", `${STREAMS}`, `${SEED}`];
    const compared = await run(PYTHON, args);
    console.log(compared.output.trimEnd());
    assert.ok(compared.success, compared.output);
    assert.match(compared.output, /^failures: 0$/m);
  },
});
