/** The Grafana dashboard of docs/monitoring: `deno task references` writes it. */
import { type Panel, ROWS } from "./rows.ts";

const SOURCE = { type: "prometheus", uid: "${datasource}" };
const STAT = { w: 6, h: 4 }, GRAPH = { w: 8, h: 8 };

/** As Grafana 10 and later import it. */
export function dashboard(): string {
  let id = 0, y = 0;
  const panels = Object.entries(ROWS).flatMap(([title, row]) => {
    const head = {
      id: ++id,
      type: "row",
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: 24, h: 1 },
    };
    y++;
    const place = new Shelf(y);
    const placed = row.map((panel) => print(panel, ++id, place.put(panel.kind === "stat" ? STAT : GRAPH)));
    y = place.end;
    return [head, ...placed];
  });
  return JSON.stringify({ ...FRAME, panels }, null, 2) + "\n";
}

/** From left to right; a piece of another height begins a new line. */
class Shelf {
  #x = 0;
  #h = 0;
  constructor(private y: number) {}

  put({ w, h }: { readonly w: number; readonly h: number }) {
    if (this.#x + w > 24 || (this.#h !== 0 && this.#h !== h)) {
      this.y += this.#h;
      this.#x = 0;
    }
    this.#h = h;
    const at = { x: this.#x, y: this.y, w, h };
    this.#x += w;
    return at;
  }

  get end(): number {
    return this.y + this.#h;
  }
}

function print(
  { title, about, unit, targets, kind = "timeseries", stacked, limits }: Panel,
  id: number,
  gridPos: unknown,
) {
  const custom = {
    lineWidth: 1,
    fillOpacity: stacked ? 20 : 0,
    stacking: { mode: stacked ? "normal" : "none", group: "A" },
  };
  return {
    ...{ id, type: kind, title, description: about, gridPos, datasource: SOURCE },
    fieldConfig: {
      defaults: {
        unit,
        ...(kind === "timeseries" ? { min: 0, custom } : {}),
        ...(limits === undefined ? {} : { color: { mode: "thresholds" }, thresholds: steps(limits) }),
      },
      overrides: [],
    },
    options: kind === "stat"
      ? { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }, colorMode: "value" }
      : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
    targets: targets.map(({ expr, legend = "" }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: SOURCE,
      expr: expr.replaceAll(/\{\$(?=[,}])/g, '{instance=~"$instance"'),
      legendFormat: legend,
    })),
  };
}

function steps([yellow, red]: readonly [number, number]) {
  const colours = yellow > red
    ? [{ color: "red", value: null }, { color: "yellow", value: red }, { color: "green", value: yellow }]
    : [{ color: "green", value: null }, { color: "yellow", value: yellow }, { color: "red", value: red }];
  return { mode: "absolute", steps: colours };
}

const FRAME = {
  title: "Verona",
  uid: "verona",
  description:
    "XMPP server-to-server federation by proof. Metrics: docs/metrics.md. Alerts: docs/monitoring/alerts.yml.",
  tags: ["xmpp", "verona"],
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  schemaVersion: 39,
  time: { from: "now-6h", to: "now" },
  timezone: "browser",
  templating: {
    list: [
      { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
      {
        ...{ name: "instance", label: "Server", type: "query", datasource: SOURCE, refresh: 2, sort: 1 },
        query: { query: "label_values(verona_build_info, instance)", refId: "instance" },
        ...{ multi: true, includeAll: true, allValue: ".*", current: { text: "All", value: "$__all" } },
      },
    ],
  },
};
