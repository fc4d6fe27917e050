/** The file of what was set at run time, by itself: who wrote it when, and which version of Verona. docs/decisions/0180. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { RunTime } from "../../config/run_time.ts";
import { parseDomain } from "../../xmpp/domain.ts";

const [OLD, NEW] = [parseDomain("old.example"), parseDomain("new.example")];

/** As Verona wrote it before it said since when a policy holds. */
const FIRST = `
  CREATE TABLE domain (name TEXT PRIMARY KEY, secret TEXT, policy TEXT NOT NULL) STRICT;
  CREATE TABLE removed (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE suspended (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE peer (name TEXT PRIMARY KEY, proof TEXT NOT NULL) STRICT;
  INSERT INTO peer VALUES ('old.example', 'encrypted');
  PRAGMA user_version = 1`;

async function folder(schema: string | null): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  if (schema !== null) {
    using database = new DatabaseSync(`${path}/run-time.db`);
    database.exec(schema);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("run time: since when a peer's policy holds is in the file itself, and goes with the policy", async () => {
  await using at = await folder(null);
  const first = RunTime.open(at.path);
  first.setPolicy(OLD, "encrypted", 1000);
  first.setPolicy(NEW, "strict", 2000);
  first.setPolicy(OLD, "legacy", 3000);
  first.forgetPolicy(NEW);
  assert.deepEqual([first.policySince(OLD), first.policySince(NEW)], [3000, null]);
  first.close();
  const again = RunTime.open(at.path);
  assert.deepEqual([...again.policies], [[OLD, "legacy"]]);
  assert.deepEqual([again.policySince(OLD), again.policySince(NEW)], [3000, null]);
  again.close();
});

Deno.test("run time: a file of an earlier version is read as it is, and brought up to date by the server alone", async () => {
  await using at = await folder(FIRST);
  const beside = RunTime.peek(at.path)!;
  assert.deepEqual([...beside.policies, beside.policySince(OLD)], [[OLD, "encrypted"], null]);
  beside.close();
  const opened = RunTime.open(at.path);
  assert.deepEqual([...opened.policies, opened.policySince(OLD)], [[OLD, "encrypted"], null]);
  opened.setPolicy(OLD, "strict", 5000);
  opened.close();
  const again = RunTime.open(at.path);
  assert.deepEqual([...again.policies, again.policySince(OLD)], [[OLD, "strict"], 5000]);
  again.close();
});

Deno.test("run time: a file of a later version is refused, whole", async () => {
  await using at = await folder("PRAGMA user_version = 99");
  assert.throws(
    () => RunTime.open(at.path),
    /run-time\.db: its schema version is 99, this Verona knows 2; restore it/,
  );
  assert.throws(() => RunTime.peek(at.path), /schema version is 99/);
});
