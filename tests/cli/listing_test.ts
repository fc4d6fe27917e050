/** Listings as an operator asks for them: filters, order, columns, again and again. console.md 3.3, 3.6. */
import assert from "node:assert/strict";
import { granted, Stage } from "../harness/stage.ts";
import { request } from "../peer/stream.ts";
import { verona } from "./verona.ts";
import "../harness/surroundings.ts";

async function three(): Promise<Stage> {
  const stage = await Stage.open();
  const o = await stage.initiateWith();
  await granted(o, "sender.example", "other-target.example");
  await granted(o, "other-sender.example", "target.example");
  o.send(request("bogus.example", "target.example"));
  await o.verdict("bogus.example", "target.example", "error");
  return stage;
}

/** The first column, without header and count. */
const column = (text: string) =>
  text.trimEnd().split("\n").slice(1, -1).map((line) => line.split(/ {2,}/)[0]);

Deno.test("listings: filters, negated ones too, order, columns, and how many of how many", async () => {
  await using stage = await three();
  const run = (...words: string[]) => verona([...words, "--config", `${stage.directory}/verona.toml`]);
  const ordered = await run("routes", "--sort", "-remote", "--columns", "remote,local");
  assert.equal(ordered.code, 0, ordered.stderr);
  assert.match(ordered.stdout, /^REMOTE +LOCAL\n/);
  assert.deepEqual(column(ordered.stdout), ["sender.example", "sender.example", "other-sender.example"]);
  const negated = await run(
    "routes",
    "-local:other-target.example",
    "--columns",
    "remote",
    "--sort",
    "remote",
  );
  assert.deepEqual(column(negated.stdout), ["other-sender.example", "sender.example"]);
  assert.match(negated.stdout, /\n2 of 3 routes\n$/);
  const named = await run("routes", "--remote", "other*", "--local", "target.example");
  assert.match(named.stdout, /dna-srv[^]*\n1 of 3 routes\n$/);
  assert.match((await run("routes", "--limit", "1")).stdout, /\n1 shown, 3 routes\n$/);
  assert.match(
    (await run("connections", "--columns", "id,pairs,names")).stdout,
    /^ID +PAIRS +SPEAKS FOR\nc-\d+ +3 +/,
  );
  const { proofs } = JSON.parse((await run("proofs", "--json")).stdout);
  assert.deepEqual(
    proofs.map(({ expires }: { expires: string }) => expires),
    proofs.map(({ expires }: { expires: string }) => expires).toSorted(),
  );
  for (
    const [words, said] of [
      [["routes", "--columns", "colour"], /there is no column "colour"[^]*there are local, remote/],
      [["routes", "--columns", "stat"], /did you mean "state"/],
      [["routes", "stat:denied"], /there is no field "stat"[^]*did you mean "state"/],
      [["routes", "--sort", "colour"], /cannot be sorted by that/],
      [["routes", "--watch", "--every", "0"], /not a number of seconds/],
    ] as const
  ) {
    const { code, stderr } = await run(...words);
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, said);
  }
});

Deno.test("listings: --watch says it again and again, as JSON a line each, and sees what changes", async () => {
  await using stage = await three();
  const config = ["--config", `${stage.directory}/verona.toml`];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", new URL("../../main.ts", import.meta.url).pathname, "connections"],
      ...["--watch", "--every", "0.1", "--json", ...config],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async () => {
    while (!text.includes("\n")) text += (await lines.read()).value;
    const [line, ...rest] = text.split("\n");
    text = rest.join("\n");
    return JSON.parse(line!);
  };
  const [first, second] = [await next(), await next()];
  assert.deepEqual([first.total, second.total], [1, 1]);
  await stage.server.api(`/connections/${first.connections[0].id}/close`, "POST", {});
  for (let answer = second; answer.total > 0;) answer = await next();
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  await lines.cancel();
});
