/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent } from "../facts/event.ts";
import { Problem } from "./problem.ts";
import type { Recorder } from "./recorder.ts";

/** What one reader takes in one go. */
const AT_ONCE = 64;
/** Readers at one time; each costs nothing but its place in the ring. */
const MOST_READERS = 32;

let readers = 0;

/**
 * Everything the ring still has after `Last-Event-ID` (or nothing of the past), then what happens. Nothing is queued
 * for a reader: it reads the ring at its own pace, and is cut when the ring has gone on without it.
 */
export function eventStream(recorder: Recorder, request: Request): Response {
  if (readers >= MOST_READERS) {
    throw new Problem(503, "api.readers", `${MOST_READERS} readers are the most`, "close another one first");
  }
  readers++;
  const reader = new Reader(recorder, firstSeq(recorder, request.headers.get("last-event-id")));
  return new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(encoder.encode(": verona\n\n")),
      pull: (controller) => reader.pull(controller),
      cancel: () => reader.end(),
    }, { highWaterMark: 1 }),
    { headers: { "content-type": "text/event-stream" } },
  );
}

/** The reader has seen everything up to this. An id beyond our last is of another start of the server. */
function firstSeq(recorder: Recorder, last: string | null): number {
  if (last === null || !/^\d{1,15}$/.test(last)) return recorder.last;
  return Number(last) > recorder.last ? 0 : Number(last);
}

class Reader {
  readonly #recorder: Recorder;
  #seen: number;
  /** Whether what was asked for is still there: at the start, the ring gives what it still has. */
  #began = false;
  #wake = () => {};
  #over = false;

  constructor(recorder: Recorder, seen: number) {
    this.#recorder = recorder;
    this.#seen = seen;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#began && this.#recorder.first > this.#seen + 1) {
      this.end();
      return controller.error(new Error("the reader is too slow"));
    }
    this.#began = true;
    const events = this.#recorder.since(this.#seen, AT_ONCE);
    if (events.length === 0) {
      await this.#somethingHappens();
      return this.#over ? undefined : await this.pull(controller);
    }
    this.#seen = events.at(-1)!.seq;
    controller.enqueue(encoder.encode(events.map(frame).join("")));
    // Nothing comes after it, and who waits for the next event would hold up the end.
    if (events.at(-1)!.type === "server.stopped") {
      this.end();
      controller.close();
    }
  }

  #somethingHappens(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#recorder.listen(() => this.#wake());
      this.#wake = () => {
        stop();
        resolve();
      };
    });
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    readers--;
    this.#wake();
  }
}

const encoder = new TextEncoder();

/** design.md 2.4: one JSON object with `seq`, `at`, `type`, `connection`, `route`. */
function frame({ seq, at, type, connection, pair, ...rest }: RecordedEvent): string {
  const data = { seq, at, type, connection: connection ?? null, route: pair ?? null, ...rest };
  return `id: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}
