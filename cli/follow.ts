/** Follows one connection or pair over the event stream (SSE). design.md 2.4. */
import type { EventRow } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import type { Client } from "./client.ts";
import { checked, foreign, parseJson } from "./foreign.ts";
import type { Traced } from "./trace_source.ts";

/**
 * What came together is yielded together. Ends when the server stops, or the connection is closed.
 *
 * @param after The id of the last event that is known.
 */
export async function* follow(client: Client, traced: Traced, after: string): AsyncGenerator<EventRow[]> {
  const query = new URLSearchParams(traced);
  const path = "/events";
  const url = client.urlOf(path);
  let rest = "";
  for await (const text of client.stream(`${path}?${query}`, { "last-event-id": after })) {
    const frames = (rest + text).split("\n\n");
    rest = frames.pop()!;
    if (rest.length > MOST_CHARACTERS) throw foreign(url, "an event without an end");
    const events = frames.flatMap((frame) => parseFrame(url, frame));
    if (events.length > 0) yield events;
    if ("connection" in traced && events.some(({ type }) => ENDS.has(type))) return;
  }
}

const ENDS: ReadonlySet<string> = new Set(["connection.closed", "connection.failed"]);

/** Far beyond the longest event: their texts are cut. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Comments and other fields say nothing to us. */
function parseFrame(url: string, frame: string): EventRow[] {
  const data = frame.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
  return data.length === 0 ? [] : [checked(url, ANSWERS.event, parseJson(url, data.join("\n"))) as EventRow];
}
