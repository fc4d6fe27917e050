/** The commands in a real terminal: colours, progress, Ctrl-C, readers that go away. console.md 3.1 to 3.3. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { findConfig } from "../../cli/find_config.ts";
import { wantsColour } from "../../cli/output.ts";
import { Stage } from "../harness/stage.ts";
import { Terminal } from "./pseudoterminal.ts";
import { folder, verona } from "./verona.ts";

async function withServer(): Promise<{ stage: Stage; env: Record<string, string> }> {
  const stage = await Stage.open();
  await stage.initiateWith();
  const token = await Deno.readTextFile(`${stage.directory}/data/console.token`);
  return { stage, env: { VERONA_URL: stage.server.console, VERONA_TOKEN: token.trim() } };
}

// deno-lint-ignore no-control-regex
const ESCAPE = /\x1b\[/;
// deno-lint-ignore no-control-regex
const DONE = /^(?:\x1b\[[\d;]*m)*done/m;

Deno.test("colours: FORCE_COLOR wins, then NO_COLOR and TERM=dumb; else a terminal has them and nothing else", () => {
  const cases: readonly [env: Record<string, string>, isTerminal: boolean, coloured: boolean][] = [
    [{ TERM: "xterm" }, true, true],
    [{ TERM: "xterm" }, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
  ];
  for (const [env, isTerminal, coloured] of cases) {
    assert.equal(wantsColour(env, isTerminal), coloured, JSON.stringify({ env, isTerminal }));
  }
});

Deno.test("colours: in a real terminal, and how they are switched off and on", async () => {
  const { stage, env } = await withServer();
  await using _stage = stage;
  await using terminal = await Terminal.open({ env });
  const shown = async (line: string) => {
    await terminal.clear();
    await terminal.run(`${line}; echo don''e`);
    const [_typed, ...answer] = (await terminal.until(DONE, true)).split("\n");
    return answer.join("\n");
  };
  assert.match(await shown("verona routes"), ESCAPE);
  assert.doesNotMatch(await shown("verona routes --no-color"), ESCAPE);
  assert.doesNotMatch(await shown("verona --no-color routes"), ESCAPE);
  assert.doesNotMatch(await shown("NO_COLOR=1 verona routes"), ESCAPE);
  assert.doesNotMatch(await shown("TERM=dumb verona routes"), ESCAPE);
  assert.doesNotMatch(await shown("verona routes | cat"), ESCAPE);
  assert.match(await shown("FORCE_COLOR=1 verona routes | cat"), ESCAPE);
});

Deno.test("marks: --ascii, and a locale without UTF-8, keep to ASCII; data is never changed", async () => {
  const { stage, env } = await withServer();
  await using _stage = stage;
  const utf8 = { ...env, LC_ALL: "C.UTF-8" };
  const pair = ["--pair", "target.example", "sender.example"];
  // deno-lint-ignore no-control-regex
  const ascii = /^[\x00-\x7f]*$/;
  assert.doesNotMatch((await verona(["trace", ...pair], { env: utf8 })).stdout, ascii);
  assert.match((await verona(["trace", ...pair, "--ascii"], { env: utf8 })).stdout, ascii);
  assert.match((await verona(["trace", ...pair], { env: { ...env, LC_ALL: "C" } })).stdout, ascii);
  const schema = (...words: string[]) => verona(["config", "schema", ...words]);
  assert.equal((await schema("--ascii")).stdout, (await schema()).stdout);
});

/** A resolver that never answers. */
async function silence(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

Deno.test("check: progress is one line on a terminal, gone when it ends; Ctrl-C ends it with 130", async () => {
  const resolver = await silence();
  const { port } = resolver.address();
  await using terminal = await Terminal.open();
  const line = `verona check slow.example --resolver 127.0.0.1:${port} --timeout 60s`;
  await terminal.run(`${line}; echo cod''e=$?`);
  await terminal.until(/^checking slow\.example: asking DNS … [1-9]\d* s$/m);
  assert.equal((await terminal.screen()).match(/asking DNS/g)?.length, 1, "one line, written over");
  await terminal.key("C-c");
  const after = await terminal.until(/^code=130$/m);
  assert.doesNotMatch(after, /asking DNS/);
  assert.doesNotMatch(after, /error|\bat file/i);
  await terminal.clear();
  await terminal.run(`${line} --quiet; echo cod''e=$?`);
  await terminal.until(/^Federation with slow\.example$/m);
  await terminal.key("C-c");
  assert.doesNotMatch(await terminal.until(/^code=130$/m), /^checking/m);
  resolver.close();
});

Deno.test("check: no progress where stderr is no terminal; the answer there is whole", async () => {
  const { stderr, code } = await verona([
    "check",
    "a.example",
    "--resolver",
    "127.0.0.1:1",
    "--timeout",
    "500ms",
  ]);
  assert.deepEqual([code, stderr], [3, ""]);
});

Deno.test("trace --follow and --watch: Ctrl-C ends them with 130, in silence", async () => {
  const { stage, env } = await withServer();
  await using _stage = stage;
  await using terminal = await Terminal.open({ env });
  for (
    const [line, shown] of [
      ["verona trace c-1 --follow", /granted by dna-srv/],
      ["verona trace --pair target.example sender.example --follow", /granted/],
      ["verona connections --watch --every 0.2", /^1 connection$/m],
    ] as const
  ) {
    await terminal.clear();
    await terminal.run(`${line}; echo cod''e=$?`);
    await terminal.until(shown);
    await terminal.key("C-c");
    assert.doesNotMatch(await terminal.until(/^code=130$/m), /rror|\bat file/);
  }
});

Deno.test("SIGTERM ends a command with 143", async () => {
  const { stage, env } = await withServer();
  await using _stage = stage;
  await using terminal = await Terminal.open({ env });
  await terminal.run("verona trace c-1 --follow & child=$!; sleep 0; echo starte''d");
  await terminal.until(/granted by dna-srv/);
  await terminal.run("kill -TERM $child; wait $child; echo cod''e=$?");
  await terminal.until(/^code=143$/m);
});

Deno.test("a reader that has had enough is no fault: | head, of what ends and of what goes on", async () => {
  const { stage, env } = await withServer();
  await using _stage = stage;
  await using terminal = await Terminal.open({ env });
  for (
    const line of [
      "verona config schema | head -n 1",
      "verona connections --watch --every 0.1 | head -n 1",
      "verona trace c-1 | head -n 1",
      "verona --help | head -n 1",
    ]
  ) {
    await terminal.clear();
    await terminal.run(`${line}; echo "code=\${PIPESTATUS[*]}"`);
    const text = await terminal.until(/^code=0 0$/m);
    assert.doesNotMatch(text, /roken pipe|EPIPE|rror:/);
  }
});

Deno.test("options stand before or behind the command", async () => {
  await using at = await folder();
  const path = `${at.path}/mine.toml`;
  assert.equal((await verona(["--config", path, "config", "init"])).code, 0);
  for (
    const words of [
      ["--json", "--config", path, "config", "check"],
      ["config", "--json", `--config=${path}`, "check"],
      ["config", "check", "-c", path, "--json"],
    ]
  ) {
    const { code, stdout } = await verona(words);
    assert.deepEqual([code, JSON.parse(stdout).file], [2, path], words.join(" "));
  }
});

Deno.test("the configuration: VERONA_CONFIG, here, XDG, /etc; the first that is there", () => {
  const places = ["verona.toml", "/x/verona/verona.toml", "/etc/verona/verona.toml"];
  const env = { XDG_CONFIG_HOME: "/x", HOME: "/home/o" };
  for (const [i, place] of places.entries()) {
    assert.equal(findConfig(env, (path) => places.slice(i).includes(path)), place);
  }
  const home = "/home/o/.config/verona/verona.toml";
  assert.equal(findConfig({ HOME: "/home/o" }, (path) => path === home), home);
  assert.equal(findConfig({ ...env, VERONA_CONFIG: "mine.toml" }, () => false), "mine.toml");
  assert.equal(findConfig(env, () => false), null);
});

Deno.test("help: commands, causes, stages, events, keys of verona.toml, groups; what there is none for names the nearest", async () => {
  for (
    const [words, said] of [
      [["help"], /^Usage: verona /],
      [["help", "routes"], /^Examples:\n {2}verona routes\n/],
      [["help", "config", "show"], /^Examples:\n {2}verona config show\n/],
      [["help", "dns.bogus"], /Who can fix it +the DNS operator[^]*See for yourself +delv /],
      [["help", "tls.chain"], /A stage of check +Does an authority/],
      [["help", "pair.denied"], /An event +by us/],
      [["help", "posh"], /^posh\.\S+ +\S[^]*\nposh\./],
      [["help", "dns.trust_anchor"], /A key of \[dns\] +What all[^]*DNSKEY[^]*Default +"iana"[^]*next start/],
      [["help", "policy.peer.NAME.proof"], /A key of \[policy\.peer\."NAME"\][^]*at a reload/],
      [["help", "policy.proof"], /A cause [^]*A key of \[policy\]/],
      [["help", "limits"], /^limits\.stanza_bytes +A stanza\n/],
      [["help", "topics"], /Keys of \[dial\] +dial\.allow_private_addresses, dial\.port/],
      [["help", "exit-codes"], /130, 143 +interrupted/],
      [["help", "filters"], /routes:\n {2}state +resolving, connecting/],
    ] as const
  ) {
    const { code, stdout, stderr } = await verona(words);
    assert.equal(code, 0, stderr);
    assert.match(stdout, said);
  }
  const { code, stderr } = await verona(["help", "dns.bogos"]);
  assert.equal(code, 2);
  assert.match(stderr, /did you mean "dns\.bogus"/);
  assert.match((await verona(["help", "dns.trust_ancor"])).stderr, /did you mean "dns\.trust_anchor"/);
  assert.equal(JSON.parse((await verona(["help", "dns.bogus", "--json"])).stdout).topic, "dns.bogus");
});
