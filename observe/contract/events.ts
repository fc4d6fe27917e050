/** One decision or step as JSON, the same in the event stream, in a history and on the socket. design.md 2.4; docs/events.md. */
import type { Cause } from "../../facts/cause.ts";
import type { Detail, EventType } from "../../facts/event.ts";

export interface EventRow {
  /** Counts from 1 at every start of the server; with its epoch it is an event's id: `<epoch>-<seq>`. */
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly connection: string | null;
  readonly route: { readonly local: string; readonly remote: string } | null;
  readonly level?: "debug" | "info" | "warning" | "error";
  readonly cause?: Cause;
  /** Where it stands among the spans of OpenTelemetry, where that is on and the trace is exported. */
  readonly traceId?: string;
  readonly spanId?: string;
  readonly detail?: { readonly [key: string]: Detail };
}

/** `GET /api/v1/connections/:id/events`, `GET /api/v1/routes/:local/:remote/events`: decisions, and the steps between them. */
export interface EventList {
  readonly epoch: string;
  /** It is over: a closed connection, a route that was forgotten. */
  readonly ended: boolean;
  /** Events between the first 40 and the last 24 that were let go. */
  readonly left: number;
  /** Something is missing after the event that was named by `after`: let go, or of another start. */
  readonly cut: boolean;
  readonly events: readonly EventRow[];
}
