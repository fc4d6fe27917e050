/** Where a key stands in a TOML text: the parser keeps no positions of valid keys (console.md 5). */

/** Both from 1; `length` is that of the key, or of the table's name. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/**
 * Where the key at `path` stands, or the nearest table above it; null when neither is written there.
 *
 * @param path As the validator names it: tables, indices of `[[arrays]]`, keys.
 */
export function locate(text: string, path: readonly PropertyKey[]): Place | null {
  const lines = text.split("\n");
  let table = "";
  const seen = new Map<string, number>();
  let best: Place | null = null;
  const wanted = path.map(String);
  for (const [n, line] of lines.entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?/d.exec(line);
    if (header) {
      table = parts(header[2]!).join("\0");
      if (header[1] === "[[") {
        const index = (seen.get(table) ?? -1) + 1;
        seen.set(table, index);
        table += `\0${index}`;
      }
      if (isPrefix(table === "" ? [] : table.split("\0"), wanted)) best = placed(n, header);
      continue;
    }
    const found = /^\s*()("[^"]*"|'[^']*'|[\w-]+(?:\s*\.\s*[\w-]+)*)\s*=/d.exec(line);
    if (found === null) continue;
    const key = found[2]!;
    const keys = key.startsWith('"') || key.startsWith("'")
      ? [unquote(key)]
      : key.split(".").map((k) => k.trim());
    const full = [...(table === "" ? [] : table.split("\0")), ...keys];
    // Also a dotted key that begins so: the validator names its first part.
    if (isPrefix(full, wanted) || (keys.length > 1 && isBelow(full, wanted, keys.length))) {
      return placed(n, found);
    }
  }
  return best;
}

/** @param found Its second group is what is marked. */
function placed(n: number, found: RegExpExecArray): Place {
  const [from, to] = found.indices![2]!;
  return { line: n + 1, column: from + 1, length: to - from };
}

function isPrefix(prefix: readonly string[], of: readonly string[]): boolean {
  return prefix.length <= of.length && prefix.every((part, i) => part === of[i]);
}

/** Whether `wanted` ends among the last `own` parts of `full`. */
function isBelow(full: readonly string[], wanted: readonly string[], own: number): boolean {
  return isPrefix(wanted, full) && wanted.length > full.length - own;
}

/** `policy.peer."old.example"` has three. */
const parts = (dotted: string): string[] => (dotted.match(/"[^"]*"|'[^']*'|[^.\s"']+/g) ?? []).map(unquote);

const unquote = (key: string): string => key.trim().replace(/^["'](.*)["']$/, "$1");
