/** One event as JSON. design.md 2.4. */
import type { RecordedEvent } from "../facts/event.ts";
import type { EventRow } from "./contract.ts";

export function eventRow({ seq, at, type, connection, pair, ...rest }: RecordedEvent): EventRow {
  return { seq, at, type, connection: connection ?? null, route: pair ?? null, ...rest };
}
