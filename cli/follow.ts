/** Follows one connection or pair over the event stream (SSE). design.md 2.4. */
import type { EventRow } from "../observe/contract.ts";
import type { Client } from "./client.ts";
import type { Traced } from "./trace_source.ts";

/**
 * What came together is yielded together. Ends when the server stops, or the connection is closed.
 *
 * @param after The id of the last event that is known.
 */
export async function* follow(client: Client, traced: Traced, after: string): AsyncGenerator<EventRow[]> {
  const query = new URLSearchParams(traced);
  let rest = "";
  for await (const text of client.stream(`/events?${query}`, { "last-event-id": after })) {
    const frames = (rest + text).split("\n\n");
    rest = frames.pop()!;
    const events = frames.flatMap(parseFrame);
    if (events.length > 0) yield events;
    if ("connection" in traced && events.some(({ type }) => ENDS.has(type))) return;
  }
}

const ENDS: ReadonlySet<string> = new Set(["connection.closed", "connection.failed"]);

/** Comments and other fields say nothing to us. */
function parseFrame(frame: string): EventRow[] {
  const data = frame.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
  return data.length === 0 ? [] : [JSON.parse(data.join("\n"))];
}
