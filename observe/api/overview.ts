/** Is it healthy, what happens, what needs a look. console.md 6 A. */
import { Problem } from "../problem.ts";
import { json } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const OVERVIEW: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/overview",
    role: "viewer",
    about:
      "health, totals, rates, latencies, what ends soon, what needs attention; `series=day`: a day by minutes",
    answer: overview,
  },
];

async function overview({ parts, url }: Call): Promise<Response> {
  const series = url.searchParams.get("series") ?? "quarter";
  if (series === "day") return json(await parts.overview.read("day"));
  if (series !== "quarter") {
    throw new Problem(400, "api.query", "series is neither quarter nor day", "series=day");
  }
  const text = await parts.overview.json();
  if (text !== null) return new Response(`${text}\n`, { headers: { "content-type": "application/json" } });
  throw new Problem(503, "api.busy", "the overview cannot be had now", "ask again", { "retry-after": "1" });
}
