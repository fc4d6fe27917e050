/** Names and peers' words on a terminal: both forms of an internationalised one, nothing unseen. console.md 2.4. */
import assert from "node:assert/strict";
import { everyCommand } from "../../cli/arguments.ts";
import { build } from "../../cli/program.ts";
import { shown } from "../../cli/shown.ts";
import { table } from "../../cli/terminal.ts";
import { cells } from "../../config/cells.ts";
import { printable } from "../../observe/printable.ts";
import { granted, SERVER_NAMES, Stage } from "../harness/stage.ts";
import { folder, verona } from "./verona.ts";

const U = "münchen.example", A = "xn--mnchen-3ya.example", BOTH = `${U} (${A})`;
const OURS = "bücher.example", OURS_BOTH = `${OURS} (xn--bcher-kva.example)`;

const CASES: Record<string, [text: string, seen: string]> = {
  "a U-label": [U, BOTH],
  "an A-label": [`${A}:5269`, `${BOTH}:5269`],
  "within a sentence": [`from='${U}'. Next: ${U}.`, `from='${BOTH}'. Next: ${BOTH}.`],
  "a service's and a pattern's": [`_a._tcp.${A} *.${U}`, `_a._tcp.${U} (_a._tcp.${A}) *.${U} (*.${A})`],
  "a look-alike": ["раураl.example", "раураl.example (xn--l-7sba6dbr.example)"],
  "both forms stay as they are": [BOTH, BOTH],
  "what is no domain stays": ["Grüße … → xn--abc.example a.example", "Grüße … → xn--abc.example a.example"],
  "what is not seen is": [
    "a\u061cb\u00adc\u{e0041}d\u2066e\u200bf\ufeffg\u3164h\u001b[2J\ud800",
    "a?b?c?d?e?f?g?h?[2J?",
  ],
};

for (const [name, [text, seen]] of Object.entries(CASES)) {
  Deno.test(`names: ${name}`, () => assert.equal(shown(text), seen));
}

Deno.test("names: a table with wide letters keeps its columns and its width", () => {
  const rows = [{ name: "日本語日本語日本語.example", n: 1 }, { name: "a.example", n: 12 }];
  const columns = [{ title: "NAME", cell: (row: typeof rows[0]) => row.name }, {
    title: "N",
    cell: (row: typeof rows[0]) => row.n,
  }];
  for (const width of [20, Infinity]) {
    const [header, ...lines] = table(columns, rows, width).split("\n");
    assert.deepEqual(lines.map(cells), [cells(header!), cells(header!)]);
    assert.ok(cells(header!) <= width);
  }
});

async function international(): Promise<Stage> {
  const stage = await Stage.open({ domains: [OURS], prepare: (world) => void world.customer(A) });
  const { o } = await stage.initiate(SERVER_NAMES);
  await granted(o, U, OURS);
  return stage;
}

Deno.test("names: every table and list has both forms of an internationalised domain", async () => {
  await using stage = await international();
  const run = async (...words: string[]) => {
    const { stdout, stderr } = await verona([...words, "--config", `${stage.directory}/verona.toml`]);
    return stdout + stderr;
  };
  assert.match(await run("policy", A, "strict"), new RegExp(`^${U} \\(${A}\\): strict`));
  const { routes } = JSON.parse(await run("routes", "--json"));
  assert.deepEqual([routes[0].local, routes[0].remote], [OURS, U], "data has one form");
  const [{ id }] = await stage.server.connections();
  const asked: Record<string, string[]> = {
    connections: [BOTH],
    routes: [BOTH, OURS_BOTH],
    proofs: [BOTH],
    "domains list": [OURS_BOTH],
    policy: [BOTH],
    audit: [`/api/v1/policy/${BOTH}`],
    [`explain ${OURS} ${U}`]: [BOTH, OURS_BOTH],
    [`trace ${id}`]: [BOTH, OURS_BOTH],
    [`trace --pair ${OURS} ${U}`]: [BOTH, OURS_BOTH],
    [`config show --effective ${OURS} ${A}`]: [BOTH, OURS_BOTH],
    [`recheck ${OURS} ${A}`]: [BOTH, OURS_BOTH],
    [`revoke ${OURS} ${A}`]: [BOTH, OURS_BOTH],
    [`domains suspend ${OURS}`]: [OURS_BOTH],
  };
  for (const [words, wanted] of Object.entries(asked)) {
    const text = await run(...words.split(" "));
    for (const name of wanted) assert.ok(text.includes(name), `${words}: ${name} is missing in\n${text}`);
  }
});

const HOSTILE = "\u001b[2J\u009b31m\u202egro.\u061c\u200b\u00ad\r\n\u2028evil";
/** What others may have written. */
const WRITTEN = new Set([
  "remote",
  "peer",
  "serverNames",
  "domain",
  "sentence",
  "headline",
  "evidence",
  "detail",
  "what",
  "reason",
  "text",
  "target",
  "name",
  "policy",
  "machine",
  "streamId",
  "title",
  "hint",
]);

function poisoned(value: unknown, within = false): unknown {
  if (typeof value === "string") return within ? `${value}${HOSTILE}` : value;
  if (Array.isArray(value)) return value.map((one) => poisoned(one, within));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, poisoned(one, within || WRITTEN.has(key))]),
  );
}

/** Every command that asks a server; `null`: it asks for nothing that others wrote. */
const ASKED: Record<string, string | null> = {
  connections: "connections",
  routes: "routes",
  proofs: "proofs",
  "domains list": "domains list",
  "domains add": null,
  "domains remove": null,
  "domains suspend": null,
  "domains resume": null,
  audit: "audit",
  explain: `explain ${OURS} ${U}`,
  console: null,
  health: "health",
  trace: `trace --pair ${OURS} ${U}`,
  close: null,
  revoke: null,
  recheck: null,
  policy: "policy",
  "log-level": null,
  "config reload": "config reload",
};

Deno.test("names: whatever a server's answers hold, no command writes what moves a cursor, turns a line or is not seen", async () => {
  const asking = everyCommand(build(() => {})).filter(({ options }) =>
    options.some(({ long }) => long === "--url")
  );
  const named = asking.map((one) => one.parent?.parent ? `${one.parent.name()} ${one.name()}` : one.name());
  assert.deepEqual(named.sort(), Object.keys(ASKED).sort(), "a command that asks a server wants its row");
  await using stage = await international();
  await stage.server.api(`/policy/${A}`, "PUT", { proof: "strict" });
  const token = (await Deno.readTextFile(`${stage.directory}/data/console.token`)).trim();
  await using liar = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const answer = await fetch(`${stage.server.console}${pathname}${search}`, {
      method: request.method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json",
      },
      ...(request.method === "GET" ? {} : { body: await request.text() }),
    });
    return Response.json(poisoned(await answer.json()), { status: answer.status });
  });
  const { port } = liar.addr as Deno.NetAddr;
  const env = { VERONA_URL: `http://127.0.0.1:${port}`, VERONA_TOKEN: token };
  await using at = await folder();
  for (const words of Object.values(ASKED)) {
    if (words === null) continue;
    for (const more of [[], ["--json"]]) {
      const { stdout, stderr } = await verona([...words.split(" "), ...more], { env, cwd: at.path });
      assert.ok(
        stdout.includes("evil") || /^(health|config reload)/.test(words),
        `${words}:\n${stdout}${stderr}`,
      );
      for (const line of `${stdout}${stderr}`.split("\n")) {
        assert.equal(line, printable(line), `${words} ${more}`);
      }
      if (more.length > 0) JSON.parse(stdout);
    }
  }
});
