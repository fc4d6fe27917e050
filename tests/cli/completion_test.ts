/** Completion: what a line is read as, and each shell with its script in a real terminal. console.md 3.7. */
import assert from "node:assert/strict";
import { stringify } from "smol-toml";
import { build } from "../../cli/program.ts";
import { candidates, type Sources } from "../../cli/completion/candidates.ts";
import { readTyped } from "../../cli/completion/words.ts";
import { selfSigned } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { Terminal } from "./pseudoterminal.ts";
import { folder, verona } from "./verona.ts";

const asked: string[] = [];
const SOURCES: Sources = {
  live: (what) => {
    asked.push(what);
    return Promise.resolve([`a-${what}.example`]);
  },
  machines: () => Promise.resolve(["route"]),
  topics: () => Promise.resolve([{ value: "dns.bogus", about: "" }]),
  columns: () => Promise.resolve(["id", "peer", "pairs"].map((value) => ({ value, about: "" }))),
};

/** Where `|` stands the cursor is. */
async function at(line: string): Promise<readonly string[] | "files"> {
  const program = build(() => {});
  const found = await candidates(readTyped(program, line.split(" ").slice(1)), program, SOURCES);
  return found === "files" ? found : found.map(({ value }) => value);
}

const LINES: readonly [line: string, found: readonly string[] | "files"][] = [
  ["verona conn", ["connections"]],
  ["verona config ", ["check", "show", "init", "schema", "reload"]],
  ["verona domains s", ["suspend"]],
  ["verona --json config s", ["show", "schema"]],
  ["verona -c x.toml config s", ["show", "schema"]],
  ["verona -c ", "files"],
  ["verona --fo", []],
  ["verona completions ", ["bash", "zsh", "fish"]],
  ["verona check --format ", ["text", "json", "nagios", "prometheus"]],
  ["verona check --format=n", ["--format=nagios"]],
  ["verona check --format json --f", ["--from", "--fail-on", "--file"]],
  ["verona check --fail-on ", ["warn"]],
  ["verona check --stage t", ["tcp", "tls"]],
  ["verona check --st", ["--stage"]],
  ["verona check --from ", ["a-local.example"]],
  ["verona check ", ["a-remote.example"]],
  ["verona policy old.example e", ["encrypted"]],
  ["verona run --log-level w", ["warning"]],
  ["verona run --log-level info,route", ["info,route="]],
  ["verona run --log-level info,route=d", ["info,route=debug"]],
  ["verona explain a", ["a-local.example"]],
  ["verona explain sender.example a", ["a-remote.example"]],
  ["verona explain sender.example target.example ", []],
  ["verona trace --pair ", ["a-local.example"]],
  ["verona trace --pair sender.example ", ["a-remote.example"]],
  ["verona trace --open ", "files"],
  ["verona close ", ["a-connection.example"]],
  ["verona domains remove ", ["a-local.example"]],
  ["verona domains add ", []],
  ["verona routes --local ", ["a-local.example"]],
  ["verona routes --remote ", ["a-remote.example"]],
  ["verona routes st", ["state:"]],
  ["verona routes -st", ["-state:"]],
  ["verona routes state:d", ["state:denied", "state:draining"]],
  ["verona routes local:x -state:d", ["-state:denied", "-state:draining"]],
  ["verona domains list comp", ["component:"]],
  ["verona connections --columns ", ["id", "peer", "pairs"]],
  ["verona connections --columns id,p", ["id,peer", "id,pairs"]],
  ["verona connections --sort -rt", ["-rtt"]],
  ["verona machines ", ["route"]],
  ["verona audit --before ", []],
  ["verona help con", ["connections", "console", "config"]],
  ["verona help config s", ["show", "schema"]],
  ["verona help dns.b", ["dns.bogus"]],
  ["verona version --j", ["--json"]],
  ["verona version --", ["--json", "--no-color", "--ascii", "--quiet", "--no-input", "--help"]],
];

for (const [line, found] of LINES) {
  Deno.test(`completion: "${line}"`, async () => {
    assert.deepEqual(await at(line), found);
  });
}

Deno.test("completion: the running server is asked for nothing but names that are wanted", async () => {
  asked.length = 0;
  for (const [line] of LINES.filter(([line]) => /state|format|config|help/.test(line))) await at(line);
  assert.deepEqual(asked, []);
});

