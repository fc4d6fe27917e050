/**
 * Every check and every test, in one command that works from a clean clone. Each part says one line when it is
 * done; what failed is printed in full at the end, and the last line is `N passed, N failed, N skipped`.
 */
import { CAUSES } from "../facts/cause.ts";
import { causeOf } from "./causes.ts";
import { installPackages } from "./packages.ts";
import { idsIn, ledgerOf, printLedger } from "./requirements.ts";
import "../tests/harness/surroundings.ts";

const ROOT = new URL("../", import.meta.url);
const PART_MS = 30 * 60_000;

/** What one part found. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Why each skipped test was skipped. */
  readonly skipped: readonly string[];
  /** Shown when something failed. */
  readonly output: string;
}

interface Run {
  readonly success: boolean;
  readonly output: string;
}

async function run(command: string, ...args: string[]): Promise<Run> {
  const child = new Deno.Command(command, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", CARGO_TERM_COLOR: "never" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PART_MS),
  });
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { success, output: `${text.decode(stdout)}${text.decode(stderr)}`.trim() };
}

const one = (success: boolean, output: string): Outcome => ({
  passed: success ? 1 : 0,
  failed: success ? 0 : 1,
  skipped: [],
  output,
});

/** A command that passes or fails as a whole. */
async function check(command: string, ...args: string[]): Promise<Outcome> {
  const { success, output } = await run(command, ...args);
  return one(success, output);
}

const deno = Deno.execPath();
const cargo = (...args: string[]) => ["cargo", ...args, "--manifest-path", "native/Cargo.toml"] as const;

/** The counts of `cargo test`: one `test result` line per binary. */
export function readCargo({ success, output }: Run): Outcome {
  let passed = 0, failed = 0;
  for (const [, ok, broken] of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(ok);
    failed += Number(broken);
  }
  const skipped = [...output.matchAll(/^test (\S+) \.\.\. ignored(?:, (.*))?$/gm)]
    .map(([, name, reason]) => `${name}: ${reason ?? "ignored"}`);
  return { passed, failed: success ? failed : Math.max(failed, 1), skipped, output };
}

/** One test of Deno's JUnit report. */
interface Case {
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
}

const unescape = (text: string): string =>
  text.replace(/&(quot|apos|lt|gt|amp|#(\d+)|#x([0-9a-f]+));/gi, (_, word, decimal, hex) => {
    if (decimal ?? hex) return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16));
    return { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" }[word as string] ?? "";
  });

/** The cases of a JUnit report. */
export function readJunit(report: string): Case[] {
  const cases = report.matchAll(/<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs);
  return [...cases].map(([, attributes, body]) => ({
    name: unescape(/\bname="([^"]*)"/.exec(attributes!)?.[1] ?? ""),
    result: /<(failure|error)\b/.test(body ?? "")
      ? "failed"
      : /<skipped\b/.test(body ?? "")
      ? "skipped"
      : "passed",
  }));
}

const TESTS = ["--no-check", "--trace-leaks", "--conditions=development", "--reporter=dot"];

/** A part of its own: a browser beside every other test is slow, and would be so for them. */
const BROWSER = "tests/console/browser";

async function denoTests(seen: Case[], ...args: string[]): Promise<Outcome> {
  const path = await Deno.makeTempFile({ suffix: ".xml" });
  const { success, output } = await run(deno, "test", "-A", ...TESTS, `--junit-path=${path}`, ...args);
  const cases = readJunit(await Deno.readTextFile(path));
  seen.push(...cases);
  await Deno.remove(path);
  const count = (result: Case["result"]) => cases.filter((test) => test.result === result);
  const failed = count("failed").length;
  return {
    passed: count("passed").length,
    failed: success ? failed : Math.max(failed, 1),
    skipped: count("skipped").map(({ name }) => name),
    output: output.replaceAll(/^[.!,]\n/gm, ""), // the dots, one a line where there is no terminal
  };
}

/** The ledger is true when its names are and every test that it counts in TypeScript ran and passed. */
async function ledger(seen: readonly Case[]): Promise<Outcome> {
  const [requirements, kept] = await ledgerOf(ROOT);
  const families = new Set(requirements.map(({ id }) => id.split("-")[0]!));
  const passed = new Set(
    seen.filter(({ result }) => result === "passed").flatMap(({ name }) => idsIn(name, families)),
  );
  const claimed = [...kept.proven].filter(([id, tests]) =>
    tests.every(({ file }) => file.endsWith(".ts")) && !passed.has(id)
  ).map(([id, tests]) => `${id} is claimed by ${tests[0]!.file}, but no test of that name passed`);
  const text = printLedger(requirements, kept);
  console.log(`     ${text.split("\n").find((line) => line.startsWith("all "))}`);
  return one(kept.faults.length + claimed.length === 0, [text, ...claimed].join("\n"));
}

