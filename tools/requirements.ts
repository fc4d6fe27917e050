/**
 * The ledger: which numbered requirements of docs/protocol.md 11 the tests prove.
 *
 * A test proves a requirement by carrying its id in its name: `DNA-21 STR-2: ...` in TypeScript and Python,
 * `fn dns_12_...` in Rust. `tools/test.ts` checks on top that each such test really ran and passed.
 */

export interface Requirement {
  readonly id: string;
  readonly section: string;
  readonly rule: string;
}

/** A test's name and the file where it stands. */
export interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** The rows of the tables of section 11, in order. */
export function parseRequirements(protocol: string): Requirement[] {
  const found: Requirement[] = [];
  let section = "";
  for (const line of protocol.split("\n")) {
    section = /^### (11\.\d+ .+)$/.exec(line)?.[1] ?? (line.startsWith("## ") ? "" : section);
    const row = /^\| ([A-Z]+-\d+) \| (.+?) \| /.exec(line);
    if (section && row) found.push({ id: row[1]!, section, rule: row[2]! });
  }
  return found;
}

const QUOTED = String.raw`(["'\x60])((?:\\.|(?!\1)[^\\])*)\1`;
/** Where a test's name stands: first word of a call or row, a `name`, or the key of a table of cases. */
const TYPESCRIPT_NAMES = [
  new RegExp(
    String.raw`^[ \t]*(?:await )?(?!assert|Deno\.test\.ignore)[\w.]+\(\s*(?:\{\s*name:\s*)?${QUOTED}`,
    "gm",
  ),
  new RegExp(String.raw`^[ \t]*\{?[ \t]*name:\s*${QUOTED}`, "gm"),
  new RegExp(String.raw`^[ \t]*\[\s*${QUOTED}`, "gm"),
  new RegExp(String.raw`^[ \t]*${QUOTED}\s*:`, "gm"),
];
const RUST_NAME = /#\[(?:tokio::)?test[^\]]*\](?:\s*#\[(?!ignore)[^\]]*\])*\s*(?:async )?fn (\w+)/g;
const PYTHON_NAME = /^\s*def (test_\w+)/gm;

/** The names of the tests in one source file. */
export function testNames(file: string, source: string): string[] {
  if (file.endsWith(".rs")) return [...source.matchAll(RUST_NAME)].map((match) => match[1]!);
  if (file.endsWith(".py")) return [...source.matchAll(PYTHON_NAME)].map((match) => match[1]!);
  return TYPESCRIPT_NAMES.flatMap((names) => [...source.matchAll(names)].map((match) => match[2]!));
}

/** The ids that a test's name carries, of the families that the requirements have. */
export function idsIn(name: string, families: ReadonlySet<string>): string[] {
  const words = [
    ...name.matchAll(/(?<![A-Za-z])([A-Z]+)-(\d+)/g),
    ...name.matchAll(/(?<![a-z])([a-z]+)_(\d+)(?=_|$)/g),
  ];
  return words.map(([, family, number]) => `${family!.toUpperCase()}-${number}`)
    .filter((id) => families.has(id.split("-")[0]!));
}

export interface Ledger {
  readonly proven: ReadonlyMap<string, readonly NamedTest[]>;
  /** What is wrong with the names: unknown ids and ranges. */
  readonly faults: readonly string[];
}

/** Who proves what. */
export function keepLedger(requirements: readonly Requirement[], tests: readonly NamedTest[]): Ledger {
  const known = new Set(requirements.map(({ id }) => id));
  const families = new Set(requirements.map(({ id }) => id.split("-")[0]!));
  const proven = new Map<string, NamedTest[]>();
  const faults: string[] = [];
  for (const test of tests) {
    const ids = idsIn(test.name, families);
    for (const id of ids) {
      if (known.has(id)) proven.set(id, [...(proven.get(id) ?? []), test]);
      else faults.push(`${test.file}: ${id} is no requirement of docs/protocol.md 11 ("${test.name}")`);
    }
    if (ids.length > 0 && /[A-Z]-\d+ ?(to|\.\.+|–) ?([A-Z]+-)?\d/.test(test.name)) {
      faults.push(`${test.file}: write each id, not a range ("${test.name}")`);
    }
  }
  return { proven, faults };
}

/** Every test of the project by name, wherever it stands. */
export async function findTests(root: URL): Promise<NamedTest[]> {
  const tests: NamedTest[] = [];
  for await (const file of sources(root, "")) {
    const source = await Deno.readTextFile(new URL(file, root));
    for (const name of testNames(file, source)) tests.push({ file, name });
  }
  return tests;
}

/** Files that may hold tests, as paths below the root. */
async function* sources(root: URL, folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    const path = folder + entry.name;
    if (entry.isDirectory && !/^(\.|node_modules|target$)/.test(entry.name)) yield* sources(root, `${path}/`);
    if (!entry.isFile || path.startsWith("tests/tools/")) continue;
    if (path.endsWith("_scenario.ts")) continue; // waits for the server: becomes *_test.ts when it passes
    if (path.endsWith("_test.ts") || (path.startsWith("tests/") && /\.(ts|py)$/.test(path))) yield path;
    if (path.startsWith("native/") && path.endsWith(".rs")) yield path;
  }
}

/** Proven, not yet and total per section, with the missing by id. */
export function printLedger(requirements: readonly Requirement[], { proven, faults }: Ledger): string {
  const lines: string[] = [];
  const line = (title: string, rows: readonly Requirement[]) => {
    const done = rows.filter(({ id }) => proven.has(id)).length;
    const cells = [`${done}`.padStart(4), "proven", `${rows.length - done}`.padStart(4), "not yet"];
    lines.push(`${title.padEnd(34)}${cells.join(" ")} ${`${rows.length}`.padStart(4)} total`);
  };
  for (const [section, rows] of Map.groupBy(requirements, ({ section }) => section)) {
    line(section, rows);
    const missing = rows.filter(({ id }) => !proven.has(id)).map(({ id }) => id);
    if (missing.length > 0) lines.push(`      missing: ${missing.join(" ")}`);
  }
  line("all", requirements);
  return [...lines, ...faults.map((fault) => `FAULT ${fault}`)].join("\n");
}

/** The ledger of this checkout. */
export async function ledgerOf(root: URL): Promise<[Requirement[], Ledger]> {
  const requirements = parseRequirements(await Deno.readTextFile(new URL("docs/protocol.md", root)));
  return [requirements, keepLedger(requirements, await findTests(root))];
}

if (import.meta.main) {
  const [requirements, ledger] = await ledgerOf(new URL("../", import.meta.url));
  console.log(printLedger(requirements, ledger));
  if (ledger.faults.length > 0) Deno.exit(1);
}
