/** A trace as plain text and as a Mermaid sequence diagram. console.md 3.6, 6 D2. Pure. */
import { printable } from "./printable.ts";
import type { Lane, Line } from "./sequence.ts";

/** Who stands in the lanes. */
export interface Lanes {
  readonly local: string;
  readonly peer: string;
}

const ARROWS: Readonly<Record<Lane, Readonly<Record<Lane, string>>>> = {
  local: { local: "   ", peer: "-->", resolver: "dns" },
  peer: { local: "<--", peer: "   ", resolver: "   " },
  resolver: { local: "dns", peer: "   ", resolver: "   " },
};

/** `+465 ms`, `+12.3 s`, `+4 min`. */
export function printOffset(ms: number): string {
  if (ms < 10_000) return `+${ms} ms`;
  if (ms < 600_000) return `+${(ms / 1000).toFixed(1)} s`;
  if (ms < 36_000_000) return `+${Math.floor(ms / 60_000)} min`;
  return `+${Math.floor(ms / 3_600_000)} h`;
}

/** `dns SRV? ...`, `<-- <db:result ...>`; without the time, and without the states. */
export function printSaying({ from, to, text, ok }: Line): string {
  return printable(`${ARROWS[from][to]} ${ok ? "" : "✗ "}${text}`);
}

export function printLine(line: Line): string {
  const states = line.states.length === 0 ? "" : `   [${printable(line.states.join("; "))}]`;
  return `${printOffset(line.tMs).padStart(9)}  ${printSaying(line)}${states}`;
}

/** Longer pauses are said. */
const PAUSE_MS = 150;
const LONGEST = 120;

/** Text for GitHub and others; what was said inside TLS is shaded. */
export function printMermaid(lines: readonly Line[], { local, peer }: Lanes): string {
  const out = [
    "sequenceDiagram",
    "  participant resolver",
    `  participant local as ${label(local)}`,
    `  participant peer as ${label(peer)}`,
  ];
  let [shaded, last] = [false, 0];
  for (const line of lines) {
    const shade = line.from === line.to ? shaded : line.encrypted;
    if (shade !== shaded) out.push(shade ? "  rect rgb(225, 240, 225)" : "  end");
    shaded = shade;
    if (line.tMs - last > PAUSE_MS) out.push(`  Note over local,peer: ${line.tMs - last} ms later`);
    last = line.tMs;
    out.push(`  ${mermaidLine(line)}`);
    if (line.states.length > 0) out.push(`  Note left of local: ${label(line.states.join(", "))}`);
  }
  if (shaded) out.push("  end");
  return out.join("\n") + "\n";
}

function mermaidLine({ from, to, text, ok, tMs }: Line): string {
  const words = label(`${ok ? "" : "✗ "}${text}`);
  if (from === to) return `Note over ${from}: ${words}`;
  return `${from}${ok ? "->>" : "--x"}${to}: ${words} (${printOffset(tMs)})`;
}

/** Mermaid reads `;` as the end of a line, `#` as an entity, and some words as its own where they stand alone. */
function label(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  const escaped = printable(short).replace(/[#;<>&"%{}\\`]/g, (c) => `#${c.charCodeAt(0)};`).trim();
  return escaped === "" ? "-" : escaped;
}
