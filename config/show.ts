/** The effective configuration as a file again, without its secrets: each value with where it comes from. console.md 3.4. */
import type { Good, Origin } from "./load.ts";
import { printConsolePlace } from "./console_place.ts";
import { isDuration } from "./durations.ts";
import { sections } from "./keys.ts";
import type { ConfigFile } from "./schema.ts";
import type { RunTime } from "./run_time.ts";
import { laidOver, type SetAtRunTime } from "./show_run_time.ts";
import { inline } from "./toml.ts";
import { printAddress, printDuration, printSize } from "./units.ts";

/** What stands in place of a secret. */
const HIDDEN = "(hidden)";

/** As JSON: the configuration in the file's words, and what of it was set at run time. */
export function written(
  { file }: Pick<Good, "file">,
  runTime: RunTime | null = null,
): Record<string, unknown> {
  const laid = laidOver(file, runTime);
  return { ...words(laid.file), ...(laid.set === null ? {} : { run_time: laid.set }) };
}

/** Durations, sizes and addresses as a person writes them. */
function words(file: ConfigFile): Record<string, unknown> {
  const { console, ...rest } = file;
  const { s2s, s2s_tls, component, console: at } = file.listen;
  return {
    ...rest,
    ...(console === undefined ? {} : { console }),
    dns: {
      ...file.dns,
      servers: file.dns.servers.map(printAddress),
      static: Object.fromEntries(
        Object.entries(file.dns.static).map(([name, to]) => [name, printAddress(to)]),
      ),
    },
    listen: {
      ...file.listen,
      s2s: s2s.map(printAddress),
      s2s_tls: s2s_tls.map(printAddress),
      component: component.map(printAddress),
      console: at === null ? "" : printConsolePlace(at),
    },
    domain: file.domain.map(withoutSecret),
    limits: Object.fromEntries(
      Object.entries(file.limits).map(([key, value]) => [key, writtenLimit(key, value)]),
    ),
  };
}

function withoutSecret(
  { component_secret, ...domain }: ConfigFile["domain"][number],
): Record<string, unknown> {
  return component_secret === undefined ? domain : { ...domain, component_secret: HIDDEN };
}

function writtenLimit(key: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (isDuration(key)) return printDuration(value);
  return /(^|_)bytes(_|$)/.test(key) && value > 0 ? printSize(value) : value;
}

/** TOML that can be loaded again; a comment says what does not come from the file itself. */
export function show(good: Pick<Good, "file" | "originOf">, runTime: RunTime | null = null): string {
  const { file, set } = laidOver(good.file, runTime);
  const values = words(file);
  const blocks = sections().flatMap(({ name, table }): string[] => {
    const value = values[name] ?? [];
    if (Object.keys(value).length === 0) return [`# ${table}: nothing is set`];
    if (Array.isArray(value)) return value.map((row) => printRow(name, row, set));
    return [printSection(name, value as Record<string, unknown>, good.originOf, set)];
  });
  const removed = set?.removed.map((name) => `# [[domain]] "${name}" of the file: removed at run time`) ?? [];
  return [...blocks, ...removed].join("\n\n");
}

function printRow(section: string, row: Record<string, unknown>, set: SetAtRunTime | null): string {
  const name = String(row.name);
  const marks = section !== "domain" || set === null ? [] : [
    ...(set.domains.includes(name) ? ["run time"] : []),
    ...(set.suspended.includes(name) ? ["suspended at run time"] : []),
  ];
  const mark = marks.length === 0 ? "" : `   # ${marks.join(", ")}`;
  return [`[[${section}]]${mark}`, ...Object.entries(row).map(([key, v]) => `${key} = ${inline(v)}`)].join(
    "\n",
  );
}

function printSection(
  section: string,
  table: Record<string, unknown>,
  originOf: (section: string, key: string) => Origin,
  set: SetAtRunTime | null,
): string {
  const peers = Object.keys(set?.peers ?? {}).map((name) => `proof of "${name}": run time`).join(", ");
  const lines = Object.entries(table).map(([key, value]) => {
    const said = section === "policy" && key === "peer" && peers !== ""
      ? `   # ${peers}`
      : comment(originOf(section, key));
    return `${key} = ${inline(value)}${said}`;
  });
  return [`[${section}]`, ...lines].join("\n");
}

function comment(origin: Origin): string {
  if (origin === null) return "   # default";
  return "variable" in origin ? `   # ${origin.variable}` : "";
}
