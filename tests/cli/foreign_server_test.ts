/** Every command that asks a server, asked of one that is no Verona: exit code 3, in words, whatever it answers. console.md 3.2. */
import assert from "node:assert/strict";
import type { Command } from "commander";
import { build } from "../../cli/program.ts";
import { type Ended, folder, verona } from "./verona.ts";

/** Commands by what they ask; each with a `--json` that must not let anything through either. */
const COMMANDS: readonly (readonly string[])[] = [
  ["audit"],
  ["close", "c-1"],
  ["config", "reload"],
  ["connections"],
  ["console"],
  ["domains", "add", "new.example"],
  ["domains", "list"],
  ["domains", "remove", "new.example"],
  ["domains", "resume", "new.example"],
  ["domains", "suspend", "new.example"],
  ["explain", "sender.example", "target.example"],
  ["health"],
  ["log-level"],
  ["log-level", "debug"],
  ["policy"],
  ["policy", "peer.example", "strict"],
  ["policy", "peer.example", "default"],
  ["proofs"],
  ["recheck", "sender.example", "target.example"],
  ["revoke"],
  ["revoke", "sender.example", "target.example", "--lift"],
  ["revoke", "sender.example", "target.example"],
  ["routes"],
  ["trace", "c-1"],
  ["trace", "c-1", "--follow"],
  ["trace", "--pair", "sender.example", "target.example"],
];

/** Processes beside each other. */
const AT_ONCE = 4;

const json = (body: string) => () => new Response(body, { headers: { "content-type": "application/json" } });

const ROWS = [
  "connections",
  "routes",
  "proofs",
  "domains",
  "audit",
  "policies",
  "events",
  "stages",
  "checks",
];

/** What a server at the wrong address may say. */
const ANSWERS: Readonly<Record<string, () => Response>> = {
  "{}": json("{}"),
  "[]": json("[]"),
  "null": json("null"),
  '"text"': json('"text"'),
  "truncated JSON": json('{"connections":[{"id":"c-1"'),
  "HTML": () =>
    new Response("<!doctype html><title>hello</title>", { headers: { "content-type": "text/html" } }),
  "10 MB of JSON": json(JSON.stringify({ rows: "x".repeat(10_000_000) })),
  "rows of another schema": json(
    JSON.stringify({
      total: 1,
      all: 1,
      ...Object.fromEntries(ROWS.map((name) => [name, [{ id: 7 }, null]])),
    }),
  ),
  "404 in HTML": () => new Response("<h1>Not Found</h1>", { status: 404 }),
  "500 with JSON": () => Response.json({ error: "oops" }, { status: 500 }),
};

/** `domains add`, `routes`...: the commands that have `--url`. */
function asking(command: Command, above: readonly string[] = []): string[] {
  const own = command.options.some(({ long }) => long === "--url") ? [above.join(" ")] : [];
  return [...own, ...command.commands.flatMap((one) => asking(one, [...above, one.name()]))];
}

Deno.test("no command that asks a server is left out here", () => {
  // It asks what may be asked of DNS and the peer, and says "unknown" where the server's part is missing (check_back.ts).
  const others = ["check"];
  const tried = (name: string) => COMMANDS.some((words) => `${words.join(" ")} `.startsWith(`${name} `));
  assert.deepEqual(asking(build(() => {})).filter((name) => !tried(name) && !others.includes(name)), []);
});

const serve = (answer: (request: Request) => Response) =>
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);

function assertForeign({ code, stdout, stderr }: Ended, url: string, what: string): void {
  const lines = stderr.trimEnd().split("\n");
  assert.deepEqual([code, stdout, lines.length], [3, "", 2], `${what}\n${stdout}${stderr}`);
  assert.ok(
    lines[0]!.startsWith("verona: That is no Verona, or one of another version: "),
    `${what}\n${stderr}`,
  );
  assert.ok(lines[0]!.includes(url), `${what}: ${lines[0]}`);
}

for (const [what, answer] of Object.entries(ANSWERS)) {
  Deno.test(`a server that answers ${what} is no Verona, say all commands, with exit code 3 and its address`, async () => {
    await using place = await folder();
    const server = serve(answer);
    const url = `http://127.0.0.1:${server.addr.port}`;
    const at = { cwd: place.path, env: { VERONA_URL: url, VERONA_TOKEN: "none" } };
    const ask = async (words: readonly string[]) => {
      const json = what === "{}" ? ["--json"] : [];
      assertForeign(await verona([...words, ...json], at), `${url}/`, words.join(" "));
    };
    for (let n = 0; n < COMMANDS.length; n += AT_ONCE) {
      await Promise.all(COMMANDS.slice(n, n + AT_ONCE).map(ask));
    }
    await server.shutdown();
  });
}

Deno.test("an event stream of something else ends trace --follow with exit code 3", async () => {
  await using place = await folder();
  const history = { epoch: "e", ended: false, left: 0, cut: false, events: [] };
  const streams: Readonly<Record<string, Response>> = {
    "no JSON": new Response("data: hello\n\n", { headers: { "content-type": "text/event-stream" } }),
    "another schema": new Response('data: {"seq":"1"}\n\n', {
      headers: { "content-type": "text/event-stream" },
    }),
    "no stream": Response.json({}),
  };
  for (const [what, stream] of Object.entries(streams)) {
    const server = serve(({ url }) =>
      url.includes("/events?") ? stream : url.endsWith("/events") ? Response.json(history) : Response.json({})
    );
    const url = `http://127.0.0.1:${server.addr.port}`;
    const at = { cwd: place.path, env: { VERONA_URL: url, VERONA_TOKEN: "none" } };
    assertForeign(await verona(["trace", "c-1", "--follow"], at), `${url}/api/v1/events `, what);
    await server.shutdown();
  }
});

Deno.test("an answer without an end is not read to it", async () => {
  await using place = await folder();
  const chunk = new TextEncoder().encode(" ".repeat(1 << 20));
  const endless = () => new ReadableStream({ pull: (to) => to.enqueue(chunk) });
  const server = serve(() => new Response(endless()));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const at = { cwd: place.path, env: { VERONA_URL: url, VERONA_TOKEN: "none" } };
  assertForeign(await verona(["connections"], at), `${url}/api/v1/connections `, "endless");
  await server.shutdown();
});
