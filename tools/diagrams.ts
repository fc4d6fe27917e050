/**
 * Draws every machine of machines/ as a Mermaid state diagram into docs/machines; `--check` only compares.
 */
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { StateMachine } from "xstate";
import { describe, nameOf, printMermaid } from "../console/chart/mermaid.ts";

const MACHINES = new URL("../machines/", import.meta.url);
const PICTURES = new URL("../docs/machines/", import.meta.url);

/** What may happen in every state is a note: an arrow from each would cover the picture. */
function drawAnywhere(root: AnyStateNode): string[] {
  const lines = [...root.transitions.values()].flat().map((transition) =>
    `* \`${describe(transition, root)}\` -> ${
      (transition.target ?? []).map((state) => `\`${nameOf(state)}\``).join()
    }`
  );
  return lines.length === 0 ? [] : ["", "In every state:", "", ...lines];
}

/** One machine as a page of docs/machines. */
export function draw(file: string, machine: AnyStateMachine): string {
  return [
    `# ${machine.id}`,
    "",
    `Drawn from machines/${file} by \`./dev diagrams\`; do not edit.`,
    "",
    "```mermaid",
    printMermaid(machine),
    "```",
    ...drawAnywhere(machine.root),
    "",
  ].join("\n");
}

/** Every page as it should stand, by file name: one machine a file. */
async function drawAll(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const files = [...Deno.readDirSync(MACHINES)].map(({ name }) => name).filter((name) => name.endsWith(".ts"))
    .sort();
  for (const file of files) {
    for (const exported of Object.values(await import(new URL(file, MACHINES).href))) {
      if (exported instanceof StateMachine) pages.set(file.replace(/ts$/, "md"), draw(file, exported));
    }
  }
  return pages;
}

/** The pages that differ from what stands in docs/machines. */
async function drifted(pages: ReadonlyMap<string, string>): Promise<string[]> {
  const read = (name: string) => Deno.readTextFile(new URL(name, PICTURES)).catch(() => null);
  const changed: string[] = [];
  for (const [name, page] of pages) if (await read(name) !== page) changed.push(name);
  const kept = await Array.fromAsync(Deno.readDir(PICTURES)).catch(() => []);
  const orphans = kept.map(({ name }) => name).filter((name) => name.endsWith(".md") && !pages.has(name));
  return [...changed, ...orphans];
}

if (import.meta.main) {
  const pages = await drawAll();
  const changed = await drifted(pages);
  if (!Deno.args.includes("--check")) {
    await Deno.mkdir(PICTURES, { recursive: true });
    for (const name of changed) {
      const page = pages.get(name);
      if (page === undefined) await Deno.remove(new URL(name, PICTURES));
      else await Deno.writeTextFile(new URL(name, PICTURES), page);
    }
    console.log(`${pages.size} machines drawn, ${changed.length} changed`);
  } else if (changed.length > 0) {
    console.log(`docs/machines differs from machines/: ${changed.join(", ")}; run ./dev diagrams`);
    Deno.exit(1);
  }
}
