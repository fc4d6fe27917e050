/** The console on a Unix socket: who gets in, what stands in its way, what the commands say. console.md 2.4. */
import assert from "node:assert/strict";
import { Page } from "./socket.ts";
import { Stage } from "../harness/stage.ts";
import { Tunnel } from "../harness/tunnel.ts";
import { VeronaServer } from "../harness/verona.ts";
import { folder, MAIN, verona } from "../cli/verona.ts";
import { ask, askAs, assertProblem, tokenOf } from "./ask.ts";
import "../harness/surroundings.ts";

const SETTINGS = { listen: { console: "unix:console.sock" } };
const open = () => Stage.open({ settings: SETTINGS });

/** As a program asks it, without a token unless one is given. */
async function asked(stage: Stage, path: string, token?: string) {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: stage.server.socket! } });
  try {
    return await ask(stage, path, { client, token });
  } finally {
    client.close();
  }
}

/** Ports that a process listens on: proc(5), state 0A is LISTEN. */
async function portsOf(pid: number): Promise<number[]> {
  const links = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => `/proc/${pid}/fd/${name}`);
  const sockets = new Set(links.flatMap((link) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(link))?.[1] ?? [];
    } catch {
      return []; // closed meanwhile
    }
  }));
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => Deno.readTextFile(`/proc/${pid}/net/${name}`)),
  );
  return tables.join("\n").split("\n").flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === "0A" && sockets.has(inode!) ? [parseInt(local!.split(":")[1]!, 16)] : [];
  }).sort();
}

Deno.test("socket: the server has no port for the console, the socket is its user's alone, and every command finds it by the configuration", async () => {
  await using stage = await open();
  const { server, directory } = stage;
  await using _o = await stage.initiateWith();
  // The rehearsal of a new server has ports of its own for a moment.
  await server.eventually(
    "no ports but those of peers and components",
    async () => String(await portsOf(server.process.pid)) === "5269,5347",
  );
  const { isSocket, mode } = Deno.lstatSync(server.socket!);
  assert.deepEqual([isSocket, mode! & 0o777], [true, 0o600]);
  assert.deepEqual([...Deno.readDirSync(directory)].filter(({ name }) => name.startsWith(".v")), []);
  assert.equal((await server.told({ event: "server.ready" })).console, `unix:${server.socket}`);
  const pair = ["sender.example", "target.example"];
  for (
    const [words, answer] of [
      [["health"], /^ready$/m],
      [["connections"], /xmpp1\.originating\.example/],
      [["routes"], /sender\.example/],
      [["domains", "list"], /target\.example/],
      [["explain", "target.example", "sender.example"], /sender\.example/],
      [["trace", "--pair", ...pair.toReversed()], /target\.example/],
    ] as const
  ) {
    const { code, stdout, stderr } = await server.command(...words);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    assert.match(stdout, answer, words.join(" "));
  }
});

Deno.test("socket: --url and VERONA_URL name it from anywhere; trace --follow reads on until the connection ends", async () => {
  await using stage = await open();
  const o = await stage.initiateWith();
  const url = `unix:${stage.server.socket}`;
  const token = await tokenOf(stage, "console");
  const by = (words: string[], env: Record<string, string>) => verona(words, { cwd: "/", env });
  const routes = await by(["routes", "--url", url], { VERONA_TOKEN: token });
  assert.deepEqual([routes.code, routes.stderr], [0, ""]);
  assert.match(routes.stdout, /sender\.example/);
  const following = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "trace", "c-1", "--follow"],
    env: { NO_COLOR: "1", VERONA_URL: url, VERONA_TOKEN: token },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let shown = "";
  const printed = following.stdout.pipeThrough(new TextDecoderStream());
  for await (const part of printed.values({ preventCancel: true })) if ((shown += part).includes("\n")) break;
  assert.match(shown, /<-- TCP from/);
  await o[Symbol.asyncDispose]();
  for await (const part of printed) shown += part;
  assert.equal((await following.status).code, 0);
  assert.match(shown, /closed/);
});

