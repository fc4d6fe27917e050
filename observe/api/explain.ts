/** Why a pair is open or not. design.md 2.4. */
import { CAUSES } from "../../facts/cause.ts";
import type { Detail, RecordedEvent } from "../../facts/event.ts";
import type { Explanation, Stage } from "../contract.ts";
import { Problem } from "../problem.ts";
import type { Trace } from "../recorder.ts";
import { json, NOT_HOSTED, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const EXPLAIN: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/explain",
    role: "viewer",
    about: "why the pair `from`, `to` is open or not, stage by stage; no table changes",
    answer: explain,
  },
];

async function explain({ parts, url }: Call): Promise<Response> {
  const { local, remote } = readPair(url.searchParams.get("from") ?? "", url.searchParams.get("to") ?? "");
  const explanation = await parts.view.explain(local, remote);
  if (explanation !== null) {
    return json(withAttempts(explanation, parts.recorder.trace({ pair: { local, remote } })));
  }
  throw new Problem(404, "route.not-hosted", `"${local}" is not hosted here`, NOT_HOSTED);
}

/** Which machines were tried last, and what each of them did: the evidence of a cause that TCP or TLS is. */
function withAttempts(explanation: Explanation, trace: Trace | null): Explanation {
  const events = trace?.events ?? [];
  const began = events.findLastIndex(({ type, detail }) =>
    type === "route.state" && BEGINS.has(detail?.state)
  );
  const tried = events.slice(Math.max(0, began)).filter(({ type }) => type === "address.tried").map(attempt);
  if (tried.length === 0) return explanation;
  const { verdict, cause } = explanation;
  const failed = verdict === "closed" && cause !== null && cause.startsWith("tcp.");
  const stages = explanation.stages.map((stage): Stage => {
    if (stage.id !== "connection") return stage;
    const evidence = { ...(stage.evidence as Readonly<Record<string, Detail>> | null), tried };
    return { ...stage, evidence, ...(failed ? { verdict: "fail", hint: CAUSES[cause].next } : {}) };
  });
  return { ...explanation, stages };
}

const BEGINS: ReadonlySet<unknown> = new Set(["resolving", "connecting"]);

function attempt({ detail, cause }: RecordedEvent): string {
  const { host, address, port, elapsedMs } = detail!;
  return `${address} port ${port} (${host}): ${cause ?? "answered"} after ${elapsedMs} ms`;
}
