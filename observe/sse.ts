/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent } from "../facts/event.ts";
import { Problem } from "./problem.ts";
import type { Recorder } from "./recorder.ts";

/** A reader that is this many bytes behind is cut: it can come back with `Last-Event-ID`. */
const MOST_BEHIND = 1 << 20;
/** Readers at one time. */
const MOST_READERS = 32;

let readers = 0;

/** Everything the ring still has after `Last-Event-ID` (or nothing of the past), then what happens. */
export function eventStream(recorder: Recorder, request: Request): Response {
  if (readers >= MOST_READERS) {
    throw new Problem(503, "api.readers", `${MOST_READERS} readers are the most`, "close another one first");
  }
  const past = recorder.since(firstSeq(recorder, request.headers.get("last-event-id")));
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": verona\n\n"));
      for (const event of past) controller.enqueue(encoder.encode(frame(event)));
      stop = follow(recorder, controller, controller.desiredSize! - MOST_BEHIND);
    },
    cancel: () => stop(),
  }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Hands on what happens; `floor` is the `desiredSize` at which the reader is too far behind. */
function follow(
  recorder: Recorder,
  controller: ReadableStreamDefaultController<Uint8Array>,
  floor: number,
): () => void {
  readers++;
  let following = true;
  const unlisten = recorder.listen((event) => {
    if (controller.desiredSize! < floor) {
      stop();
      return controller.error(new Error("the reader is too slow"));
    }
    controller.enqueue(encoder.encode(frame(event)));
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

/** The reader has seen everything up to this. An id beyond our last is of another start of the server. */
function firstSeq(recorder: Recorder, last: string | null): number {
  if (last === null || !/^\d{1,15}$/.test(last)) return recorder.last;
  return Number(last) > recorder.last ? 0 : Number(last);
}

const encoder = new TextEncoder();

/** design.md 2.4: one JSON object with `seq`, `at`, `type`, `connection`, `route`. */
function frame({ seq, at, type, connection, pair, ...rest }: RecordedEvent): string {
  const data = { seq, at, type, connection: connection ?? null, route: pair ?? null, ...rest };
  return `id: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}
