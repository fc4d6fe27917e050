/** The machines of this server for whoever looks at them: structure, chart and texts for other tools. */
import { configOf } from "./chart/config.ts";
import type { Chart } from "./chart/chart.ts";
import { definitionOf, hashOf, type StateDefinition } from "./chart/definition.ts";
import { printMermaid } from "./chart/mermaid.ts";
import { printSvg } from "./chart/svg.ts";
import charts from "./gen/charts.json" with { type: "json" };
import { MACHINES } from "./machines.ts";
import type { MachineLibrary, MachineView, OutlineState } from "../observe/contract/machines.ts";

const CHARTS = charts as unknown as Readonly<Record<string, Chart>>;

export const FORMATS = ["json", "svg", "mermaid"] as const;
export type Format = (typeof FORMATS)[number];

export const library: MachineLibrary = {
  ids: Object.keys(MACHINES),
  find,
  print,
};

/** Null when there is no such machine. */
function find(id: string): MachineView | null {
  const key = keyOf(id), machine = MACHINES[key];
  if (machine === undefined) return null;
  const definition = definitionOf(machine), hash = hashOf(definition), chart = CHARTS[key];
  return {
    id: key,
    name: definition.id,
    hash,
    states: outline(definition),
    config: configOf(definition),
    // A chart of another definition would lie: the page shows the outline in its place.
    chart: chart?.hash === hash ? chart : null,
  };
}

function print(id: string, format: Format): string | null {
  const view = find(id);
  if (view === null) return null;
  if (format === "json") return JSON.stringify(view.config, null, 2) + "\n";
  if (format === "mermaid") return printMermaid(MACHINES[view.id]!) + "\n";
  return view.chart === null ? null : printSvg(view.chart);
}

/** Traces name machines as they name themselves: "outbound stream". */
const keyOf = (id: string): string => id.replaceAll(" ", "_");

function outline(state: StateDefinition, path = ""): OutlineState[] {
  return Object.entries(state.states).map(([key, child]) => {
    const id = path === "" ? key : `${path}.${key}`;
    return {
      id,
      name: key,
      events: [
        ...new Set(
          child.transitions.map(({ eventType, delay }) => delay === undefined ? eventType : `after ${delay}`),
        ),
      ],
      states: outline(child, id),
    };
  });
}
