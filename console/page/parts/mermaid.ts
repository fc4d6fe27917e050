/** A sequence as Mermaid, for documents and issues: GitHub draws it. Pure. console.md 6 D2. */
import { plain } from "../format.ts";
import { type Lane, LANES, type Told } from "./telling.ts";

export function mermaidOf(
  steps: readonly { readonly told: Pick<Told, "from" | "to" | "title" | "sub" | "bad"> }[],
  names: Readonly<Record<Lane, readonly [string, string]>>,
): string {
  const lines = LANES.map((lane) => `  participant ${lane} as ${label(names[lane][0])}`);
  for (const { told: { from, to, title, sub, bad } } of steps) {
    const words = label(sub === "" ? title : `${title}: ${sub}`);
    lines.push(
      from === to ? `  Note over ${from}: ${words}` : `  ${from}${bad ? "--x" : "->>"}${to}: ${words}`,
    );
  }
  return ["sequenceDiagram", ...lines].join("\n");
}

/** Mermaid reads `;` as the end of a line, `#` as an entity, and what stands between `%%{` and `}%%` as an order. */
function label(text: string): string {
  const escaped = plain(text).replace(/[#;<>&"%{}\\`]/g, (char) => `#${char.charCodeAt(0)};`).trim();
  return escaped === "" ? "-" : escaped;
}
