/**
 * Writes docs/causes.md and docs/events.md from facts/, docs/metrics.md from observe/metrics, the dashboard, docs/commands.md and
 * docs/verona.1 from cli/, docs/configuration.md from config/, and the list in docs/api.md from the router; with `--check` it only compares.
 */
import { type Cause, CAUSES } from "../facts/cause.ts";
import { seeForYourself } from "../facts/see_for_yourself.ts";
import { ABOUT } from "../facts/about.ts";
import { EVENTS, STEPS } from "../facts/event.ts";
import { FAMILIES, type Family, type FamilyName, sampled } from "../observe/metrics/families.ts";
import { withEndpoints } from "./api.ts";
import { dashboard } from "./dashboard/grafana.ts";
import { commandsPage, manual } from "./commands.ts";
import { configurationPage } from "./configuration.ts";

const ROOT = new URL("../", import.meta.url);

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** Each page by its path below the root. */
export function references(): Record<string, string> {
  const causes = Object.entries(CAUSES).map(([id, { text, fault, next }]) =>
    `| \`${id}\` | ${cell(text)} | ${fault} | ${cell(next)} | \`${cell(seeForYourself(id as Cause))}\` |\n`
  );
  const rows = (table: Readonly<Record<string, string>>) =>
    Object.entries(table).map(([id, text]) => `| \`${id}\` | ${cell(text)} |\n`).join("");
  const events = Object.entries(EVENTS).map(([id, text]) =>
    `| \`${id}\` | ${ABOUT[id as keyof typeof EVENTS].join(", ")} | ${cell(text)} |\n`
  ).join("");
  const metrics = (Object.entries(FAMILIES) as [FamilyName, Family][]).map(([name, { type, labels, help }]) =>
    `| \`${sampled(name)}\` | ${type} | ${labels.map((one) => `\`${one}\``).join(" ")} | ${cell(help)} |\n`
  );
  return {
    "docs/commands.md": commandsPage(),
    "docs/configuration.md": configurationPage(),
    "docs/verona.1": manual(),
    "docs/api.md": withEndpoints(Deno.readTextFileSync(new URL("docs/api.md", ROOT))),
    "docs/causes.md": `# Causes

Why a pair is not open, or a step failed. The same id stands in log, metrics, API and command line.
Generated from facts/cause.ts by \`deno task references\`.

| cause | what | whose fault | what next | see for yourself |
| --- | --- | --- | --- | --- |
${causes.join("")}`,
    "docs/monitoring/dashboard.json": dashboard(),
    "docs/metrics.md": `# Metrics

What \`/metrics\` says ([operating.md](operating.md), Monitoring): \`verona_\` of this process, \`xmpp_s2s_\` of the protocol, \`process_\` as everywhere.
A histogram has \`_bucket\`, \`_sum\` and \`_count\`. \`direction\`: \`out\` is what we opened, asked or sent. \`cause\` and \`result\` are ids of
[causes.md](causes.md), or \`none\`, or \`ok\`. Remote domains, connections and addresses are never labels: those are in the API, the log and the
traces. Generated from observe/metrics/families.ts by \`deno task references\`.

| metric | type | labels | what |
| --- | --- | --- | --- |
${metrics.join("")}`,
    "docs/events.md": `# Events

One line of the log, one object of \`/api/v1/events\`, for each decision. Fixed keys of a log line, in this order, where they apply: \`ts level
logger event message connection pair local remote direction state cause fault elapsed_ms trace_id span_id\`; then what the table names. \`pair\` is \`LOCAL
REMOTE\`, as \`verona explain\` takes it. Whatever the table says, a line about a pair has its \`pair\`, a line about a connection its
\`connection\`, and a line about something that failed its \`cause\`. In \`/api/v1/events\`: \`seq at type connection route level cause traceId spanId\`,
and \`detail\` with what the table names. Generated from facts/event.ts by \`deno task references\`.

| event | never without | what happened: its detail |
| --- | --- | --- |
${events}
## Steps

What lies between decisions: in the trace of a connection or a pair alone (\`/api/v1/connections/:id/events\`,
\`/api/v1/routes/:local/:remote\`, \`/api/v1/events?connection=\`, \`verona trace\`), never in the log and in no metric.

| step | what happened: its detail |
| --- | --- |
${rows(STEPS)}`,
  };
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  for (const [path, text] of Object.entries(references())) {
    const url = new URL(path, ROOT);
    if (!check) await Deno.writeTextFile(url, text);
    else if (await Deno.readTextFile(url) !== text) {
      console.error(`${path} is not what the source says: run \`deno task references\``);
      Deno.exitCode = 1;
    }
  }
}
