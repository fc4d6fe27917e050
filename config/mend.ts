/**
 * A configuration with mistakes, made good enough to look for more of them: all are said at once (design.md 2.3). What was
 * wrong is as if it were not there; what must be there stands for nobody.
 */
import { type ConfigFile, schema } from "./schema.ts";
import type { z } from "zod";

export interface Mended {
  readonly file: ConfigFile;
  /** Whether what is said about this path comes of the mending. */
  readonly touches: (path: readonly PropertyKey[]) => boolean;
}

type Path = readonly PropertyKey[];

const STEPS = 4;
/** RFC 2606: nobody's. */
const NOBODY = "nobody.invalid";
const STAND_INS: Readonly<Record<string, () => unknown>> = {
  string: () => NOBODY,
  array: () => [NOBODY],
  object: () => ({}),
};

/** Null when nothing can be made of it. */
export function mend(raw: Readonly<Record<string, unknown>>): Mended | null {
  const copy = structuredClone(raw);
  const touched: Path[] = [];
  for (let step = 0; step < STEPS; step++) {
    const checked = schema.safeParse(copy);
    if (checked.success) {
      return { file: checked.data, touches: (path) => touched.some((one) => isWithin(path, one)) };
    }
    for (const issue of checked.error.issues) {
      touched.push(...pathsOf(issue).map((path) => mendAt(copy, path, issue)));
    }
  }
  return null;
}

/** To be shown: nobody's names left out again. */
export function withoutStandIns(file: ConfigFile): ConfigFile {
  const named = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.filter((one) => one !== NOBODY).map(named)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner)]))
      : value === NOBODY
      ? ""
      : value;
  return named(file) as ConfigFile;
}

function pathsOf(issue: z.core.$ZodIssue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Where something was changed: of a list all of it, so that its other entries keep their places. */
function mendAt(root: Record<string, unknown>, path: Path, issue: z.core.$ZodIssue): Path {
  if (typeof path.at(-1) === "number") return mendAt(root, path.slice(0, -1), issue);
  const parent = path.slice(0, -1).reduce<unknown>(
    (node, part) => (node as Record<PropertyKey, unknown>)?.[part],
    root,
  );
  if (typeof parent !== "object" || parent === null || path.length === 0) return path;
  const [table, key] = [parent as Record<PropertyKey, unknown>, path.at(-1)!];
  if (key in table) delete table[key];
  else if (issue.code === "invalid_type") table[key] = STAND_INS[issue.expected]?.();
  return path;
}

const isWithin = (path: Path, outer: Path): boolean => outer.every((part, i) => part === path[i]);
