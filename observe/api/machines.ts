/** The machines themselves: `/machines/route` for the page; `.json`, `.svg`, `.mmd` behind the id for other tools. console.md 1.6. */
import type { MachineList } from "../contract.ts";
import { Problem } from "../problem.ts";
import { json } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const MACHINES: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/machines",
    role: "viewer",
    about: "the machines that connections and pairs are",
    answer: ({ parts: { machines } }) => {
      const list = machines.ids.map((id) => ({ id, name: machines.find(id)!.name }));
      return json({ machines: list } satisfies MachineList);
    },
  },
  {
    method: "GET",
    path: "/api/v1/machines/:id",
    role: "viewer",
    about:
      "one machine with its chart; `.json` (for xstate and Stately's tools), `.svg` or `.mmd` behind the id",
    answer: machine,
  },
];

const FORMATS = {
  json: ["json", "application/json"],
  svg: ["svg", "image/svg+xml"],
  mmd: ["mermaid", "text/plain; charset=utf-8"],
} as const;

function machine({ parts: { machines }, params }: Call): Response {
  const [, id, ending] = /^(.*?)(?:\.(json|svg|mmd))?$/s.exec(params[0]!)!;
  if (ending === undefined) {
    const view = machines.find(id!);
    if (view === null) throw noMachine(machines.ids);
    return json(view);
  }
  const [format, type] = FORMATS[ending as keyof typeof FORMATS];
  const text = machines.print(id!, format);
  if (text === null) throw noMachine(machines.ids);
  return new Response(text, { headers: { "content-type": type } });
}

const noMachine = (ids: readonly string[]) =>
  new Problem(404, "api.no-machine", "there is no such machine", `one of ${ids.join(", ")}`);
