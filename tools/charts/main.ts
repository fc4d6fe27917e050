/**
 * Lays out every machine's chart into console/gen/charts.json, keyed by the hash of its definition: those that did not
 * change are kept (`--all`: laid out anew). `--check` only says what is stale.
 */
import type { Chart } from "../../console/chart/chart.ts";
import { definitionOf, hashOf } from "../../console/chart/definition.ts";
import { MACHINES } from "../../console/machines.ts";
import { graphOf } from "./graph.ts";
import { faultsOf, layOut } from "./layout.ts";

const FILE = new URL("../../console/gen/charts.json", import.meta.url);

type Charts = Readonly<Record<string, Chart>>;

async function read(): Promise<Charts> {
  try {
    return JSON.parse(await Deno.readTextFile(FILE));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** One machine a line, so that a change is seen to be one machine's. */
function print(charts: Charts): string {
  return `{\n${
    Object.entries(charts).map(([id, chart]) => `${JSON.stringify(id)}:${JSON.stringify(chart)}`).join(",\n")
  }\n}\n`;
}

/** The machines whose chart is missing or was drawn from another definition. */
export async function stale(): Promise<string[]> {
  const kept = await read();
  const gone = Object.keys(kept).filter((id) => !(id in MACHINES));
  const changed = Object.entries(MACHINES).filter(([id, machine]) =>
    kept[id]?.hash !== hashOf(definitionOf(machine))
  );
  return [...changed.map(([id]) => id), ...gone];
}

async function drawAll(anew: boolean): Promise<void> {
  const kept = anew ? {} : await read();
  const charts: Record<string, Chart> = {};
  for (const [id, machine] of Object.entries(MACHINES)) {
    const definition = definitionOf(machine), hash = hashOf(definition);
    const chart = kept[id]?.hash === hash ? kept[id] : await layOut(id, hash, graphOf(definition));
    for (const fault of faultsOf(chart)) console.log(`${id}: ${fault}`);
    if (chart !== kept[id]) console.log(`${id}: ${chart.width} x ${chart.height}`);
    charts[id] = chart;
  }
  await Deno.writeTextFile(FILE, print(charts));
}

if (import.meta.main) {
  if (!Deno.args.includes("--check")) await drawAll(Deno.args.includes("--all"));
  else {
    const behind = await stale();
    if (behind.length > 0) {
      console.log(`console/gen/charts.json is older than machines/: ${behind.join(", ")}; run ./dev charts`);
      Deno.exit(1);
    }
  }
}
