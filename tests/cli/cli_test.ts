/** The commands as an operator types them. design.md 2.2; console.md 3. */
import assert from "node:assert/strict";
import { printable } from "../../observe/printable.ts";
import { everyCommand } from "../../cli/arguments.ts";
import { build } from "../../cli/program.ts";
import { stringify } from "smol-toml";
import { template } from "../../config/template.ts";
import { bidiArrival, grant } from "../federation/acts.ts";
import { configuration, Stage } from "../harness/stage.ts";
import { type Settings, VeronaServer } from "../harness/verona.ts";
import { ORIGINATING, World } from "../harness/world.ts";
import { type Ended, folder, verona } from "./verona.ts";

function assertRefused({ code, stdout, stderr }: Ended, ...words: RegExp[]): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  for (const word of words) assert.match(stderr, word);
  assert.doesNotMatch(stderr, /\n\s+at |Uncaught|file:\/\//, "a stack trace");
}

/** All that do something, by their words: from the program, so that none is forgotten. */
const COMMANDS = everyCommand(build(() => {})).filter(({ commands }) => commands.length === 0)
  .map((one) => one.parent?.parent ? [one.parent.name(), one.name()] : [one.name()]);

Deno.test("every command has -h, with examples first, and --json", async () => {
  const help = await verona(["--help"]);
  assert.equal(help.code, 0);
  assert.ok(COMMANDS.length > 25);
  for (const [command] of COMMANDS) assert.match(help.stdout, new RegExp(`^  ${command} `, "m"));
  for (const words of COMMANDS) {
    const { code, stdout } = await verona([...words, "-h"]);
    assert.equal(code, 0, words.join(" "));
    assert.match(
      stdout,
      /^Examples:\n {2}(?:source <\()?verona [^]*\nUsage: verona/,
      `${words.join(" ")}: examples first`,
    );
    assert.match(stdout, /--json/, words.join(" "));
    assert.match(stdout, /\nMore: .*docs\/commands\.md\.$/m, words.join(" "));
    assert.ok(stdout.split("\n").every((line) => line.length <= 80), `${words.join(" ")} is too wide`);
  }
  assert.equal((await verona(["routes", "--help"])).stdout, (await verona(["help", "routes"])).stdout);
});

Deno.test("wrong use ends with 2: an unknown command names the nearest, and so does a value of a closed set", async () => {
  assertRefused(await verona(["conections"]), /Did you mean connections\?/);
  assertRefused(
    await verona(["explain", "one.example"]),
    /missing required argument[^]*\(verona explain --help says/,
  );
  assertRefused(await verona(["config", "check", "--nope"]), /\(verona config check --help says/);
  assertRefused(await verona(["\u001b[2J\u202e"]), /unknown command '\?\[2J\?'\n\(verona --help lists/);
  assertRefused(await verona(["completions", "tcsh"]), /Allowed choices are bash, zsh, fish/);
  assertRefused(await verona(["policy", "a.example", "weak"]), /Allowed choices are strict/);
  assertRefused(await verona(["connections", "--limit", "many"]), /number of rows/);
});

Deno.test("a server that cannot be reached: 3; a token in clear text to another machine: 2", async () => {
  const env = { VERONA_TOKEN: "x" };
  const { code, stderr } = await verona(["routes", "--url", "http://127.0.0.1:1"], { env });
  assert.equal(code, 3);
  assert.match(stderr, /Cannot reach the server at http:\/\/127\.0\.0\.1:1/);
  assert.equal((await verona(["routes"], { env: { ...env, VERONA_URL: "http://127.0.0.1:1" } })).code, 3);
  assertRefused(await verona(["routes", "--url", "http://192.0.2.1:8711"], { env }), /clear text/);
});

Deno.test("config init writes once; check finds what is missing, with lines; schema is JSON", async () => {
  await using at = await folder();
  assert.equal((await verona(["config", "init"], { cwd: at.path })).code, 0);
  assert.equal(await Deno.readTextFile(`${at.path}/verona.toml`), template());
  assertRefused(await verona(["config", "init"], { cwd: at.path }), /already there/);
  const { code, stdout } = await verona(["config", "check", "--json"], { cwd: at.path });
  assert.equal(code, 2);
  const { valid, mistakes } = JSON.parse(stdout);
  assert.equal(valid, false);
  assert.deepEqual(mistakes.map(({ key }: { key: string }) => key), [
    "certificate.0.chain",
    "certificate.0.key",
    "domain.0.component_secret_file",
  ]);
  assertRefused(await verona(["run"], { cwd: at.path }), /verona\.toml:\d+: certificate\.0\.chain: /);
  const shown = await verona(["config", "show"], { cwd: at.path });
  assert.equal(shown.code, 2, "a file with mistakes is wrong, though it is shown");
  assert.match(shown.stdout, /^allow_private_addresses = false {3}# default$/m);
  assert.match(shown.stdout, /^component_secret_file = "secrets\/sender\.example"$/m);
  assert.equal([...shown.stderr.matchAll(/^verona: verona\.toml:\d+: /gm)].length, 3, shown.stderr);
  const json = await verona(["config", "show", "--json"], { cwd: at.path });
  assert.equal(JSON.parse(json.stdout).dial.port, 5269);
  const pair = ["config", "show", "--effective", "sender.example", "b.example"];
  assertRefused(await verona(pair, { cwd: at.path }), /certificate\.0\.chain/);
  const schema = JSON.parse((await verona(["config", "schema"])).stdout);
  assert.equal(schema.properties.limits.properties.stanza_bytes !== undefined, true);
  assert.match(schema.$schema, /draft-04/);
  for (const [draft, said] of [["4", /draft-04/], ["7", /draft-07/], ["2020-12", /2020-12/]] as const) {
    const { $schema } = JSON.parse((await verona(["config", "schema", "--draft", draft])).stdout);
    assert.match($schema, said);
  }
  assertRefused(await verona(["config", "schema", "--draft", "3"]), /Allowed choices are 4, 7, 2020-12/);
});

Deno.test("the commands read and change the running server", async () => {
  await using stage = await Stage.open();
  await using juliet = await stage.component();
  juliet.say("juliet", "romeo@sender.example", "m1");
  const { r } = await bidiArrival(stage);
  await grant(r, "target.example", "sender.example");
  await r.message({ id: "m1" });
  const config = ["--config", `${stage.directory}/verona.toml`];
  const run = (...words: string[]) => verona([...words, ...config]);

  const rows = await run("connections");
  assert.equal(rows.code, 0, rows.stderr);
  assert.match(rows.stdout, /^ID {2,}DIR {2,}STATE.*\nc-\d+ {2,}<->.*\n1 connection\n$/);
  assert.equal(JSON.parse((await run("connections", "--json")).stdout).connections[0].remote, ORIGINATING);
  assert.match((await run("routes", "state:authorised")).stdout, /target\.example {2,}sender\.example/);
  assert.match((await run("routes", "state:denied")).stdout, /^0 of 1 route\n$/);
  assert.match((await run("proofs")).stdout, /sender\.example {2,}dna-srv/);
  assert.match((await run("domains", "list")).stdout, /target\.example {2,}connected/);

  const open = await run("explain", "target.example", "sender.example");
  assert.equal(open.code, 0, open.stdout);
  assert.equal((await run("explain", "other-target.example", "sender.example")).code, 3);
  const bogus = await run("explain", "target.example", "bogus.example");
  assert.equal(bogus.code, 4, bogus.stderr);
  assert.match(bogus.stdout, /Why: .*dns\.bogus[^]*Who can fix: /);
  assertRefused(await run("explain", "other.example", "sender.example"), /not hosted here/);

  const revoked = await run("revoke", "target.example", "sender.example", "--block", "1m", "--json");
  assert.equal(revoked.code, 0, revoked.stderr);
  assert.equal(JSON.parse(revoked.stdout).blockMs, 60_000);
  const [{ id }] = await stage.server.connections();
  assert.equal((await run("close", id)).code, 0);
  assertRefused(await run("close", "c-999"), /no such connection/);
  assertRefused(
    await run("domains", "remove", "nowhere.example"),
    /not hosted here[^]*`verona domains list`/,
  );
  assert.match((await run("config", "reload")).stdout, /^applied: /);
  const limits = { ...stage.server.settings.limits, dns_timeout: "4s", idle_check: "4m" };
  const dial = { ...stage.server.settings.dial, port: 5299 };
  await Deno.writeTextFile(config[1]!, stringify({ ...stage.server.settings, limits, dial }));
  const { restart } = JSON.parse((await run("config", "reload", "--json")).stdout);
  assert.deepEqual(
    restart,
    ["dial", "limits.dns_timeout"],
    "what the resolver has from the start is not applied",
  );
  assert.equal((await run("config", "check")).code, 0);
});

Deno.test("config check: a domain without a secret is warned of; key and certificate are tried beside other mistakes", async () => {
  await using world = await World.start();
  await using at = await folder();
  const settings = await configuration(world, at.path, { domains: [{ name: "unattended.example" }] });
  const file = `${at.path}/verona.toml`;
  await Deno.writeTextFile(file, stringify(settings));
  const good = await verona(["config", "check"], { cwd: at.path });
  assert.equal(good.code, 0, good.stdout);
  assert.match(
    good.stdout,
    /^warning: \[\[domain\]\] "unattended\.example" has no component_secret[^]*\n\S+ is good\n$/,
  );
  const { warnings } = JSON.parse((await verona(["config", "check", "--json"], { cwd: at.path })).stdout);
  assert.deepEqual(warnings.map(({ key }: { key: string }) => key), ['[[domain]] "unattended.example"']);
  // Another key than the certificate's, and a wrong value elsewhere: both are said.
  const { key } = world.originating;
  await Deno.writeTextFile(settings.certificate![0]!.key as string, key);
  await Deno.writeTextFile(file, stringify({ ...settings, policy: { ...settings.policy, proof: "weak" } }));
  const bad = await verona(["config", "check"], { cwd: at.path });
  assert.equal(bad.code, 2);
  assert.match(bad.stdout, /policy\.proof: must be "strict"/);
  assert.match(bad.stdout, /certificate: /);
  assert.match(bad.stdout, /2 mistakes to mend/);
});

Deno.test("config check: a server name that no certificate carries is a mistake, at its line", async () => {
  await using world = await World.start();
  await using at = await folder();
  const { server, ...others } = await configuration(world, at.path);
  const names = [...server!.names as string[], "xmpp9.receiving.example"];
  const settings = { ...others, server: { ...server, names } };
  await Deno.writeTextFile(`${at.path}/verona.toml`, stringify(settings));
  const { code, stdout } = await verona(["config", "check"], { cwd: at.path });
  assert.equal(code, 2);
  assert.match(
    stdout,
    /^verona\.toml:\d+: server\.names\.1: no \[\[certificate\]\] carries "xmpp9\.receiving/,
  );
});

Deno.test("config check: the line itself and a mark under the place; what a mistake in the writing may hide is said", async () => {
  await using at = await folder();
  const check = async (text: string) => {
    await Deno.writeTextFile(`${at.path}/verona.toml`, text);
    return await verona(["config", "check"], { cwd: at.path });
  };
  const schema = await check('[server]\nnames = ["a.example"]\nnams = "\u202e\u009b31m"\n');
  assert.equal(schema.code, 2);
  assert.match(
    schema.stdout,
    /^verona\.toml:3: server\.nams: .*\n {4}3 \| nams = "\?\?31m"\n {6}\| \^{4}$/m,
  );
  assert.match(schema.stdout, /\n\n2 mistakes to mend\.\n$/);
  const syntax = await check("[server]\nnames = [=]\n");
  assert.equal(syntax.code, 2);
  assert.match(
    syntax.stdout,
    /^verona\.toml:2: TOML: .*\n {4}2 \| names = \[=\]\n {6}\| {10}\^\n\n1 mistake to mend\. Reading stops at/,
  );
  // An escape of TOML's own: the key holds what the file does not.
  const escaped = await check('[server]\nnames = ["a.example"]\n"k\\u001b[2J" = 1\n');
  assert.match(escaped.stdout, /server\.k\?\[2J: /);
  for (const { stdout } of [schema, escaped]) {
    for (const line of stdout.split("\n")) assert.equal(line, printable(line));
  }
});

/** What keeps a server from starting: the settings it changes, and what is said. */
const BROKEN: Record<
  string,
  [change: (settings: Settings, path: string) => Promise<Settings> | Settings, RegExp]
> = {
  "a key of another certificate": [async (settings, path) => {
    const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
    ]);
    const der = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
    const pem = `-----BEGIN PRIVATE KEY-----\n${
      btoa(String.fromCharCode(...der))
    }\n-----END PRIVATE KEY-----\n`;
    await Deno.writeTextFile(`${path}/other.key`, pem);
    return { ...settings, certificate: [{ ...settings.certificate![0], key: `${path}/other.key` }] };
  }, /Cannot use the certificate .*receiving\.pem with the key .*other\.key/],
  "a certificate that cannot be read": [
    (settings) => ({ ...settings, certificate: [{ chain: "nowhere.pem", key: "nowhere.key" }] }),
    /verona\.toml:\d+: certificate\.0\.chain: "nowhere\.pem" cannot be read: No such file/,
  ],
  "a data_dir that is a file": [
    (settings, path) => ({ ...settings, server: { ...settings.server, data_dir: `${path}/ca.pem` } }),
    /Cannot write into server\.data_dir/,
  ],
  "an address that this machine does not have": [
    (settings) => ({ ...settings, listen: { ...settings.listen, s2s: ["192.0.2.1:5269"] } }),
    /Cannot listen on 192\.0\.2\.1:5269 \(listen\.s2s\)/,
  ],
};

for (const [name, [change, words]] of Object.entries(BROKEN)) {
  Deno.test(`run: ${name} is one clear sentence, exit 2`, async () => {
    await using world = await World.start();
    await using at = await folder();
    const settings = await change(await configuration(world, at.path), at.path);
    await Deno.writeTextFile(`${at.path}/verona.toml`, stringify(settings));
    assertRefused(await verona(["run"], { cwd: at.path }), words);
  });
}

Deno.test("run: a port in use names the key and the cure, exit 2", async () => {
  await using stage = await Stage.open();
  assertRefused(
    await verona(["run", "--config", `${stage.directory}/verona.toml`]),
    /Cannot listen on .*:5269 \(listen\.s2s\): .*another program listens there/,
  );
});

Deno.test("run: a native library that is missing, or is none of ours: the command that mends it, exit 2", async () => {
  await using world = await World.start();
  await using at = await folder();
  await Deno.writeTextFile(`${at.path}/verona.toml`, stringify(await configuration(world, at.path)));
  const text = `${at.path}/text.so`;
  await Deno.writeTextFile(text, "no library");
  for (const library of [`${at.path}/missing.so`, text]) {
    const ended = await verona(["run"], { cwd: at.path, env: { VERONA_NATIVE: library } });
    assertRefused(ended, /Cannot load the native library .*: build it with `\.\/dev native`/);
  }
});

Deno.test("run: SIGTERM while it starts ends it in good order", async () => {
  await using world = await World.start();
  await using at = await folder();
  await using server = await VeronaServer.spawn(at.path, await configuration(world, at.path));
  await server.told({ event: "server.listening" });
  assert.equal(await server.stop(), 0);
});

Deno.test("run: a second SIGTERM ends it at once", async () => {
  await using stage = await Stage.open();
  await using _peer = await stage.dial(); // sends nothing, so that it has to be waited for
  await stage.server.told({ event: "connection.opened" });
  stage.server.signal("SIGTERM");
  await stage.server.told({ event: "server.draining" });
  assert.equal(await stage.server.stop(), 143);
});
