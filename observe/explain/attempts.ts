/** Which machines were tried last, and what each of them did: the evidence of a cause that TCP or TLS is. */
import { CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { Stage, Way } from "../contract.ts";
import { type Facts, factsOf } from "./facts.ts";

const BEGINS: ReadonlySet<unknown> = new Set(["resolving", "connecting"]);

/** @param events Of one pair, the oldest first. */
export function attempted(events: readonly RecordedEvent[]): readonly string[] {
  const began = events.findLastIndex(({ type, detail }) =>
    type === "route.state" && BEGINS.has(detail?.state)
  );
  return events.slice(Math.max(0, began)).filter(({ type }) => type === "address.tried").map(attempt);
}

/** The stage "connection" with them. */
export function withAttempts(
  stage: Stage,
  tried: readonly string[],
  { verdict, cause }: Omit<Way, "sentence">,
): Stage {
  if (tried.length === 0) return stage;
  const evidence: Facts = { ...factsOf(stage), tried };
  const failed = verdict === "closed" && cause !== null && cause.startsWith("tcp.");
  return { ...stage, evidence, ...(failed ? { verdict: "fail", hint: CAUSES[cause].next } : {}) };
}

function attempt({ detail, cause }: RecordedEvent): string {
  const { host, address, port, elapsedMs } = detail!;
  return `${address} port ${port} (${host}): ${cause ?? "answered"} after ${elapsedMs} ms`;
}
