/** Which events are failures, and whose. */
import type { Cause } from "../../facts/cause.ts";
import type { RecordedEvent } from "../../facts/event.ts";

/** One attempt that failed. */
export interface Attempt {
  readonly cause: Cause;
  readonly direction: "in" | "out" | null;
  readonly local: string | null;
  readonly remote: string | null;
  /** Its address. */
  readonly peer: string | null;
  readonly connection: string | null;
  /** One that stands for many. */
  readonly times: number;
}

/** Ends that nobody has to mend. */
const GOOD: readonly Cause[] = [
  "stream.idle",
  "stream.closed",
  "dialback.done",
  "operator.closed",
  "server.shutdown",
  "policy.revoked",
];

/** Null when nothing failed, or when another event says it too. */
export function readAttempt(event: RecordedEvent): Attempt | null {
  const { cause, connection = null, pair, detail = {} } = event;
  if (cause === undefined || GOOD.includes(cause)) return null;
  const text = (name: string) => typeof detail[name] === "string" ? detail[name] as string : null;
  const times = typeof detail.repeated === "number" ? detail.repeated : 1;
  const common = { cause, connection, times, peer: text("peer") };
  // Its pairs go on by themselves; one that waits for it, though, is not open.
  if (cause === "stream.shutdown" && event.type !== "route.state") return null;
  switch (event.type) {
    case "pair.denied":
      // What the peer denies us is told by the state of its route.
      return text("direction") === "in" ? { ...common, direction: "in", ...namesOf(pair) } : null;
    case "pair.revoked":
      return { ...common, direction: text("direction") === "in" ? "in" : "out", ...namesOf(pair) };
    case "route.state": {
      const failed = detail.state === "denied" || detail.state === "backoff";
      return failed ? { ...common, direction: "out", ...namesOf(pair) } : null;
    }
    case "connection.failed":
    case "connection.closed":
      // What we dialled ourselves is told by its routes.
      if (text("direction") !== "in") return null;
      return { ...common, direction: "in", local: text("local"), remote: text("remote") };
    case "component.refused":
      return { ...common, direction: null, local: text("domain"), remote: null };
    default:
      return null;
  }
}

function namesOf(
  pair: RecordedEvent["pair"],
): { readonly local: string | null; readonly remote: string | null } {
  return { local: pair?.local ?? null, remote: pair?.remote ?? null };
}

/** What works: the remote domain, and in which direction. */
export function readSuccess(
  { type, pair }: RecordedEvent,
): { remote: string; direction: "in" | "out" } | null {
  if (pair === undefined) return null;
  if (type === "pair.granted") return { remote: pair.remote, direction: "in" };
  return type === "pair.authorised" ? { remote: pair.remote, direction: "out" } : null;
}
