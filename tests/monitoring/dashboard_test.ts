/** The Grafana dashboard and the alert rules against a real server, and a real Prometheus that scrapes it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Stage } from "../harness/stage.ts";
import { parse, Prometheus } from "../harness/prometheus.ts";

const FOLDER = new URL("../../docs/monitoring/", import.meta.url);
const RULES = fileURLToPath(new URL("alerts.yml", FOLDER));

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
}

const dashboard: {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
} = JSON.parse(await Deno.readTextFile(new URL("dashboard.json", FOLDER)));

const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ title, ...target }))
);

/** As Grafana fills it in. */
const filled = (expr: string) => expr.replaceAll("$instance", ".*").replaceAll("$__rate_interval", "1m");

/** Expressions of the rules, folded lines joined. */
function expressionsOf(rules: string): string[] {
  return rules.split("- alert: ").slice(1).map((part) =>
    /expr: (?:>-\n)?([^]*?)\n +(?:for|labels):/.exec(part)![1]!.replaceAll(/\s+/g, " ").trim()
  );
}

Deno.test("dashboard: panels have names of their own, lie side by side within 24 columns, and ask something", () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Map<string, string>();
  for (const { title, type, gridPos: { x, y, w, h }, datasource, targets = [] } of panels) {
    assert.ok(x >= 0 && x + w <= 24, title);
    for (let i = x; i < x + w; i++) {
      for (let j = y; j < y + h; j++) {
        assert.ok(!taken.has(`${i} ${j}`), `${title} lies over ${taken.get(`${i} ${j}`)}`);
        taken.set(`${i} ${j}`, title);
      }
    }
    if (type === "row") continue;
    assert.equal(datasource?.uid, "${datasource}", title);
    assert.ok(targets.length > 0, title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
  }
  const variables = new Set([...dashboard.templating.list.map(({ name }) => name), "__rate_interval"]);
  for (const { title, expr } of targets) {
    for (const [, name] of expr.matchAll(/\$(\w+)/g)) assert.ok(variables.has(name!), `${title}: $${name}`);
    assert.ok(expr.includes('instance=~"$instance"'), title);
  }
});

Deno.test("dashboard and alerts name only metrics and labels that a real server has", async () => {
  await using stage = await Stage.open();
  const text = await (await fetch(`${stage.server.console}/metrics`, {
    headers: { accept: "application/openmetrics-text" },
  })).text();
  const suffixes: Record<string, string[]> = {
    counter: ["_total"],
    gauge: [""],
    info: ["_info"],
    histogram: ["_bucket", "_sum", "_count"],
  };
  const there = new Set(
    (await parse(text, "openmetrics")).flatMap(({ name, type }) =>
      suffixes[type]!.map((suffix) => name + suffix)
    ),
  );
  const labels = await documentedLabels();
  const alerts = expressionsOf(await Deno.readTextFile(RULES));
  assert.ok(targets.length > 40 && alerts.length > 15);
  const asked = new Set<string>();
  for (
    const [where, expr] of [
      ...targets.map(({ title, expr }) => [title, expr]),
      ...alerts.map((a) => ["alert", a]),
    ]
  ) {
    const names = expr!.match(/\b(?:verona|xmpp_s2s|process)_\w+/g) ?? [];
    for (const name of names) assert.ok(there.has(name), `${where}: ${name}`);
    for (const name of names) asked.add(name);
    const known = new Set(["instance", "job", "le", ...names.flatMap((name) => labels.get(name) ?? [])]);
    const grouped = [...expr!.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/, ?/));
    const matched = [...expr!.matchAll(/[{,](\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label!);
    for (const label of [...grouped, ...matched]) assert.ok(known.has(label), `${where}: ${label}`);
  }
  for (const { title, expr, legendFormat } of targets) {
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      const kept = /\bby \(/.test(expr)
        ? new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr)
        : label === "instance";
      assert.ok(kept, `${title}: the legend's ${label} is gone`);
    }
  }
  assert.ok(asked.size > 35, "most metrics are shown");
});

/** By sampled name, from docs/metrics.md, as operators read it. */
async function documentedLabels(): Promise<Map<string, string[]>> {
  const text = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm)];
  return new Map(rows.flatMap(([, name, type, list]) => {
    const labels = [...list!.matchAll(/`(\w+)`/g)].map(([, label]) => label!);
    const names = type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name!];
    return names.map((one) => [one, labels] as const);
  }));
}

Deno.test("a real Prometheus takes the rules, scrapes a real server, and understands every question of the dashboard", async () => {
  await using stage = await Stage.open();
  await stage.initiateWith();
  await using prometheus = await Prometheus.start(new URL(stage.server.console).host, [RULES]);
  // Counters over time want two looks.
  const scraped = 'count_over_time(up{job="verona"}[1m])';
  await prometheus.eventually(
    `query?query=${encodeURIComponent(scraped)}`,
    ({ result }) => Number(result[0]?.value[1]) >= 3,
  );
  type Rule = { name: string; health: string; lastError?: string; state: string };
  const { groups } = await prometheus.eventually(
    "rules",
    ({ groups }) => groups[0]?.rules.every(({ health }: Rule) => health !== "unknown"),
  );
  const rules: Rule[] = groups.flatMap(({ rules }: { rules: Rule[] }) => rules);
  assert.equal(rules.length, 17);
  assert.deepEqual(rules.filter(({ health }) => health !== "ok"), []);
  assert.deepEqual(rules.filter(({ state }) => state === "firing"), []);
  const empty: string[] = [];
  for (const { title, expr } of targets) {
    const { result } = await prometheus.query(filled(expr));
    if (result.length === 0) empty.push(title);
  }
  // What did not happen shows nothing; what is there does.
  for (
    const title of [
      "Ready",
      "Open pairs",
      "Connections by state",
      "Open pairs by proof",
      "Resident memory",
      "CPU",
    ]
  ) {
    assert.ok(!empty.includes(title), `${title} shows nothing`);
  }
});
