/** The trace of one connection or pair: decisions, and the steps between them. design.md 2.4; console.md 6 D. */
import type { Subject } from "../../facts/event.ts";
import type { EventList } from "../contract.ts";
import { parseEventId } from "../event_id.ts";
import { eventRow } from "../event_row.ts";
import { Problem } from "../problem.ts";
import type { Recorder } from "../recorder.ts";
import { json, noConnection, noPair, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const TRACES: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/connections/:id/events",
    role: "viewer",
    about: "what happened on it; `after=<id>`: since then",
    answer: connectionEvents,
  },
  {
    method: "GET",
    path: "/api/v1/routes/:local/:remote/events",
    role: "viewer",
    about: "what happened to the pair; `after=<id>`: since then",
    answer: pairEvents,
  },
];

function connectionEvents(call: Call): Response {
  const [id] = call.params as [string];
  const trace = traceOf(call, { connection: id });
  if (trace !== null) return json(trace);
  if (call.parts.view.connection(id) === null) throw noConnection();
  return json(emptyTrace(call.parts.recorder));
}

function pairEvents(call: Call): Response {
  const trace = traceOf(call, { pair: readPair(call.params[0]!, call.params[1]!) });
  if (trace === null) throw noPair();
  return json(trace);
}

/** Null when nothing is known of it. @throws {Problem} 400 */
export function traceOf({ parts: { recorder }, url }: Call, about: Subject): EventList | null {
  const after = url.searchParams.get("after");
  const seen = after === null ? { seq: 0, restarted: false } : parseEventId(recorder, after);
  if (seen === null) {
    throw new Problem(400, "api.query", "after is not the id of an event", "<epoch>-<seq>, as in the stream");
  }
  const trace = recorder.trace(about, seen.seq);
  if (trace === null) return null;
  const { ended, left, events } = trace;
  const cut = after !== null && (seen.restarted || trace.cut);
  return { epoch: recorder.epoch, ended, left, cut, events: events.map(eventRow) };
}

/** What was let go altogether. */
export function emptyTrace({ epoch }: Recorder): EventList {
  return { epoch, ended: false, left: 0, cut: false, events: [] };
}

/** `?connection=c-1`, or `?local=a.example&remote=b.example`; null for neither. @throws {Problem} 400 */
export function subjectOf({ url: { searchParams } }: Call): Subject | null {
  const connection = searchParams.get("connection");
  if (connection !== null) return { connection };
  const [local, remote] = [searchParams.get("local"), searchParams.get("remote")];
  return local === null && remote === null ? null : { pair: readPair(local ?? "", remote ?? "") };
}