Deno.test("completion: names come from the running server, and none where there is no server", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  const complete = async (...words: string[]) => {
    const { code, stdout, stderr } = await verona(["__complete", "words", ...words], {
      cwd: stage.directory,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout.trimEnd().split("\n");
  };
  assert.deepEqual(await complete("close", ""), ["c-1"]);
  assert.deepEqual(await complete("explain", "targ"), ["target.example"]);
  assert.deepEqual(await complete("explain", "target.example", ""), ["sender.example"]);
  assert.deepEqual(await complete("--url", "http://127.0.0.1:1", "close", ""), [""]);
});

interface ShellCase {
  readonly start: readonly string[];
  readonly load: string;
  /** What a directory of its own for configuration is called. */
  readonly env: Readonly<Record<string, string>>;
}

const SHELLS: Readonly<Record<"bash" | "zsh" | "fish", ShellCase>> = {
  bash: {
    start: ["bash", "--norc", "--noprofile", "-i"],
    load: "source <(verona completions bash)",
    env: {},
  },
  zsh: {
    start: ["zsh", "-f", "-i"],
    load: "autoload -Uz compinit; compinit -D; source <(verona completions zsh)",
    env: {},
  },
  fish: {
    start: ["fish", "--no-config", "-i"],
    load: "function fish_prompt; printf '$ '; end; verona completions fish | source",
    env: { fish_greeting: "" },
  },
};

for (const [name, { start, load, env }] of Object.entries(SHELLS)) {
  Deno.test(`completion: a real ${name} completes commands, options, values of closed sets, filters and files`, async () => {
    await using terminal = await Terminal.open({ shell: start, env });
    await terminal.run(`${load}; echo loa''ded`);
    await terminal.until(/^loaded/m);
    const completes = async (typed: string, whole: RegExp) => {
      await terminal.clear();
      await terminal.type(typed);
      await terminal.key("Tab");
      await terminal.until(whole);
    };
    await completes("verona conn", /verona connections/);
    await completes("verona domains susp", /verona domains suspend/);
    await completes("verona check --resol", /verona check --resolver/);
    await completes("verona check --format na", /verona check --format nagios/);
    await completes("verona check --format=na", /verona check --format=nagios/);
    await completes("verona routes sta", /verona routes state:/);
    await completes("verona routes state:den", /verona routes state:denied/);
    await completes("verona help dns.bog", /verona help dns\.bogus/);
    await completes("verona trace --open /etc/hostn", /verona trace --open \/etc\/hostname/);
    // All of them are listed where nothing has been typed.
    await terminal.clear();
    await terminal.type("verona completions ");
    await terminal.key("Tab", "Tab");
    await terminal.until(/bash[^]*fish[^]*zsh|bash[^]*zsh[^]*fish/);
  });
}

Deno.test("completion: Tab sends a token of the environment to no server that only a file of the folder names", async () => {
  await using directory = await folder();
  const seen: (string | null)[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    seen.push(request.headers.get("authorization"));
    return Response.json({ domains: [{ name: "sender.example" }], total: 1 });
  });
  const console = `127.0.0.1:${server.addr.port}`;
  const { certificate, key } = await selfSigned({ names: ["xmpp.example"] });
  await Deno.writeTextFile(`${directory.path}/chain.pem`, certificate);
  await Deno.writeTextFile(`${directory.path}/key.pem`, key, { mode: 0o600 });
  await Deno.writeTextFile(
    `${directory.path}/verona.toml`,
    stringify({
      server: { names: ["xmpp.example"] },
      certificate: [{ chain: `${directory.path}/chain.pem`, key: `${directory.path}/key.pem` }],
      listen: { console },
    }),
  );
  const tab = async (...words: string[]) => {
    const circumstances = {
      cwd: directory.path,
      env: { VERONA_TOKEN: "of-another-server", HOME: directory.path },
    };
    return (await verona(["__complete", "line", `verona ${words.join(" ")}`], circumstances)).stdout;
  };
  assert.equal(await tab("domains", "remove", ""), "");
  assert.deepEqual(seen, []);
  assert.match(await tab("domains", "remove", "--url", `http://${console}`, ""), /sender\.example/);
  assert.deepEqual(seen, ["Bearer of-another-server"]);
});