Deno.test("socket: the token is asked for, and wrong ones are counted", async () => {
  await using stage = await open();
  assertProblem(await asked(stage, "/api/v1/routes"), 401, "api.token");
  for (let n = 0; n < 5; n++) assertProblem(await asked(stage, "/api/v1/routes", "wrong"), 401, "api.token");
  const refused = await stage.server.told({ event: "console.refused" });
  assert.equal(refused.peer, `unix:${stage.server.socket}`);
  assertProblem(await asked(stage, "/api/v1/routes", "wrong"), 429, "api.attempts");
  assert.equal((await asked(stage, "/api/v1/routes", await tokenOf(stage, "viewer"))).status, 200);
  for (const path of ["/livez", "/readyz", "/metrics"]) assert.equal((await asked(stage, path)).status, 200);
  const wrong = await verona(["routes", "--url", `unix:${stage.server.socket}`], {
    env: { VERONA_TOKEN: "wrong" },
  });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /too many wrong tokens/);
});

Deno.test("socket: through a tunnel the page is as at a port: its names, its origin, its cookie and its WebSocket, and no others", async () => {
  await using stage = await open();
  await using tunnel = Tunnel.to(stage.server.socket!);
  const { origin, port } = tunnel;
  const token = await tokenOf(stage, "console");
  const authorization = `Bearer ${token}`;
  const path = "/api/v1/routes";
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
    assert.equal((await askAs(origin, path, { host, authorization })).status, 200, host);
    const own = { host, authorization, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    assert.equal((await askAs(origin, path, own)).status, 200, host);
    assertProblem(await askAs(origin, path, { ...own, origin: "http://evil.example" }), 403, "api.origin");
    assertProblem(await askAs(origin, path, { ...own, origin: "null" }), 403, "api.origin");
  }
  for (const host of ["evil.example", `evil.example:${port}`, "192.0.2.1:8711", "xmpp1.receiving.example"]) {
    assertProblem(await askAs(origin, path, { host, authorization }), 421, "api.host");
    assertProblem(await askAs(origin, "/", { host }), 421, "api.host");
  }
  const html = await ask(origin, "/");
  assert.deepEqual([html.status, html.type], [200, "text/html"]);
  const link = await ask(origin, "/api/v1/login-links", { method: "POST", token, body: {} });
  const [, at, code] = /^(.*)\/login#(.*)$/.exec(link.json.url)!;
  assert.equal(at, origin);
  const entered = await ask(origin, "/api/v1/session", { method: "POST", body: { code } });
  assert.match(entered.headers.get("set-cookie")!, new RegExp(`^verona-${port}=`));
  await using page = Page.open(origin, token);
  assert.equal((await page.hear("hello", ({ op }) => op === "hello")).role, "operator");
});

