/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent, Subject } from "../facts/event.ts";
import { Broadcast, readerOf } from "./broadcast.ts";
import { eventId, parseEventId } from "./event_id.ts";
import { eventRow } from "./event_row.ts";
import { Problem } from "./problem.ts";
import type { Listener, Recorder } from "./recorder.ts";

/** Readers at one time. */
const MOST_READERS = 32;

let readers = 0;
/** Those that were too slow, since the start. */
let dropped = 0;

/** For metrics. */
export const streamsNow = () => ({ readers, dropped });

/**
 * What is still kept after `Last-Event-ID` (or nothing of the past), then what happens.
 *
 * @param about One connection or pair, with its steps; else every decision.
 * @param holds Whether the reader's session goes on: the stream ends with it.
 */
export function eventStream(
  recorder: Recorder,
  request: Request,
  about: Subject | null = null,
  holds: () => boolean = () => true,
): Response {
  if (readers >= MOST_READERS) {
    throw new Problem(503, "api.readers", `${MOST_READERS} readers are the most`, "close another one first");
  }
  const seen = lastSeen(recorder, request.headers.get("last-event-id"));
  const past = about === null ? recorder.since(seen) : recorder.trace(about, seen)?.events ?? [];
  let leave = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const text = past.map((event) => frame(recorder, event)).join("");
      readers++;
      leave = broadcastOf(recorder, about).join(readerOf(controller, holds), (tooSlow) => {
        readers--;
        if (tooSlow) dropped++;
      });
      controller.enqueue(encoder.encode(`: verona\n\n${text}`));
    },
    cancel: () => leave(),
  }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Of all decisions there is one, however many read it. */
const shared = new WeakMap<Recorder, Broadcast>();

function broadcastOf(recorder: Recorder, about: Subject | null): Broadcast {
  const known = about === null ? shared.get(recorder) : undefined;
  if (known !== undefined) return known;
  const broadcast = new Broadcast((add) => {
    const hear: Listener = (event) => add(() => frame(recorder, event), isLast(event));
    if (about === null) return recorder.listen(hear);
    const unfollow = recorder.follow(about, hear);
    const unlisten = recorder.listen((event) => isLast(event) && hear(event));
    return () => {
      unfollow();
      unlisten();
    };
  });
  if (about === null) shared.set(recorder, broadcast);
  return broadcast;
}

/** Nothing comes after it: an open answer would only hold up the end. */
const isLast = ({ type }: RecordedEvent): boolean => type === "server.stopped";

/** The reader has seen everything up to this; without a word from it, everything up to now. */
function lastSeen(recorder: Recorder, last: string | null): number {
  return last === null ? recorder.last : parseEventId(recorder, last)?.seq ?? recorder.last;
}

function frame(recorder: Recorder, event: RecordedEvent): string {
  return `id: ${eventId(recorder, event.seq)}\ndata: ${JSON.stringify(eventRow(event))}\n\n`;
}

const encoder = new TextEncoder();
