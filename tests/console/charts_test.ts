import assert from "node:assert/strict";
import { createMachine } from "xstate";
import { definitionOf, hashOf, statesById } from "../../console/chart/definition.ts";
import { TEXT_PX } from "../../console/chart/chart.ts";
import { configOf, type MachineConfig } from "../../console/chart/config.ts";
import { printMermaid } from "../../console/chart/mermaid.ts";
import { printSvg } from "../../console/chart/svg.ts";
import { library } from "../../console/library.ts";
import { MACHINES } from "../../console/machines.ts";
import { graphOf } from "../../tools/charts/graph.ts";
import { faultsOf } from "../../tools/charts/layout.ts";
import { stale } from "../../tools/charts/main.ts";
import { alone, TOKEN } from "../api/parts.ts";
import { verona } from "../cli/verona.ts";

Deno.test("charts: every machine of machines/ is known by its file's name", async () => {
  const files = await Array.fromAsync(Deno.readDir(new URL("../../machines/", import.meta.url)));
  const machines = [];
  for (const { name } of files) {
    if (!name.endsWith(".ts")) continue;
    const module: Record<string, unknown> = await import(`../../machines/${name}`);
    for (const exported of Object.values(module)) {
      if (Object.values(MACHINES).includes(exported as never)) machines.push(name.replace(".ts", ""));
      else assert(!isMachine(exported), `console/machines.ts lacks that of machines/${name}`);
    }
  }
  assert.deepEqual(machines.sort(), Object.keys(MACHINES).sort());
});

const isMachine = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "definition" in value;

Deno.test("X11: charts: what is committed was drawn from the machines as they are (else run ./dev charts)", async () => {
  assert.deepEqual(await stale(), []);
});

for (const id of library.ids) {
  const view = library.find(id)!;
  const chart = view.chart!;

  Deno.test(`charts: ${id}: every state and every transition is drawn or written`, () => {
    const states = [...statesById(definitionOf(MACHINES[id]!)).values()].filter(({ path }) => path !== "");
    assert.deepEqual(chart.states.map(({ id }) => id).sort(), states.map(({ path }) => path).sort());
    const keys = new Set([
      ...chart.edges.flatMap(({ labels }) => labels),
      ...chart.states.flatMap(({ rows }) => rows.flatMap(({ labels }) => labels)),
    ].map(({ key }) => key));
    const transitions = states.reduce((sum, { state }) => sum + state.transitions.length, 0);
    assert.equal(keys.size, transitions);
  });

  Deno.test(`D1.8: charts: ${id}: no label covers another one or a state, no edge runs through a state`, () => {
    assert.deepEqual(faultsOf(chart), []);
  });

  Deno.test(`D1.8: charts: ${id}: with texts of 8.5 px it fits the page at 1440 x 900, or nearly`, () => {
    const least = 8.5 / TEXT_PX;
    assert(
      chart.width * least <= 1068 * 1.3 && chart.height * least <= 644 * 1.3,
      `${chart.width} x ${chart.height}`,
    );
  });

  Deno.test(`charts: ${id}: every guard and action has a name, for an unnamed one vanishes from the chart`, () => {
    const unnamed = JSON.stringify(definitionOf(MACHINES[id]!)).match(/"(?:guard|type)":null|\(unnamed\)/g);
    assert.equal(unnamed, null);
    assert(!JSON.stringify(view.config).includes("(unnamed)"));
  });

  Deno.test(`charts: ${id}: its JSON is a configuration of xstate with the same structure`, () => {
    const again = createMachine(JSON.parse(library.print(id, "json")!));
    assert.deepEqual(shape(configOf(definitionOf(again))), shape(view.config));
  });

  Deno.test(`charts: ${id}: its SVG has every state's name and no script`, () => {
    const svg = printSvg(chart);
    for (const { name } of chart.states) assert(svg.includes(`>${name}</text>`), name);
    assert(!/<script|javascript:|href=/i.test(svg));
  });

  Deno.test(`charts: ${id}: its Mermaid text names every state`, () => {
    const text = printMermaid(MACHINES[id]!);
    for (const { id: state, name } of chart.states) {
      assert(text.includes(`state "${name}" as ${state.replaceAll(".", "_")}`), state);
    }
  });
}

/** Without ids, which a machine's own root may change. */
function shape(config: MachineConfig): unknown {
  return JSON.parse(JSON.stringify(config));
}

Deno.test("charts: a machine that changed has another hash, and no chart", () => {
  const changed = createMachine({ ...configOf(definitionOf(MACHINES.proof!)), initial: "ended" } as never);
  assert.notEqual(hashOf(definitionOf(changed)), library.find("proof")!.hash);
  assert.equal(library.find("no such machine"), null);
});

Deno.test("charts: what ends a stream is folded into rows, and kept as edges for whoever wants them", () => {
  const { states, ends } = graphOf(definitionOf(MACHINES.outbound_stream!));
  const rows = states.get("connecting")!.rows;
  assert(rows.some(({ kind, text }) => kind === "end" && text === "tcp.failed"));
  assert(rows.some(({ kind, text }) => kind === "end" && /^\d+ other endings$/.test(text)));
  assert(ends.some(({ source, target }) => source === "connecting" && target === "closed"));
});

Deno.test("charts: verona machines lists them and prints one; an unknown one is wrong use", async () => {
  const all = await verona(["machines", "--json"]);
  assert.deepEqual(JSON.parse(all.stdout).machines.map(({ id }: { id: string }) => id), library.ids);
  assert.match((await verona(["machines", "route", "--format", "svg"])).stdout, /^<svg /);
  assert.match((await verona(["machines", "route"])).stdout, /^stateDiagram-v2/);
  const unknown = await verona(["machines", "no-such"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /"no-such" is no machine/);
});

Deno.test("charts: /api/v1/machines/:id has the chart, and behind .svg, .mmd and .json what other tools take", async () => {
  await using api = alone();
  const ask = (path: string) =>
    fetch(`${api.origin}/api/v1/machines${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const view = await (await ask("/outbound_stream")).json();
  assert.deepEqual([view.id, view.name, view.hash], [
    "outbound_stream",
    "outbound stream",
    library.find("outbound_stream")!.hash,
  ]);
  assert.equal(view.chart.hash, view.hash);
  assert.equal((await (await ask("")).json()).machines.length, library.ids.length);
  const svg = await ask("/route.svg");
  assert.equal(svg.headers.get("content-type"), "image/svg+xml");
  assert.match(await svg.text(), /^<svg /);
  assert.match(await (await ask("/route.mmd")).text(), /^stateDiagram-v2/);
  assert.equal((await (await ask("/route.json")).json()).id, "route");
  const none = await ask("/nothing");
  assert.equal(none.status, 404);
  assert.equal((await none.json()).cause, "api.no-machine");
});
