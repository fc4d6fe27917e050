/** Where the recorder has let the events of a pair go, its failures may still be counted. */
import type { Failures } from "../failures/failures.ts";
import { type Decision, textIn } from "./decisions.ts";

type Pair = { readonly local: string; readonly remote: string };

export function remembered(failures: Failures, pair: Pair, direction: "in" | "out"): Decision | null {
  const failure = failures.ofPair(pair, direction);
  if (failure === null) return null;
  const { cause, event, last, attempt } = failure;
  // The latest attempt may be another pair's of the same domain: what was seen then is not this one's.
  const own = attempt.local === pair.local && attempt.remote === pair.remote;
  return {
    what: event.type === "pair.revoked" ? "revoked" : direction === "in" ? "denied" : "failed",
    at: new Date(last).toISOString(),
    cause,
    connection: own ? attempt.connection : null,
    detail: own ? event.detail ?? {} : {},
    words: own ? textIn(event.detail) : null,
  };
}
