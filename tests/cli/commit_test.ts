/** Which commit a checkout is at, as git itself lays it out. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { commit } from "../../cli/commit.ts";
import { folder } from "./verona.ts";
import "../harness/surroundings.ts";

async function git(cwd: string, ...args: string[]): Promise<string> {
  const named = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  const { success, stdout, stderr } = await new Deno.Command("git", { args: [...named, ...args], cwd })
    .output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return text.decode(stdout).trim();
}

Deno.test("commit: of a branch, of packed refs, detached, of a linked worktree; elsewhere unknown", async () => {
  await using place = await folder();
  const at = (path: string) => commit(pathToFileURL(`${path}/`));
  assert.equal(await at(place.path), "unknown");
  const main = `${place.path}/main`;
  await Deno.mkdir(main);
  await git(main, "init", "--quiet");
  assert.equal(await at(main), "unknown", "no commit yet");
  await git(main, "commit", "--quiet", "--allow-empty", "-m", "one");
  const id = (await git(main, "rev-parse", "HEAD")).slice(0, 7);
  assert.equal(await at(main), id);
  await git(main, "worktree", "add", "--quiet", "-b", "other", "../linked");
  assert.equal(await at(`${place.path}/linked`), id);
  await git(main, "pack-refs", "--all");
  assert.deepEqual([await at(main), await at(`${place.path}/linked`)], [id, id]);
  await git(main, "checkout", "--quiet", "--detach");
  assert.equal(await at(main), id);
});
