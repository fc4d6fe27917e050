/** Where a key stands in a TOML text: the parser keeps no positions of valid keys (console.md 5). */

/**
 * The line (from 1) of the key at `path`, or of the nearest table above it; null when neither is written there.
 *
 * @param path As the validator names it: tables, indices of `[[arrays]]`, keys.
 */
export function locate(text: string, path: readonly PropertyKey[]): number | null {
  const lines = text.split("\n");
  let table = "";
  const seen = new Map<string, number>();
  let best: number | null = null;
  const wanted = path.map(String);
  for (const [n, line] of lines.entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?/.exec(line);
    if (header) {
      table = parts(header[2]!).join("\0");
      if (header[1] === "[[") {
        const index = (seen.get(table) ?? -1) + 1;
        seen.set(table, index);
        table += `\0${index}`;
      }
      if (isPrefix(table === "" ? [] : table.split("\0"), wanted)) best = n + 1;
      continue;
    }
    const key = /^\s*("[^"]*"|'[^']*'|[\w-]+(?:\s*\.\s*[\w-]+)*)\s*=/.exec(line)?.[1];
    if (key === undefined) continue;
    const keys = key.startsWith('"') || key.startsWith("'")
      ? [unquote(key)]
      : key.split(".").map((k) => k.trim());
    const full = [...(table === "" ? [] : table.split("\0")), ...keys];
    if (isPrefix(full, wanted)) return n + 1;
  }
  return best;
}

function isPrefix(prefix: readonly string[], of: readonly string[]): boolean {
  return prefix.length <= of.length && prefix.every((part, i) => part === of[i]);
}

/** `policy.peer."old.example"` has three. */
const parts = (dotted: string): string[] => (dotted.match(/"[^"]*"|'[^']*'|[^.\s"']+/g) ?? []).map(unquote);

const unquote = (key: string): string => key.trim().replace(/^["'](.*)["']$/, "$1");
