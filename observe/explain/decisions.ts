/** What was decided last of a pair, in each direction, from the events that are kept of it. */
import type { Cause } from "../../facts/cause.ts";
import type { Detail, RecordedEvent } from "../../facts/event.ts";

export interface Decision {
  /** `failed`: an attempt of ours came to nothing before the peer could say anything. */
  readonly what: "granted" | "denied" | "revoked" | "failed";
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly cause: Cause | null;
  readonly connection: string | null;
  readonly detail: Readonly<Record<string, Detail>>;
  /** The peer's own words: as hostile as everything of a peer's. */
  readonly words: string | null;
}

export interface Decisions {
  /** The peer asks us. */
  readonly in: Decision | null;
  /** We ask the peer. */
  readonly out: Decision | null;
}

/** @param events Of one pair, the oldest first. */
export function lastDecisions(events: readonly RecordedEvent[]): Decisions {
  const last: { in: Decision | null; out: Decision | null } = { in: null, out: null };
  let said: RecordedEvent | null = null;
  for (const event of events) {
    switch (event.type) {
      case "verdict.received":
        said = event;
        break;
      case "pair.granted":
        last.in = decided("granted", event, null);
        break;
      case "pair.authorised":
        last.out = decided("granted", event, null);
        break;
      case "pair.denied":
        last[wayOf(event)] = decided("denied", event, said);
        break;
      case "pair.revoked":
        revoke(last, event, said);
        break;
      case "route.state":
        if (FAILED.has(event.detail?.state)) last.out = failed(last.out, event);
    }
  }
  return last;
}

const FAILED: ReadonlySet<unknown> = new Set(["denied", "backoff"]);

const wayOf = ({ detail }: RecordedEvent): "in" | "out" => detail?.direction === "in" ? "in" : "out";

/** @param said The latest verdict of the peer; it belongs to this when it came on the same connection, and was no yes. */
function decided(what: Decision["what"], event: RecordedEvent, said: RecordedEvent | null): Decision {
  const { at, cause = null, connection = null, detail = {} } = event;
  const ofIt = wayOf(event) === "out" && said?.connection === connection && said?.cause === cause;
  return { what, at, cause, connection, detail, words: textIn(ofIt ? said?.detail : detail) };
}

/** Both directions go that stood on the connection (protocol.md 2.7), whichever one the event names. */
function revoke(
  last: { in: Decision | null; out: Decision | null },
  event: RecordedEvent,
  said: RecordedEvent | null,
): void {
  const [way, other] = wayOf(event) === "in" ? ["in", "out"] as const : ["out", "in"] as const;
  const gone = decided("revoked", event, said);
  last[way] = gone;
  if (last[other]?.what === "granted" && last[other]?.connection === gone.connection) last[other] = gone;
}

/** What the route makes of a denial says less than the denial, but for the stream error that was the whole of it. */
function failed(before: Decision | null, event: RecordedEvent): Decision {
  const own = decided("failed", event, null);
  if (before === null || before.what === "granted" || before.cause !== own.cause) return own;
  return {
    ...before,
    at: own.at,
    detail: { ...before.detail, ...own.detail },
    words: before.words ?? own.words,
  };
}

/** A peer's words, where an event has some. */
export function textIn(detail: Readonly<Record<string, Detail>> | undefined): string | null {
  return typeof detail?.text === "string" ? detail.text : null;
}