/** Every cause was produced by a test that ran and passed. */
function causes(seen: readonly Case[]): Promise<Outcome> {
  const produced = new Set(seen.filter(({ result }) => result === "passed").map(({ name }) => causeOf(name)));
  const missing = Object.keys(CAUSES).filter((cause) => !produced.has(cause));
  return Promise.resolve(one(missing.length === 0, `no test of this run produced ${missing.join(", ")}`));
}

async function packages(): Promise<Outcome> {
  const lacking = await installPackages();
  if (Deno.env.get("CI") !== "true") return { passed: 1, failed: 0, skipped: lacking, output: "" };
  return one(lacking.length === 0, lacking.join("\n"));
}

const cases: Case[] = [];
const PARTS: readonly [name: string, part: () => Promise<Outcome>][] = [
  ["packages", packages],
  ["format", () => check(deno, "fmt", "--check", "--quiet")],
  ["lint", () => check(deno, "lint", "--quiet")],
  ["types", () => check(deno, "check", "--quiet", "--frozen")],
  ["rust format", () => check(...cargo("fmt", "--all", "--check"))],
  [
    "clippy",
    () =>
      check(
        ...cargo("clippy", "--workspace", "--all-targets", "--release", "--locked", "--quiet"),
        "--",
        "-D",
        "warnings",
      ),
  ],
  ["rust tests", async () => readCargo(await run(...cargo("test", "--workspace", "--release", "--locked")))],
  ["deno tests", () => denoTests(cases, "--parallel", `--ignore=${BROWSER}`)],
  ["browser", () => denoTests(cases, BROWSER)],
  ["requirements", () => ledger(cases)],
  ["causes", () => causes(cases)],
  ["diagrams", () => check(deno, "run", "-A", "tools/diagrams.ts", "--check")],
  ["charts", () => check(deno, "run", "-A", "tools/charts/main.ts", "--check")],
];

/** Runs one part; a part that throws has failed. */
async function play(name: string, part: () => Promise<Outcome>): Promise<Outcome> {
  const start = performance.now();
  const outcome = await part().catch((error) => one(false, String(error)));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const word = outcome.failed > 0 ? "FAIL" : "ok  ";
  const counts = `${outcome.passed} passed` + (outcome.failed > 0 ? `, ${outcome.failed} failed` : "") +
    (outcome.skipped.length > 0 ? `, ${outcome.skipped.length} skipped` : "");
  console.log(`${word} ${name.padEnd(14)}${counts} (${seconds} s)`);
  return outcome;
}

function usage(): string {
  const names = PARTS.map(([name]) => `  ${name}\n`).join("");
  return `usage: ./dev test [PART...]   every check and every test, or these parts alone:\n\n${names}
A part of several words stands in quotes. ./dev ok is the quick gate; ./dev COMMAND is a command of Verona.`;
}

async function main(only: readonly string[]): Promise<number> {
  if (only.some((word) => ["--help", "-h", "help"].includes(word))) {
    console.log(usage());
    return 0;
  }
  const unknown = only.find((word) => !PARTS.some(([name]) => name === word));
  if (unknown !== undefined) {
    console.error(`test: there is no part "${unknown}"\n\n${usage()}`);
    return 2;
  }
  const outcomes: [string, Outcome][] = [];
  for (const [name, part] of PARTS) {
    if (only.length === 0 || only.includes(name)) outcomes.push([name, await play(name, part)]);
  }
  for (const [name, { failed, output }] of outcomes) if (failed > 0) console.log(`\n--- ${name}\n${output}`);
  const skipped = outcomes.flatMap(([, { skipped }]) => skipped);
  for (const reason of skipped) console.log(`skipped: ${reason}`);
  const sum = (pick: (outcome: Outcome) => number) =>
    outcomes.reduce((total, [, outcome]) => total + pick(outcome), 0);
  const failed = sum((outcome) => outcome.failed);
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  console.log(`\n${sum((outcome) => outcome.passed)} passed, ${failed} failed${tail}`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
