/** Why a pair is open or not. design.md 2.4. */
import { explanationOf } from "../explain/explanation.ts";
import { Problem } from "../problem.ts";
import type { DomainPair } from "../../xmpp/domain.ts";
import type { Role } from "../tokens.ts";
import { json, NOT_HOSTED, readPair } from "./answers.ts";
import type { ApiParts, Call, Endpoint } from "./endpoint.ts";

export const EXPLAIN: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/explain",
    role: "viewer",
    about: "why the pair `from`, `to` is open or not, in both directions, stage by stage; no table changes",
    answer: explain,
  },
];

/** At one time, of viewers and of operators each: of a name that no table knows DNS is asked, and federation asks there too. */
const MOST_UNDER_WAY = 8;

const underWay: Record<Role, number> = { viewer: 0, operator: 0 };

async function explain({ parts, url, visitor }: Call): Promise<Response> {
  const pair = readPair(url.searchParams.get("from") ?? "", url.searchParams.get("to") ?? "");
  const { role } = visitor!;
  if (underWay[role] >= MOST_UNDER_WAY) throw tooMany();
  underWay[role]++;
  try {
    return await answer(parts, pair);
  } finally {
    underWay[role]--;
  }
}

const tooMany = () =>
  new Problem(429, "api.busy", `${MOST_UNDER_WAY} explanations are under way`, "wait for one of them", {
    "retry-after": "1",
  });

async function answer(parts: ApiParts, { local, remote }: DomainPair): Promise<Response> {
  const live = await parts.view.explain(local, remote);
  if (live !== null) return json(explanationOf(live, parts));
  throw new Problem(404, "route.not-hosted", `"${local}" is not hosted here`, NOT_HOSTED);
}
