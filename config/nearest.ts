/** The key that was probably meant: for mistakes of spelling. */
import { jsonSchema } from "./json_schema.ts";

/** More edits than this and it is another word. */
const FAR = 2;

/** The known key at `path` that is spelt most like `key`; null when none is near. */
export function nearestKey(path: readonly PropertyKey[], key: string): string | null {
  return nearestWord(key, keysAt(path));
}

/** The known word that is spelt most like `word`; null when none is near. */
export function nearestWord(word: string, knownWords: readonly string[]): string | null {
  const near = knownWords.map((known) => ({ known, edits: distance(word, known) }))
    .filter(({ edits }) => edits <= FAR).sort((a, b) => a.edits - b.edits);
  return near[0]?.known ?? null;
}

/** Whether a table of that name may stand in the file. */
export const isSection = (key: string): boolean => keysAt([]).includes(key);

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

function keysAt(path: readonly PropertyKey[]): string[] {
  let node = jsonSchema() as Node | undefined;
  for (const part of path) node = below(node ?? {}, part);
  return Object.keys(node?.properties ?? {});
}

function below(node: Node, part: PropertyKey): Node | undefined {
  if (typeof part === "number") return node.items;
  const free = node.additionalProperties;
  return node.properties?.[String(part)] ?? (typeof free === "object" ? free : undefined);
}

/** Levenshtein's: insertions, deletions and substitutions. Keys are short. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > FAR) return FAR + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
