/** Each option of a listing, on each listing, through the real command. console.md 3.1, 3.3. */
import assert from "node:assert/strict";
import { COLUMNS } from "../../cli/columns.ts";
import { COLUMN_IDS } from "../../config/columns.ts";
import { granted, Stage } from "../harness/stage.ts";
import { Terminal } from "./pseudoterminal.ts";
import { folder, verona } from "./verona.ts";

/** By its table: the words of the command, a field to sort by, the column that shows it. */
const LISTINGS = {
  connections: { words: ["connections"], field: "id", column: "id" },
  routes: { words: ["routes"], field: "remote", column: "remote" },
  proofs: { words: ["proofs"], field: "domain", column: "domain" },
  domains: { words: ["domains", "list"], field: "name", column: "name" },
} as const;

const TABLES = Object.keys(LISTINGS) as (keyof typeof LISTINGS)[];

Deno.test("columns: what [columns] may name is what the commands have", () => {
  const ids = Object.entries(COLUMNS).map(([table, columns]) => [table, columns.map(({ id }) => id)]);
  assert.deepEqual(Object.fromEntries(ids), COLUMN_IDS);
});

interface Asked extends AsyncDisposable {
  readonly stage: Stage;
  readonly env: Record<string, string>;
}

async function asked(): Promise<Asked> {
  const stage = await Stage.open();
  const o = await stage.initiateWith();
  await granted(o, "other-sender.example", "target.example");
  const since = stage.server.log.length;
  await stage.dial();
  await stage.server.told({ event: "connection.opened" }, since);
  const token = await Deno.readTextFile(`${stage.directory}/data/console.token`);
  const env = { VERONA_URL: stage.server.console, VERONA_TOKEN: token.trim() };
  return { stage, env, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** Rows, without header and count. */
const rowsOf = (text: string) => text.trimEnd().split("\n").slice(1, -1);

Deno.test("listings: --columns, --sort and --limit of every one; the last line is the count", async () => {
  await using at = await asked();
  for (const table of TABLES) {
    const { words, field, column } = LISTINGS[table];
    const run = async (...more: string[]) => {
      const { code, stdout, stderr } = await verona([...words, "--columns", column, ...more], at);
      assert.deepEqual([code, stderr], [0, ""], table);
      return stdout;
    };
    const [up, down] = [await run("--sort", field), await run("--sort", `-${field}`)];
    const rows = rowsOf(up);
    assert.ok(new Set(rows).size > 1, `${table}: nothing to sort in\n${up}`);
    assert.deepEqual(rows, rows.toSorted(), table);
    assert.deepEqual(rowsOf(down), rows.toReversed(), table);
    assert.doesNotMatch(up.split("\n")[0]!, / {2}/, "one column");
    assert.match(up, new RegExp(`\\n${rows.length} ${table}\\n$`));
    assert.match(await run("--limit", "1"), new RegExp(`\\n1 shown, ${rows.length} ${table}\\n$`));
  }
});

Deno.test("listings: --watch of every one says it again, until nobody reads it", async () => {
  await using at = await asked();
  await using terminal = await Terminal.open({ env: at.env });
  for (const table of TABLES) {
    const { words, column } = LISTINGS[table];
    await terminal.clear();
    const line = `verona ${words.join(" ")} --watch --every 0.1 --columns ${column}`;
    // Its header is repeated with every look.
    const title = COLUMNS[table].find(({ id }) => id === column)!.title;
    await terminal.run(`${line} | grep -c -m 2 '^${title}$'; echo "code=\${PIPESTATUS[*]}"`);
    assert.match(await terminal.until(/^code=/m), /^2\ncode=0 0$/m, table);
  }
});

Deno.test("listings: cut to the terminal with a mark, --wide cuts nothing; a pipe gets all", async () => {
  await using at = await asked();
  await using terminal = await Terminal.open({ env: at.env });
  const columns = "id,server-names,names,stream,local,peer,machine,address";
  const shown = async (line: string) => {
    await terminal.clear();
    await terminal.run(line);
    return await terminal.until(/^\d+ connections$/m);
  };
  const cut = await shown(`verona connections --columns ${columns} --sort id`);
  assert.match(cut, /…/);
  const whole = (await verona(["connections", "--columns", columns, "--sort", "id"], at)).stdout;
  assert.doesNotMatch(whole, /…/);
  const wide = await shown(`verona connections --columns ${columns} --sort id --wide`);
  assert.ok(wide.includes(rowsOf(whole)[0]!), wide);
});

Deno.test("listings: [columns] of the configuration stands where --columns does not, and remembers nothing", async () => {
  await using at = await asked();
  await using here = await folder();
  const file = `${here.path}/verona.toml`;
  const text = await Deno.readTextFile(`${at.stage.directory}/verona.toml`);
  await Deno.writeTextFile(file, `${text}\n[columns]\nroutes = ["state", "remote"]\ndomains = ["from"]\n`);
  const header = async (...words: string[]) =>
    (await verona([...words, "--config", file], at)).stdout.split("\n")[0]!.split(/ {2,}/);
  assert.deepEqual(await header("routes"), ["STATE", "REMOTE"]);
  assert.deepEqual(await header("domains", "list"), ["FROM"]);
  assert.deepEqual(await header("routes", "--columns", "local"), ["LOCAL"]);
  assert.deepEqual(await header("routes"), ["STATE", "REMOTE"]);
  assert.equal((await header("proofs"))[0], "DOMAIN");
  await Deno.writeTextFile(
    file,
    `${text}\n[columns]\nroutes = ["state", "colour"]\nproofs = []\ntrace = ["at"]\n`,
  );
  const { code, stdout } = await verona(["config", "check", "--config", file]);
  assert.equal(code, 2);
  assert.match(stdout, /:\d+: columns\.routes\.1: must be "local", "remote", .* or "bytes"\n/);
  assert.match(stdout, /:\d+: columns\.proofs: needs at least 1/);
  assert.match(stdout, /:\d+: columns\.trace: is not a key of Verona/);
});

Deno.test("--quiet: the note on stderr goes, the answer stays; --no-input: standard input is left alone", async () => {
  await using at = await asked();
  const config = ["--config", `${at.stage.directory}/verona.toml`];
  const env = { VERONA_URL: "http://127.0.0.1:1" };
  const [loud, quiet] = [
    await verona(["domains", "list", "--columns", "name", ...config], { env }),
    await verona(["--quiet", "domains", "list", "--columns", "name", ...config], { env }),
  ];
  assert.match(loud.stderr, /^verona: note: .* is asked/);
  assert.deepEqual([quiet.stderr, quiet.stdout], ["", loud.stdout]);
  await using terminal = await Terminal.open({ env: at.env });
  for (const line of ["verona --no-input routes", "verona domains list --no-input"]) {
    await terminal.clear();
    await terminal.run(`echo lef''t | (${line} >/dev/null; echo code=$?; cat)`);
    await terminal.until(/^code=0\nleft$/m);
  }
});
