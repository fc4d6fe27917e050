/** The alert rules: valid, each fires when it should and not when it should not, each is explained. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { promtool } from "../harness/prometheus.ts";
import { type Case, CASES, type Story } from "./cases.ts";

const RULES = fileURLToPath(new URL("../../docs/monitoring/alerts.yml", import.meta.url));
const rules = await Deno.readTextFile(RULES);
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name!);

/** promtool's own unit test of the rules: JSON is YAML. */
async function judge(stories: readonly (readonly [Story, firing: readonly string[]])[]) {
  const tests = stories.map(([{ series, at }, firing]) => ({
    interval: "1m",
    input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
    promql_expr_test: [{
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: `${at}m`,
      exp_samples: firing.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
    }],
  }));
  const file = await Deno.makeTempFile({ prefix: "verona-alerts-", suffix: ".yml" });
  await Deno.writeTextFile(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: "1m", tests }));
  const ended = await promtool(["test", "rules", file]);
  await Deno.remove(file);
  return ended;
}

Deno.test("alerts: promtool finds nothing wrong; each has its case, its words, its severity, and its row in operating.md", async () => {
  const { code, said } = await promtool(["check", "rules", "--lint-fatal", RULES]);
  assert.equal(code, 0, said);
  assert.deepEqual(alerts, Object.keys(CASES));
  const operating = await Deno.readTextFile(new URL("../../docs/operating.md", import.meta.url));
  for (const name of alerts) assert.ok(operating.includes(`| \`${name}\` |`), `docs/operating.md: ${name}`);
  for (const part of rules.split("- alert: ").slice(1)) {
    assert.match(part, /severity: (?:critical|warning)/, part);
    assert.match(part, /summary: ".+"\n +action: ".+"/, part);
  }
});

for (const [name, { fires, quiet, also = [] }] of Object.entries(CASES) as [string, Case][]) {
  Deno.test(`alert ${name} fires, and alone; beside it all is quiet`, async () => {
    const { code, said } = await judge([[fires, [name, ...also]], [quiet, []]]);
    assert.equal(code, 0, said);
    // A test that cannot fail would be none.
    const reversed = await judge([[fires, []]]);
    assert.notEqual(reversed.code, 0);
  });
}
