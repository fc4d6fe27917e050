/** The file of what was set at run time, by itself: who wrote it when, and which version of Verona. docs/decisions/0180. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Blocks } from "../../config/blocks.ts";
import { StoreFault } from "../../config/database.ts";
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
    /run-time\.db: its schema version is 99, this Verona knows 3; restore it/,
  );
  assert.throws(() => RunTime.peek(at.path), /schema version is 99/);
});

const pairOf = (local: string, remote: string) => ({
  local: parseDomain(local),
  remote: parseDomain(remote),
});

Deno.test("run time: blocks end, the last word on a pair counts, and none is forgotten for another one", async () => {
  await using at = await folder(null);
  const first = RunTime.open(at.path);
  const [a, b, c] = ["a.example", "b.example", "c.example"].map((local) => pairOf(local, "old.example"));
  first.blocks.put(a!, 3000, 1000);
  first.blocks.put(b!, 2000, 1000);
  first.blocks.put(a!, 5000, 1000);
  first.blocks.put(c!, 9000, 1000);
  first.blocks.lift(c!);
  first.close();
  const again = RunTime.open(at.path);
  assert.deepEqual(again.blocks.list(1999), [{ pair: b, until: 2000 }, { pair: a, until: 5000 }]);
  assert.deepEqual(again.blocks.list(2000), [{ pair: a, until: 5000 }]);
  again.close();
  using database = new DatabaseSync(`${at.path}/run-time.db`);
  const two = new Blocks(database, 2);
  assert.throws(() => two.put(c!, 9000, 1000), (error: StoreFault) => {
    assert.ok(error instanceof StoreFault);
    assert.equal(error.message, "2 pairs are blocked already");
    assert.match(error.hint, /policy\.block/);
    return true;
  });
  assert.deepEqual(two.list(0).map(({ until }) => until), [2000, 5000]);
  // One that is full takes the last word on what it has, and what is over makes room.
  two.put(a!, 6000, 1000);
  two.put(c!, 9000, 2000);
  assert.deepEqual(two.list(0).map(({ until }) => until), [6000, 9000]);
});
