/** One decision as JSON, the same in the event stream, in a history and on the socket. design.md 2.4; docs/events.md. */
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
  readonly detail?: { readonly [key: string]: Detail };
}

/** `GET /api/v1/connections/:id/events`. */
export interface EventList {
  readonly epoch: string;
  readonly events: readonly EventRow[];
}
