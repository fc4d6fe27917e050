/** `verona trace`: against a running server, live, exported and opened again. console.md 3.1, 3.6, 6 D2. */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { fileURLToPath } from "node:url";
import { message } from "../federation/acts.ts";
import { folder, verona } from "./verona.ts";
import "../harness/surroundings.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

async function asked(stage: Stage) {
  const token = await Deno.readTextFile(`${stage.directory}/data/console.token`);
  const env = { VERONA_URL: stage.server.console, VERONA_TOKEN: token.trim() };
  return { env, run: (...words: string[]) => verona(["trace", ...words], { env }) };
}

/** In this order, each in a line of its own. */
function assertInOrder(text: string, ...wanted: RegExp[]): void {
  const lines = text.split("\n");
  let at = 0;
  for (const one of wanted) {
    const found = lines.findIndex((line, i) => i >= at && one.test(line));
    assert.ok(found >= 0, `${one} is missing or too early in\n${text}`);
    at = found;
  }
}

Deno.test("trace: a connection from TCP to the grant, a pair from its request; states beside them (D2.1)", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const { run } = await asked(stage);
  const connection = await run("c-1");
  assert.equal(connection.code, 0, connection.stderr);
  assertInOrder(
    connection.stdout,
    /\+0 ms {2}<-- TCP from .* negotiating\.opening$/,
    /<-- <stream:stream from='xmpp1\.originating\.example'/,
    /--> <stream:features> starttls/,
    /<-- <starttls> .* negotiating\.handshaking$/,
    /--> TLSv1\.3 handshake/,
    /certificate accepted: xmpp1\.originating\.example/,
    /<-- <db:result from='sender\.example' to='target\.example'> .*assertion in: proving/,
    /dns SRV\? _xmpp-server\._tcp\.sender\.example/,
    /dns SRV secure: xmpp1\.originating\.example:5269/,
    /proof secure {2}\. → example → sender\.example/,
    /granted by dna-srv/,
    /--> <db:result from='target\.example' to='sender\.example' type='valid'>/,
    /^\d+ events of c-1$/,
  );
  const pair = await run("--pair", "target.example", "sender.example", "--since", "-5m");
  assertInOrder(
    pair.stdout,
    /\+0 ms {2}<-- <db:result/,
    /granted/,
    /events of target\.example → sender\.example$/,
  );
  const json = JSON.parse((await run("c-1", "--json")).stdout);
  assert.equal(json.schema, "verona.trace/1");
  assert.ok(json.events.some(({ type }: { type: string }) => type === "machine.moved"));
  assert.deepEqual(
    JSON.parse((await run("c-1", "--json", "--since", "2999-01-01T00:00:00Z")).stdout).events,
    [],
  );
});

Deno.test("trace: exported as JSON, text and Mermaid; opened again without a server", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  await using at = await folder();
  const { run } = await asked(stage);
  for (const ending of ["json", "txt", "mmd"]) {
    const { code, stderr } = await run("c-1", "--export", `${at.path}/c-1.${ending}`);
    assert.equal(code, 0, stderr);
  }
  const live = (await run("c-1")).stdout;
  const opened = await verona(["trace", "--open", `${at.path}/c-1.json`]);
  assert.deepEqual([opened.code, opened.stdout], [0, live]);
  assert.match(await Deno.readTextFile(`${at.path}/c-1.txt`), /\+0 ms {2}<-- TCP from/);
  const mermaid = await Deno.readTextFile(`${at.path}/c-1.mmd`);
  assert.match(mermaid, /^sequenceDiagram\n/);
  assert.match(mermaid, /participant peer as xmpp1\.originating\.example/);
});

Deno.test("trace: wrong use ends with 2 and says what is right", async () => {
  await using stage = await Stage.open();
  await using at = await folder();
  const { run } = await asked(stage);
  const cases: [words: string[], said: RegExp][] = [
    [[], /Give a connection, or --pair LOCAL REMOTE/],
    [["c-1", "--pair", "a.example", "b.example"], /Give a connection/],
    [["--pair", "a.example"], /two domains/],
    [["c-99"], /no such connection/],
    [["--pair", "target.example", "nobody.example"], /no such pair/],
    [["c-99", "--since", "soon"], /neither a duration/],
    [["--open", `${at.path}/none.json`], /Cannot read/],
    [["--open", MAIN], /no trace of schema/],
    [["--open", MAIN, "--follow"], /--follow goes neither/],
  ];
  for (const [words, said] of cases) {
    const { code, stderr } = await run(...words);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, said);
  }
  await stage.dial();
  await stage.server.told({ event: "connection.opened" });
  assert.match((await run("c-1", "--export", `${at.path}/c.pdf`)).stderr, /Cannot tell the format/);
});

Deno.test("trace --follow: what happens comes as it happens, until the connection is closed", async () => {
  await using stage = await Stage.open();
  const o = await stage.initiateWith();
  const { env } = await asked(stage);
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "trace", "c-1", "--follow"],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let shown = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    const before = shown;
    shown += text;
    const has = (one: RegExp) => one.test(shown) && !one.test(before);
    if (has(/sender\.example → target\.example granted/)) {
      await granted(o, "other-sender.example", "target.example");
    }
    if (has(/other-sender\.example → target\.example granted/)) {
      o.send(message("romeo@elsewhere.example", "juliet@target.example", "m1") + "</stream:stream>");
      await o.farewell();
    }
  }
  assert.deepEqual((await process.status).code, 0);
  assertInOrder(
    shown,
    /sender\.example → target\.example granted/,
    /<-- <db:result from='other-sender\.example'.*proving/,
    /--> ✗ <stream:error> invalid-from/,
    /connection closed/,
  );
});
