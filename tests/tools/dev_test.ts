import assert from "node:assert/strict";
import "../harness/surroundings.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What `dev` may need of a Debian without anything. */
const BASE = [
  "sh",
  "sed",
  "head",
  "tail",
  "dirname",
  "uname",
  "find",
  "awk",
  "grep",
  "mkdir",
  "touch",
  "mv",
  "cut",
];

/** A machine's commands: those of the base system, and programs that only say something. */
async function machine(programs: Readonly<Record<string, string>>): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const name of BASE) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).output();
    await Deno.symlink(new TextDecoder().decode(stdout).trim(), `${folder}/${name}`);
  }
  for (const [name, script] of Object.entries(programs)) {
    await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

/** A checkout that has been built before, or has not. */
async function checkout({ built }: { built: boolean }): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/console/page`, { recursive: true });
  for (const file of ["dev", "deno.json", "console/page/deno.json"]) {
    await Deno.copyFile(ROOT + file, `${folder}/${file}`);
  }
  await Deno.mkdir(`${folder}/native/target/release`, { recursive: true });
  await Deno.mkdir(`${folder}/.tools`);
  await Deno.writeTextFile(`${folder}/native/Cargo.toml`, `rust-version = "1.88"\n`);
  await Deno.writeTextFile(`${folder}/main.ts`, `console.log(Deno.args.join(" ")); Deno.exit(42);`);
  if (!built) return folder;
  for (
    const file of ["native/libverona_native.so", "native/target/release/demo-dns", ".tools/native.stamp"]
  ) {
    await Deno.writeTextFile(`${folder}/${file}`, "");
  }
  return folder;
}

interface Situation {
  readonly built: boolean;
  readonly programs: Readonly<Record<string, string>>;
}

async function dev({ built, programs }: Situation, ...args: string[]) {
  const [path, home] = await Promise.all([machine(programs), checkout({ built })]);
  const { code, stdout, stderr } = await new Deno.Command(`${home}/dev`, {
    args,
    env: { PATH: path, HOME: home },
    clearEnv: true,
    stdin: "null",
  }).output();
  await Promise.all([path, home].map((folder) => Deno.remove(folder, { recursive: true })));
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

const USER = { id: "echo 1000", "apt-get": "exit 1" };
const DENO = { deno: `exec ${Deno.execPath()} "$@"` };

Deno.test("dev: without npm it names the command that installs it, in one sentence", async () => {
  const { code, err } = await dev({ built: false, programs: USER }, "demo");
  assert.equal(code, 1);
  assert.equal(
    err,
    `dev: npm (for Deno ${Deno.version.deno}) is missing; run: sudo apt-get install ca-certificates nodejs npm\n`,
  );
});

Deno.test("dev: another version of Deno is not used", async () => {
  const old = { ...USER, deno: `echo "deno 1.40.0 (release)"` };
  const { code, err } = await dev({ built: false, programs: old }, "demo");
  assert.equal(code, 1);
  assert.match(err, /^dev: npm.* is missing/);
});

const RUSTS: Record<string, Record<string, string>> = {
  "no Rust": {},
  "a Rust that is too old": { cargo: "exit 9", rustc: `echo "rustc 1.63.0 (4b91a6ea7 2022-08-08)"` },
  "a Rust that is too old by its minor number alone": { cargo: "exit 9", rustc: `echo "rustc 1.9.0"` },
};

for (const [name, rust] of Object.entries(RUSTS)) {
  Deno.test(`dev: with ${name} it names the command that installs one`, async () => {
    const { code, err } = await dev({ built: false, programs: { ...USER, ...DENO, ...rust } }, "run");
    assert.equal(code, 1);
    assert.equal(err, "dev: Rust 1.88 or newer is missing; run: sudo apt-get install cargo-web rustc-web\n");
  });
}

Deno.test("dev: without a C compiler it names the command that installs one", async () => {
  const rust = { cargo: "exit 9", rustc: `echo "rustc 1.95.0 (x)"` };
  const { code, err } = await dev({ built: false, programs: { ...USER, ...DENO, ...rust } }, "run");
  assert.equal(code, 1);
  assert.equal(err, "dev: a C compiler is missing; run: sudo apt-get install gcc libc6-dev\n");
});

Deno.test("dev: where nothing is to be done it needs neither npm nor Rust, and hands over words and exit code", async () => {
  const { code, out, err } = await dev(
    { built: true, programs: { ...USER, ...DENO } },
    "run",
    "--config",
    "a b",
  );
  assert.deepEqual({ code, out, err }, { code: 42, out: "run --config a b\n", err: "" });
});

Deno.test("dev: alone it lists every task with its line", async () => {
  const { code, out } = await dev({ built: false, programs: { ...USER, ...DENO } });
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  assert.equal(code, 0);
  for (const [name, { description }] of Object.entries<{ description: string }>(tasks)) {
    assert.ok(out.includes(`  ${name.padEnd(14)}${description}\n`), name);
  }
});
