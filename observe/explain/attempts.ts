/** The latest attempt at a pair: which machines were tried, what each of them did, and how far it came. */
import { type Cause, CAUSES } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";
import type { Stage } from "../contract.ts";
import { stageOf } from "../failures/stages.ts";
import type { Decision } from "./decisions.ts";
import { type Facts, factsOf } from "./facts.ts";

const BEGINS: ReadonlySet<unknown> = new Set(["resolving", "connecting"]);

export interface Attempted {
  /** In words, the first first. */
  readonly tried: readonly string[];
  /** Addresses that were found, and are not dialled from here. */
  readonly forbidden: readonly string[];
  /** On which it was tried last. */
  readonly connection: string | null;
  /** The peer was asked for the pair: what came then is its answer. */
  readonly asked: boolean;
}

/** @param events Of one pair, the oldest first. */
export function attempted(events: readonly RecordedEvent[]): Attempted {
  const began = events.findLastIndex(({ type, detail }) =>
    type === "route.state" && BEGINS.has(detail?.state)
  );
  const since = events.slice(Math.max(0, began));
  const dialled = since.filter(({ type }) => type === "address.tried");
  const forbidden = since.filter(({ type, cause }) =>
    type === "addresses.resolved" && cause === "tcp.forbidden"
  );
  return {
    tried: [...dialled.map(attempt), ...forbidden.map(refused)],
    forbidden: [...new Set(forbidden.flatMap(forbiddenIn))],
    connection: dialled.at(-1)?.connection ?? null,
    asked: since.some(({ type }) => type === "request.sent"),
  };
}

function attempt({ detail, cause, connection }: RecordedEvent): string {
  const { host, address, port, elapsedMs } = detail!;
  const where = connection === undefined ? "" : `, ${connection}`;
  return `${address} port ${port} (${host}): ${cause ?? "answered"} after ${elapsedMs} ms${where}`;
}

function refused(event: RecordedEvent): string {
  return `${forbiddenIn(event).join(", ")} (${event.detail?.host}): tcp.forbidden, not dialled`;
}

function forbiddenIn({ detail }: RecordedEvent): readonly string[] {
  const { forbidden } = detail ?? {};
  return Array.isArray(forbidden) ? forbidden as readonly string[] : [];
}

/** Whether a pair that is closed came no further than to look for a proven connection. */
export function failedToConnect(cause: Cause, { asked, tried }: Attempted, last: Decision | null): boolean {
  if (asked || (last !== null && last.what !== "failed")) return false;
  return tried.length > 0 || stageOf(cause) !== "pair" || cause === "policy.dialback" ||
    cause === "policy.dns";
}

/** The stage "connection" with them. */
export function withAttempts(
  stage: Stage,
  { tried }: Attempted,
  failure: { readonly cause: Cause; readonly hint: string; readonly seen: Facts } | null,
): Stage {
  const evidence: Facts = { ...factsOf(stage), ...(tried.length > 0 ? { tried } : {}), ...failure?.seen };
  if (Object.keys(evidence).length === 0 && failure === null) return stage;
  return { ...stage, evidence, ...(failure === null ? {} : { verdict: "fail", hint: failure.hint }) };
}

/** What to do next, with what was seen in it where that is what has to be known. */
export function hintFor(cause: Cause, { forbidden }: Attempted): string {
  const { next } = CAUSES[cause];
  if (cause !== "tcp.forbidden" || forbidden.length === 0) return next;
  return `the address is ${forbidden.join(", ")}; ${next}`;
}
