/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent } from "../facts/event.ts";
import type { Recorder } from "./recorder.ts";

/** A reader that is this many bytes behind is cut: it can come back with `Last-Event-ID`. */
const MOST_BEHIND = 1 << 20;

/** Everything the ring still has after `Last-Event-ID` (or nothing of the past), then what happens. */
export function eventStream(recorder: Recorder, request: Request): Response {
  const encoder = new TextEncoder();
  const last = request.headers.get("last-event-id");
  const past = last !== null && /^\d{1,15}$/.test(last) ? recorder.since(Number(last)) : [];
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": verona\n\n"));
      for (const event of past) controller.enqueue(encoder.encode(frame(event)));
      stop = recorder.listen((event) => {
        if ((controller.desiredSize ?? 0) < -MOST_BEHIND) {
          stop();
          return controller.close();
        }
        controller.enqueue(encoder.encode(frame(event)));
      });
    },
    cancel: () => stop(),
  }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** design.md 2.4: one JSON object with `seq`, `at`, `type`, `connection`, `route`. */
function frame(event: RecordedEvent): string {
  const { pair, ...rest } = event;
  return `id: ${event.seq}\ndata: ${JSON.stringify(pair ? { ...rest, route: pair } : rest)}\n\n`;
}
