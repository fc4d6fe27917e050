import { PERMISSIONS } from "../harness/permissions.ts";
import assert from "node:assert/strict";
import { lines } from "../../demo/lines.ts";
import { Narrator, type Seen } from "../../demo/narrator.ts";
import type { VeronaProcess } from "../../demo/server.ts";
import { verona } from "../cli/verona.ts";
import "../harness/surroundings.ts";

const MAIN = new URL("../../demo/main.ts", import.meta.url).pathname;

interface Line {
  readonly step?: string;
  readonly seen?: boolean;
  // deno-lint-ignore no-explicit-any -- JSON: each test checks the fields that it reads
  readonly evidence?: any;
  readonly story?: string;
  // deno-lint-ignore no-explicit-any -- as above
  readonly [key: string]: any;
}

function start(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...PERMISSIONS, "--quiet", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return await new Response(stream).text();
}

Deno.test("demo --once --json: every step of the story is seen, in its order, with its evidence", async () => {
  const child = start("--once", "--json");
  const [stdout, stderr, { code }] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    child.status,
  ]);
  const told: Line[] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  const steps = told.filter(({ step }) => step !== undefined);
  assert.deepEqual(steps.filter(({ seen }) => !seen).map(({ step }) => step), [], stderr);
  assert.deepEqual(steps.map(({ step }) => step), STEPS);
  assert.equal(told.at(-1)?.story, "complete");
  assert.equal(code, 0);
  theEvidenceHolds(new Map(steps.map((step) => [step.step!, step.evidence])), told);
});

const STEPS = [
  ...[
    "delegation.target",
    "stream",
    "tls.originating",
    "tls.receiving",
    "request",
    "delegation.sender",
    "grant",
  ],
  ...["authorised", "message", "answer", "bidi", "second.request", "second.message", "second.connection"],
  ...["unsigned.delegation", "unsigned.denied", "unsigned.bounced", "unsigned.route"],
  ...["bogus.delegation", "bogus.bounced", "bogus.no-connection"],
  ...["moved.delegation", "moved.revoked", "moved.heard", "moved.bounced", "moved.other"],
];

function theEvidenceHolds(evidence: ReadonlyMap<string, Line["evidence"]>, told: readonly Line[]): void {
  const chain = evidence.get("delegation.target").detail.lookups[0].chain;
  // deno-lint-ignore no-explicit-any -- JSON
  assert.deepEqual(chain.map(({ zone }: any) => zone), [".", "tld", "target.tld"]);
  assert.equal(evidence.get("second.connection").send[0], evidence.get("request").connection);
  assert.equal(evidence.get("unsigned.denied").cause, "dns.insecure");
  assert.equal(evidence.get("bogus.no-connection").cause, "dns.bogus");
  const { tookMs, boundMs } = evidence.get("moved.revoked");
  assert.ok(tookMs > 0 && tookMs <= boundMs && boundMs < 10_000);
  const tables = told.filter(({ table }) => table !== undefined);
  assert.deepEqual(tables.map(({ connections, routes }) => [connections.length, routes.length]), [[1, 2], [
    1,
    2,
  ]]);
}

Deno.test("demo: it stays up until it is interrupted, then takes everything down and ends with 0", async () => {
  const child = start("--json");
  let consoles: { address: string; tokenFile: string; config: string }[] = [];
  for await (const line of lines(child.stdout)) {
    const told: Line = JSON.parse(line);
    if (told.consoles === undefined) continue;
    consoles = told.consoles;
    for (const { address, tokenFile } of consoles) {
      const headers = { authorization: `Bearer ${(await Deno.readTextFile(tokenFile)).trim()}` };
      const response = await fetch(`${address}/api/v1/routes`, { headers });
      assert.equal((await response.json()).total > 0, true);
    }
    // As it tells people: from anywhere, by the configuration alone.
    const routes = await verona(["routes", "--json", "--config", consoles[0]!.config]);
    assert.equal(routes.code, 0, routes.stderr);
    assert.equal(JSON.parse(routes.stdout).total > 0, true);
    child.kill("SIGINT");
  }
  await child.stderr.cancel();
  assert.deepEqual(await child.status.then(({ code }) => code), 0);
  assert.equal(consoles.length, 2);
  for (const { address, tokenFile } of consoles) {
    await assert.rejects(fetch(`${address}/livez`));
    await assert.rejects(Deno.stat(tokenFile), Deno.errors.NotFound);
  }
});

Deno.test("demo: a word that it does not know is refused with exit code 2", async () => {
  const child = start("--twice");
  const [stderr, { code }] = await Promise.all([read(child.stderr), child.status, child.stdout.cancel()]);
  assert.equal(code, 2);
  assert.match(stderr, /--twice[^]*usage: \.\/dev demo/);
});

const SEEN: Seen = { by: "receiving", at: new Date(0).toISOString(), lines: [], evidence: { it: "was" } };

/** What a narrator prints while `work` goes on. */
async function printed(work: () => Promise<void>): Promise<string[]> {
  const kept: string[] = [];
  const { log } = console;
  console.log = (text: string) => kept.push(text);
  try {
    await work();
  } finally {
    console.log = log;
  }
  return kept;
}

Deno.test("demo: a step that was not seen is named, and the story is incomplete", async () => {
  const narrator = new Narrator(true);
  const told = await printed(async () => {
    await narrator.step("one", "first", () => Promise.resolve(SEEN));
    assert.equal(narrator.complete, true);
    await narrator.step("two", "second", () => Promise.resolve(null));
    narrator.end();
  });
  assert.equal(narrator.complete, false);
  assert.deepEqual(told.map((line) => JSON.parse(line)), [
    { step: "one", title: "first", seen: true, by: "receiving", at: SEEN.at, evidence: { it: "was" } },
    { step: "two", title: "second", seen: false },
    { story: "incomplete", seen: 1, missing: ["two"] },
  ]);
});

Deno.test("demo: times never go backwards: what was seen before the step above happened meanwhile", async () => {
  const narrator = new Narrator(false);
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const told = await printed(async () => {
    for (const ms of [60_000, 59_000, 61_000]) {
      await narrator.step(`step ${ms}`, "a step", () => Promise.resolve({ ...SEEN, at: at(ms) }));
    }
  });
  assert.match(told[0]!, /^ \+60\.\d\d s {2}receiving/);
  assert.match(told[1]!, /^meanwhile {2}receiving/);
  assert.match(told[2]!, /^ \+61\.\d\d s {2}receiving/);
});

Deno.test("demo: for people: the consoles with the command that asks the first", async () => {
  const server = {
    console: "http://127.0.0.1:8711",
    tokenFile: "/tmp/demo/data/console.token",
    configFile: "/tmp/demo/verona.toml",
    logInLink: () => Promise.resolve("http://127.0.0.1:8711/login#x"),
  } as unknown as VeronaProcess;
  const told = await printed(() => new Narrator(false).consoles([server], "./dev"));
  assert.ok(told.includes("  ./dev routes --config /tmp/demo/verona.toml"), told.join("\n"));
});

Deno.test("demo: a story of which nothing was seen is not complete", () => {
  assert.equal(new Narrator(true).complete, false);
});
