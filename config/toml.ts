/** Values as TOML. */
import { stringify } from "smol-toml";

/** One value on one line: tables inside a section stand inline. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) {
    return stringify({ value }).trim().replace(/^value = /, "");
  }
  const entries = Object.entries(value).map(([key, inner]) => `${tomlKey(key)} = ${inline(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

const tomlKey = (key: string): string => /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
