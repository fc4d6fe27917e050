/** docs/interop.md: what each peer does in each scenario, written by the run that saw it. */
import assert from "node:assert/strict";
import type { Kind } from "./peers/peer.ts";
import { SCENARIOS } from "./scenarios/table.ts";
import { type Direction, isAbout } from "./scenario.ts";

const DOCUMENT = new URL("../../docs/interop.md", import.meta.url);

export type Outcome =
  & { readonly scenario: string; readonly direction: Direction }
  & ({ readonly how: string } | { readonly why: string; readonly evidence: string });

/** Compares the peer's part of the document with what the run showed, or rewrites it when told to. */
export async function updateDocument(kind: Kind, outcomes: readonly Outcome[]): Promise<void> {
  using file = await Deno.open(DOCUMENT, { read: true, write: true, create: true });
  await file.lock(true); // the peers' tests may run side by side
  const before = await Deno.readTextFile(DOCUMENT);
  const after = withSection(before === "" ? `${HEAD}\n${EMPTY}` : before, kind, sectionOf(kind, outcomes));
  if (Deno.env.get("VERONA_INTEROP_WRITE") === "1") return await Deno.writeTextFile(DOCUMENT, after);
  assert.equal(before, after, "docs/interop.md is not what the run showed: deno task interop rewrites it");
}

const HEAD = `# Who federates with whom, and how

Real servers from Debian 12 against this server, in a signed lab (tests/interop). *Out*: our user speaks first and we connect; *in*: theirs does. Each cell
is a test that passed; "cannot" is a test too, of the evidence below the table. Written by \`deno task interop\`, compared by \`./dev test\`.
`;

const EMPTY = ["prosody", "ejabberd", "jabberd2"].map((name) => `<!-- ${name} -->\n<!-- end of ${name} -->\n`)
  .join("\n");

const begin = (kind: Kind): string => `<!-- ${kind.name} -->`;
const end = (kind: Kind): string => `<!-- end of ${kind.name} -->`;

/** The document with this peer's section exchanged. */
export function withSection(document: string, kind: Kind, section: string): string {
  const [from, to] = [document.indexOf(begin(kind)), document.indexOf(end(kind))];
  const whole = `${begin(kind)}\n${section}${end(kind)}\n`;
  if (from < 0 || to < 0) {
    throw new RangeError(`docs/interop.md has no place for ${kind.name}; delete it to begin anew`);
  }
  return document.slice(0, from) + whole + document.slice(to + end(kind).length + 1);
}

export function sectionOf(kind: Kind, outcomes: readonly Outcome[]): string {
  const notes: string[] = [];
  const cell = (scenario: string, direction: Direction): string => {
    const outcome = outcomes.find((one) => one.scenario === scenario && one.direction === direction);
    if (outcome === undefined) return "-";
    if ("how" in outcome) return outcome.how;
    const note = `${outcome.why}: \`${outcome.evidence.replaceAll("`", "'")}\``;
    if (!notes.includes(note)) notes.push(note);
    return `cannot (${notes.indexOf(note) + 1})`;
  };
  const scenarios = SCENARIOS.filter((scenario) => isAbout(scenario, kind)).map(({ name }) => name);
  const rows = scenarios.map((scenario) =>
    `| ${scenario} | ${cell(scenario, "out")} | ${cell(scenario, "in")} |`
  );
  const list = notes.map((note, at) => `${at + 1}. ${note}\n`).join("");
  return `
## ${kind.title}

| scenario | out | in |
| --- | --- | --- |
${rows.join("\n")}
${list === "" ? "" : `\n${list}`}
`;
}
