/** Files of one secret: made for us alone, and refused where others had a hand in them. */
import assert from "node:assert/strict";
import "../harness/surroundings.ts";
import { checkFolder, secret } from "../../observe/secret_file.ts";

async function place() {
  const path = await Deno.makeTempDir({ prefix: "verona-secret-" });
  return {
    path,
    file: `${path}/a.token`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("secret file: made with mode 0600, whatever the umask, and read again at the next start", async () => {
  await using at = await place();
  const before = Deno.umask(0);
  try {
    const made = secret(at.file);
    assert.match(made, /^[\w-]{43}$/);
    assert.equal((await Deno.stat(at.file)).mode! & 0o777, 0o600);
    assert.equal(secret(at.file), made);
  } finally {
    Deno.umask(before);
  }
});

Deno.test("secret file: one that was left empty, as by a full disk, is filled", async () => {
  await using at = await place();
  await Deno.writeTextFile(at.file, "", { mode: 0o600 });
  assert.equal(secret(at.file, () => "made"), "made");
  assert.equal(await Deno.readTextFile(at.file), "made\n");
});

for (const target of ["there", "missing"] as const) {
  Deno.test(`secret file: a symbolic link to a file that is ${target} is neither read nor written through`, async () => {
    await using at = await place();
    const aim = `${at.path}/aim`;
    if (target === "there") await Deno.writeTextFile(aim, "known", { mode: 0o600 });
    await Deno.symlink(aim, at.file);
    assert.throws(
      () => secret(at.file),
      /^Error: Cannot use .*a\.token: it is a symbolic link; remove it, and /,
    );
    assert.equal(await Deno.readTextFile(aim).catch(() => null), target === "there" ? "known" : null);
  });
}

for (const mode of [0o640, 0o604, 0o660, 0o644, 0o620]) {
  const written = mode.toString(8);
  Deno.test(`secret file: one that others can open (${written}) is refused with the cure, and then taken`, async () => {
    await using at = await place();
    await Deno.writeTextFile(at.file, "known\n");
    await Deno.chmod(at.file, mode);
    assert.throws(() => secret(at.file), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`it is open to others \\(mode 0${written}\\); chmod 600 ${at.file};`),
      );
      return !error.message.includes("known");
    });
    await Deno.chmod(at.file, 0o600);
    assert.equal(secret(at.file), "known");
  });
}

Deno.test("secret file: a folder or a pipe in its place is refused, and nobody waits for the pipe", async () => {
  await using at = await place();
  await Deno.mkdir(at.file, { mode: 0o700 });
  assert.throws(() => secret(at.file), /it is no file/);
  await Deno.remove(at.file);
  const { success } = await new Deno.Command("mkfifo", { args: ["-m", "600", at.file] }).output();
  assert.ok(success);
  assert.throws(() => secret(at.file), /it is no file/);
});

Deno.test("secret folder: one that others may write into is refused with the cure", async () => {
  await using at = await place();
  for (const mode of [0o777, 0o770, 0o702, 0o1777]) {
    await Deno.chmod(at.path, mode);
    assert.throws(() => checkFolder(at.path), /others may write into it \(mode 0\d{3}\); chmod go-w /);
  }
  for (const mode of [0o700, 0o755, 0o750]) {
    await Deno.chmod(at.path, mode);
    checkFolder(at.path);
  }
});

Deno.test({
  name:
    "secret file and folder: another user's are refused; in his own folder his file is his (check run by root)",
  ignore: Deno.uid() !== 0, // only root gives files away
  fn: async () => {
    await using at = await place();
    await Deno.writeTextFile(at.file, "known", { mode: 0o600 });
    await Deno.chown(at.file, 12345, 12345);
    assert.throws(
      () => secret(at.file),
      /it belongs to the user with the number 12345, who may know it; remove it/,
    );
    await Deno.chown(at.path, 12345, 12345);
    assert.throws(
      () => checkFolder(at.path),
      /it belongs to the user with the number 12345; chown it, or run as/,
    );
    assert.equal(secret(at.file), "known");
  },
});
