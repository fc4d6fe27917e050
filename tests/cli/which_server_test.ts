/** Which server a command asks and whose token it shows. design.md 2.3: flags win over the environment, that over a file that was found. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { stringify } from "smol-toml";
import { type ServerOptions, whichServer } from "../../cli/which_server.ts";
import { isTrusted } from "../../cli/whose_file.ts";
import { selfSigned } from "../harness/certificates.ts";
import { Stage } from "../harness/stage.ts";
import { folder, verona } from "./verona.ts";

const A = "http://127.0.0.1:1";
const B = "http://127.0.0.1:8722";
const TOKEN_OF_A = { VERONA_URL: A, VERONA_TOKEN: "of-a" };

/** Server B as its operator has it: a configuration, and tokens that its server made. */
async function serverB(tokens: Readonly<Record<string, string>> = { "console.token": "of-b\n" }) {
  const at = await folder();
  const { certificate, key } = await selfSigned({ names: ["b.example"] });
  await Deno.writeTextFile(`${at.path}/chain.pem`, certificate);
  await Deno.writeTextFile(`${at.path}/key.pem`, key, { mode: 0o600 });
  await Deno.mkdir(`${at.path}/data`);
  for (const [name, token] of Object.entries(tokens)) {
    await Deno.writeTextFile(`${at.path}/data/${name}`, token);
  }
  const config = `${at.path}/verona.toml`;
  await Deno.writeTextFile(
    config,
    stringify({
      server: { names: ["b.example"], data_dir: `${at.path}/data` },
      certificate: [{ chain: `${at.path}/chain.pem`, key: `${at.path}/key.pem` }],
      listen: { console: "127.0.0.1:8722" },
    }),
  );
  return { config, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

function asked(options: ServerOptions, env: Readonly<Record<string, string>>) {
  const { url, token, note } = whichServer(options, "token", env);
  return { url, token, noted: note };
}

Deno.test("which server: --config wins over VERONA_URL, with its own token, and says so", async () => {
  await using b = await serverB();
  const { config } = b;
  assert.deepEqual(asked({ config }, TOKEN_OF_A), {
    url: B,
    token: "of-b",
    noted: `note: ${B} is asked (--config ${config}); VERONA_URL names ${A}`,
  });
  assert.deepEqual(asked({ config }, {}), { url: B, token: "of-b", noted: null });
  // A token that belongs to no address of the environment's is for whoever is asked, behind the file's.
  assert.deepEqual(asked({ config }, { VERONA_TOKEN: "loose" }).token, "of-b");
});

Deno.test("which server: who names none and has no configuration hears what names one, not how to write a file", () => {
  const nothing = { config: "no-such-folder/verona.toml", configFrom: "found" } as const;
  for (const ask of [() => asked(nothing, {}), () => asked(nothing, { VERONA_TOKEN: "loose" })]) {
    assert.throws(ask, {
      code: 2,
      message: /^Nothing says which server/,
      next: /--config .*--url or VERONA_URL/,
    });
  }
  assert.equal(asked(nothing, TOKEN_OF_A).url, A);
});

Deno.test("which server: the environment wins over a file that was found, and the other way round for tokens nobody mixes them", async () => {
  await using b = await serverB();
  const found = { config: b.config, configFrom: "found" } as const;
  assert.deepEqual(asked(found, TOKEN_OF_A), {
    url: A,
    token: "of-a",
    noted: `note: ${A} is asked (VERONA_URL); ${b.config} names ${B}`,
  });
  assert.deepEqual(asked(found, {}), { url: B, token: "of-b", noted: null });
  assert.deepEqual(asked(found, { VERONA_TOKEN: "loose" }).token, "loose");
  // By another name of loopback it is the same server: its own token is shown.
  const same = asked(found, { VERONA_URL: "http://localhost:8722" });
  assert.deepEqual([same.url, same.token, same.noted], ["http://localhost:8722", "of-b", null]);
  for (const configFrom of ["found", "VERONA_CONFIG"] as const) {
    assert.throws(
      () => asked({ config: b.config, configFrom }, { VERONA_URL: A }),
      { code: 2, message: `There is no token for ${A}` },
    );
  }
});

Deno.test("which server: a socket is one server by its path alone, and gets no other one's token", async () => {
  await using b = await serverB();
  const config = b.config;
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, text.replace("127.0.0.1:8722", "unix:run/console.sock"));
  const url = `unix:${dirname(config)}/run/console.sock`;
  const found = { config, configFrom: "found" } as const;
  assert.deepEqual(asked(found, {}), { url, token: "of-b", noted: null });
  assert.deepEqual(asked({ ...found, url }, {}), { url, token: "of-b", noted: null });
  assert.equal(asked({ ...found, url: url.replace("run/", "run/../run/") }, {}).token, "of-b");
  assert.deepEqual(asked({ config }, TOKEN_OF_A), {
    url,
    token: "of-b",
    noted: `note: ${url} is asked (--config ${config}); VERONA_URL names ${A}`,
  });
  const other = { VERONA_URL: "unix:/run/other.sock", VERONA_TOKEN: "of-other" };
  assert.equal(asked(found, other).token, "of-other");
  assert.throws(() => asked({ ...found, url: "unix:/run/third.sock" }, other), {
    code: 2,
    message: "There is no token for unix:/run/third.sock; VERONA_TOKEN is for unix:/run/other.sock",
  });
});

Deno.test("which server: --url wins over all; it gets the token of its own VERONA_URL, or of the --config beside it, and of no other", async () => {
  await using b = await serverB();
  const found = { config: b.config, configFrom: "found", url: "http://127.0.0.1:9" } as const;
  assert.throws(() => asked(found, TOKEN_OF_A), {
    code: 2,
    message: `There is no token for http://127.0.0.1:9; VERONA_TOKEN is for ${A}`,
  });
  assert.equal(asked({ ...found, url: A }, TOKEN_OF_A).token, "of-a");
  assert.equal(asked({ ...found, url: B }, TOKEN_OF_A).token, "of-b");
  assert.equal(asked(found, { VERONA_TOKEN: "loose" }).token, "loose");
  const tunnel = asked({ config: b.config, url: "http://127.0.0.1:9" }, TOKEN_OF_A);
  assert.deepEqual([tunnel.url, tunnel.token], ["http://127.0.0.1:9", "of-b"]);
  assert.match(tunnel.noted!, /VERONA_URL names .*:1, .*verona\.toml names .*:8722$/);
});

Deno.test("which server: who may read only the viewer's file shows the operator's token of the environment, if it is for nobody else", async () => {
  await using b = await serverB({ "viewer.token": "viewer-of-b" });
  assert.equal(asked({ config: b.config }, { VERONA_TOKEN: "loose" }).token, "loose");
  assert.equal(asked({ config: b.config }, TOKEN_OF_A).token, "viewer-of-b");
});

Deno.test("which server: a change that --config names reaches that server, whatever VERONA_URL says, and one line says which", async () => {
  await using a = await Stage.open();
  await using b = await Stage.open();
  const token = await Deno.readTextFile(`${a.directory}/data/console.token`);
  const env = { VERONA_URL: a.server.console, VERONA_TOKEN: token };
  const config = ["--config", `${b.directory}/verona.toml`];
  const { code, stdout, stderr } = await verona(["domains", "suspend", "target.example", ...config], { env });
  assert.deepEqual([code, stdout], [0, "target.example is suspended\n"]);
  assert.equal(
    stderr,
    `verona: note: ${b.server.console} is asked (${
      config.join(" ")
    }); VERONA_URL names ${a.server.console}\n`,
  );
  const suspended = async (stage: Stage) =>
    (await stage.server.api("/domains")).domains.find(({ name }: { name: string }) =>
      name === "target.example"
    )
      .suspended;
  assert.deepEqual([await suspended(a), await suspended(b)], [false, true]);
  const quiet = await verona(["--quiet", "domains", "list", ...config], { env });
  assert.deepEqual([quiet.code, quiet.stderr], [0, ""]);
});

Deno.test("which server: trusted is what belongs to oneself, to root, or to who became root by sudo", () => {
  const [me, stranger] = [1000, 1001];
  assert.ok(isTrusted([me, 0, me], me, {}));
  assert.ok(isTrusted([null, null, null], null, {}), "a system without owners");
  assert.ok(
    isTrusted([stranger, stranger, stranger], 0, { SUDO_UID: String(stranger) }),
    "by sudo, one's own",
  );
  assert.ok(
    !isTrusted([me, me, me], stranger, { SUDO_UID: String(me) }),
    "only root was somebody else before",
  );
  for (const owners of [[stranger, me, me], [me, stranger, me], [me, me, stranger]]) {
    assert.ok(!isTrusted(owners, me, {}), "the file, what it links to, or its folder");
    assert.ok(!isTrusted(owners, 0, {}));
  }
});

Deno.test({
  name:
    "which server: a verona.toml that another user left in this folder gets no token, neither by a command nor by Tab",
  ignore: Deno.uid() !== 0, // nobody else can give a file away
  fn: async () => {
    await using b = await serverB();
    const cwd = dirname(b.config);
    const asked: string[] = [];
    await using catcher = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ headers }) => {
        asked.push(headers.get("authorization") ?? "");
        return Response.json({ connections: [], total: 0, all: 0, now: new Date().toISOString() });
      },
    );
    const text = await Deno.readTextFile(b.config);
    await Deno.writeTextFile(b.config, text.replace("8722", String(catcher.addr.port)));
    const ask = () => verona(["connections"], { cwd });
    const tab = () => verona(["__complete", "line", "verona close "], { cwd });
    assert.deepEqual([(await ask()).code, (await tab()).code], [0, 0]);
    assert.deepEqual(asked.splice(0), ["Bearer of-b", "Bearer of-b"]);
    await Deno.chown(b.config, 65_534, 65_534);
    const refused = await ask();
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /The verona\.toml of this folder is another user's.*\n.*--config verona\.toml/,
    );
    assert.equal((await tab()).stdout, "");
    assert.deepEqual(asked, []);
    const named = await verona(["connections", "--config", "verona.toml"], { cwd });
    assert.deepEqual([named.code, asked], [0, ["Bearer of-b"]]);
  },
});
