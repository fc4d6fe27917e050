/** `verona __complete`: what the scripts of the shells ask at every Tab. A line a candidate, a tab, what it is. */
import type { Command } from "commander";
import { printable } from "../../observe/printable.ts";
import { EXIT } from "../exit.ts";
import { sayLine } from "../output.ts";
import { type Candidate, candidates, type Sources } from "./candidates.ts";
import { liveNames } from "./live.ts";
import { readTyped } from "./words.ts";

const SOURCES: Sources = {
  live: liveNames,
  machines: async () => (await import("../../console/library.ts")).library.ids,
  topics: async () =>
    (await import("../topics.ts")).topics().map(({ id, title }) => ({ value: id, about: title })),
  columns: async (table) =>
    (await import("../columns.ts")).COLUMNS[table]
      .map(({ id, title }) => ({ value: id, about: title })),
};

/**
 * @param args `line TEXT`, the whole line up to the cursor, for shells that cut words at colons; or `words WORD...`
 *   behind the program's name, the last one not finished.
 */
export async function answer(program: Command, [form, ...given]: readonly string[]): Promise<number> {
  const words = form === "line" ? given.join(" ").split(/\s+/).slice(1) : given;
  const found = await candidates(readTyped(program, words), program, SOURCES);
  if (found === "files") sayLine(":files");
  else found.map(lineOf).forEach(sayLine);
  return EXIT.good;
}

const LONGEST = 60;

/** The first clause of it. */
function lineOf({ value, about }: Candidate): string {
  const short = printable(about).split(/[:;]/)[0]!.slice(0, LONGEST);
  return short === "" ? value : `${value}\t${short}`;
}
