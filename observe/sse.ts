/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent, Subject } from "../facts/event.ts";
import { eventId, parseEventId } from "./event_id.ts";
import { eventRow } from "./event_row.ts";
import { Problem } from "./problem.ts";
import type { Listener, Recorder } from "./recorder.ts";

/** A reader that is this many bytes behind is cut: it can come back with `Last-Event-ID`. */
const MOST_BEHIND = 1 << 20;
/** Readers at one time. */
const MOST_READERS = 32;

let readers = 0;

/**
 * What is still kept after `Last-Event-ID` (or nothing of the past), then what happens.
 *
 * @param about One connection or pair, with its steps; else every decision.
 */
export function eventStream(recorder: Recorder, request: Request, about: Subject | null = null): Response {
  if (readers >= MOST_READERS) {
    throw new Problem(503, "api.readers", `${MOST_READERS} readers are the most`, "close another one first");
  }
  const seen = lastSeen(recorder, request.headers.get("last-event-id"));
  const past = about === null ? recorder.since(seen) : recorder.trace(about, seen)?.events ?? [];
  const listen = (listener: Listener) =>
    about === null ? recorder.listen(listener) : recorder.follow(about, listener);
  const frame = (event: RecordedEvent) =>
    encoder.encode(`id: ${eventId(recorder, event.seq)}\ndata: ${JSON.stringify(eventRow(event))}\n\n`);
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": verona\n\n"));
      for (const event of past) controller.enqueue(frame(event));
      stop = follow(listen, frame, controller, controller.desiredSize! - MOST_BEHIND);
    },
    cancel: () => stop(),
  }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Hands on what happens; `floor` is the `desiredSize` at which the reader is too far behind. */
function follow(
  listen: (listener: Listener) => () => void,
  frame: (event: RecordedEvent) => Uint8Array,
  controller: ReadableStreamDefaultController<Uint8Array>,
  floor: number,
): () => void {
  readers++;
  let following = true;
  const unlisten = listen((event) => {
    if (controller.desiredSize! < floor) {
      stop();
      return controller.error(new Error("the reader is too slow"));
    }
    controller.enqueue(frame(event));
    if (event.type !== "server.stopped") return;
    stop(); // Nothing comes after it, and an open answer would hold up the end.
    controller.close();
  });
  const stop = () => {
    if (following) readers--;
    following = false;
    unlisten();
  };
  return stop;
}

/** The reader has seen everything up to this; without a word from it, everything up to now. */
function lastSeen(recorder: Recorder, last: string | null): number {
  return last === null ? recorder.last : parseEventId(recorder, last)?.seq ?? recorder.last;
}

const encoder = new TextEncoder();
