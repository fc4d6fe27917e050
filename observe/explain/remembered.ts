/** Where the recorder has let the events of a pair go, its failures may still be counted. */
import type { Failures } from "../failures/failures.ts";
import type { LiveExplanation } from "../live.ts";
import { type Decision, textIn } from "./decisions.ts";

export function remembered(failures: Failures, live: LiveExplanation, way: "in" | "out"): Decision | null {
  const failure = failures.ofPair(live, way, live.directions[way].cause);
  if (failure === null) return null;
  const { cause, event, last, attempt } = failure;
  // The latest attempt may be another pair's of the same domain: what was seen then is not this one's.
  const own = attempt.local === live.local && attempt.remote === live.remote;
  const refusal = way === "out" ? failures.refusalOf(live, cause) : null;
  const detail = { ...(own ? event.detail : {}), ...refusal?.detail };
  return {
    what: event.type === "pair.revoked" ? "revoked" : way === "in" || refusal !== null ? "denied" : "failed",
    at: refusal?.at ?? new Date(last).toISOString(),
    cause,
    connection: refusal?.connection ?? (own ? attempt.connection : null),
    detail,
    words: textIn(detail),
  };
}
