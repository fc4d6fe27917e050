/** Why a pair is open or not. design.md 2.4. */
import { explanationOf } from "../explain/explanation.ts";
import { Problem } from "../problem.ts";
import { json, NOT_HOSTED, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const EXPLAIN: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/explain",
    role: "viewer",
    about: "why the pair `from`, `to` is open or not, in both directions, stage by stage; no table changes",
    answer: explain,
  },
];

async function explain({ parts, url }: Call): Promise<Response> {
  const { local, remote } = readPair(url.searchParams.get("from") ?? "", url.searchParams.get("to") ?? "");
  const live = await parts.view.explain(local, remote);
  if (live !== null) return json(explanationOf(live, parts));
  throw new Problem(404, "route.not-hosted", `"${local}" is not hosted here`, NOT_HOSTED);
}