Deno.test("socket: a request that names no Host, or the path of the socket, is nobody's", async () => {
  await using stage = await open();
  for (
    const head of [
      "GET /livez HTTP/1.0\r\n\r\n",
      "GET http+unix://%2Fetc/livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
  ) {
    using conn = await Deno.connect({ transport: "unix", path: stage.server.socket! });
    await conn.write(new TextEncoder().encode(head));
    const buffer = new Uint8Array(4096);
    const read = await conn.read(buffer);
    assert.match(new TextDecoder().decode(buffer.subarray(0, read ?? 0)), /^HTTP\/1\.[01] 4\d\d /, head);
  }
});

Deno.test("socket: `verona console` and the greeting of `run` say where the link leads, and what carries a browser there", async () => {
  await using stage = await open();
  const { socket } = stage.server;
  const { code, stdout, stderr } = await stage.server.command("console");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^http:\/\/127\.0\.0\.1:8711\/login#[\w-]{43}\n$/);
  assert.match(stderr, new RegExp(`ssh -N -L 8711:${socket} HOST\n$`));
  assert.equal(await stage.server.stop(), 0);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      MAIN,
      "run",
      "-c",
      `${stage.directory}/verona.toml`,
      "--log-format",
      "pretty",
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const printed = child.stderr.pipeThrough(new TextDecoderStream());
  const greeting = /console http:\/\/127\.0\.0\.1:8711\/login#([\w-]{43}) \((.*)\)\n/;
  for await (const part of printed.values({ preventCancel: true })) if (greeting.test(text += part)) break;
  const [, secret, said] = greeting.exec(text)!;
  assert.match(said!, new RegExp(`ssh -N -L 8711:${socket} HOST`));
  await using tunnel = Tunnel.to(socket!);
  const entered = await ask(tunnel.origin, "/api/v1/session", { method: "POST", body: { code: secret } });
  assert.deepEqual([entered.status, entered.json.role], [201, "operator"]);
  child.kill("SIGTERM");
  for await (const _ of printed) { /* to the end */ }
  await child.status;
});

Deno.test("socket: it goes at a clean stop, also under a stream that never ends; a killed server's is replaced", async () => {
  await using stage = await open();
  const { server, directory } = stage;
  const token = await tokenOf(stage, "console");
  const stream = await server.fetch("/api/v1/events", { headers: { authorization: `Bearer ${token}` } });
  assert.equal(stream.status, 200);
  assert.equal(await server.stop(), 0);
  await stream.body!.cancel().catch(() => {}); // the server has ended it, perhaps in the middle
  assert.throws(() => Deno.lstatSync(server.socket!), Deno.errors.NotFound);
  await using second = await VeronaServer.start(directory, server.settings);
  second.signal("SIGKILL");
  await second.exited;
  assert.ok(Deno.lstatSync(second.socket!).isSocket, "nothing was left behind");
  await using third = await VeronaServer.start(directory, server.settings);
  assert.equal((await third.api("/routes")).total, 0);
  assert.equal(await third.stop(), 0);
});

Deno.test("socket: a second server ends with 2 and leaves the first one's alone; what is no socket, or a link to one, stays", async () => {
  await using stage = await open();
  await using other = await folder();
  const { socket } = stage.server;
  const text = (await Deno.readTextFile(`${stage.directory}/verona.toml`))
    .replace(/^(s2s|component) = .*$/gm, '$1 = [ "127.0.0.1:0" ]');
  const at = async (place: string) => {
    const config = `${stage.directory}/second.toml`;
    await Deno.writeTextFile(config, text.replace(/^console = .*$/m, `console = "unix:${place}"`));
    const { code, stderr } = await stage.server.command("run", "--config", config);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`Cannot listen on unix:${place} (listen.console): `), stderr);
    return stderr;
  };
  assert.match(await at(socket!), /another program listens there: stop it or change the key/);
  assert.equal((await asked(stage, "/livez")).status, 200);
  const path = (name: string) => `${other.path}/${name}`;
  await Deno.writeTextFile(path("file"), "precious");
  await Deno.mkdir(path("folder"));
  await Deno.symlink(socket!, path("link"));
  await Deno.symlink(path("nowhere"), path("dangling"));
  for (const name of ["file", "folder", "link", "dangling"]) {
    assert.match(await at(path(name)), /what is there is no socket, and stays/, name);
  }
  assert.equal(await Deno.readTextFile(path("file")), "precious");
  assert.equal(await Deno.readLink(path("link")), socket);
  assert.deepEqual([...Deno.readDirSync(other.path)].map(({ name }) => name).sort(), [
    "dangling",
    "file",
    "folder",
    "link",
  ]);
  assert.match(await at(path("missing/console.sock")), /make its folder/);
});

Deno.test("socket: commands say that nobody listens, or that nothing is there", async () => {
  await using at = await folder();
  const path = `${at.path}/s`;
  const health = () => verona(["health", "--url", `unix:${path}`]);
  const nothing = await health();
  assert.equal(nothing.code, 3);
  assert.match(
    nothing.stderr,
    new RegExp(`Cannot reach the server at unix:${path}: No such file or directory`),
  );
  await Deno.writeTextFile(path, "");
  const nobody = await health();
  assert.equal(nobody.code, 3);
  assert.match(nobody.stderr, /nobody listens there/);
  const relative = await verona(["health", "--url", "unix:console.sock"]);
  assert.equal(relative.code, 2);
  assert.match(relative.stderr, /--url: "console\.sock" is not the absolute path of a socket/);
});

Deno.test("socket: another place in the configuration needs a restart", async () => {
  await using stage = await open();
  const { server } = stage;
  const before = server.socket!;
  const since = server.log.length;
  await server.reload({
    ...server.settings,
    listen: { ...server.settings.listen, console: "unix:other.sock" },
  });
  assert.deepEqual((await server.told({ event: "server.reloaded" }, since)).restart, ["listen"]);
  assert.ok(Deno.lstatSync(before).isSocket);
  assert.equal((await asked(stage, "/livez")).status, 200);
});
