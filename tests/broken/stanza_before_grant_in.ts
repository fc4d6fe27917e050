/** BROKEN ON PURPOSE: one grant on a connection lets every stanza in. Stands for routing/filter.ts. */
import { type Arrival, type Filter, type Filtered, filterInward as sound } from "../../routing/filter.ts";
import type { ConnectionRow } from "../../routing/connection_row.ts";

export * from "../../routing/filter.ts";

export function filterInward(
  filter: Filter,
  connection: ConnectionRow,
  arrival: Arrival,
  now: number,
): Filtered {
  const judged = sound(filter, connection, arrival, now);
  if (judged.action !== "discard") return judged;
  for (const { recv } of filter.bindings.rowsOn(connection)) {
    if (recv[0] !== undefined) return { action: "deliver", grant: recv[0] };
  }
  return judged;
}
