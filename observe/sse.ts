/** The event stream for `curl -N`, the command line and the demo. design.md 2.4: SSE with `Last-Event-ID`. */
import type { RecordedEvent, Subject } from "../facts/event.ts";
import { Broadcast, readerOf } from "./broadcast.ts";
import type { Role } from "./contract.ts";
import { eventId, parseEventId } from "./event_id.ts";
import { eventRow } from "./event_row.ts";
import { Problem } from "./problem.ts";
import type { Listener, Recorder } from "./recorder.ts";
import { isRoom, MOST_WATCHING } from "./room.ts";

let readers = 0;
let viewers = 0;
/** Those that were too slow, since the start. */
let dropped = 0;

interface Reader {
  readonly role: Role;
  readonly holds: () => boolean;
}

/** For metrics. */
export const streamsNow = () => ({ readers, dropped });

/**
 * What is still kept after `Last-Event-ID` (or nothing of the past), then what happens.
 *
 * @param about One connection or pair, with its steps; else every decision.
 * @param reader `holds`: whether its session goes on; the stream ends with it.
 */
export function eventStream(
  recorder: Recorder,
  request: Request,
  about: Subject | null = null,
  { role, holds }: Reader = { role: "operator", holds: () => true },
): Response {
  if (!isRoom(role, readers, viewers)) {
    const hint = "close another one first";
    throw new Problem(
      503,
      "api.readers",
      `${MOST_WATCHING} readers are the most, and the last are the operators'`,
      hint,
    );
  }
  const past = new Past(recorder, about, lastSeen(recorder, request.headers.get("last-event-id")));
  const seat = takeSeat(role);
  const reads = { holds, seat, stalledS: 0 };
  let watch: ReturnType<typeof setInterval>;
  const join = (controller: Controller) => {
    clearInterval(watch);
    seat.leave = broadcastOf(recorder, about).join(readerOf(controller, holds), seat.free);
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": verona\n\n"));
      if (past.over) return join(controller);
      watch = setInterval(() => isOver(controller, reads) && clearInterval(watch), 1000);
    },
    pull(controller) {
      if (past.over) return;
      reads.stalledS = 0;
      const text = past.next();
      if (text !== "") controller.enqueue(encoder.encode(text));
      // In the same turn, so that nothing falls between.
      if (past.over) join(controller);
    },
    cancel() {
      clearInterval(watch);
      seat.leave();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: 65_536 }));
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** While the past is read, once a second: ends it with its session, and cuts who has stopped reading. */
function isOver(
  controller: Controller,
  reads: { holds: () => boolean; seat: Seat; stalledS: number },
): boolean {
  if (!reads.holds()) {
    reads.seat.free(false);
    controller.close();
    return true;
  }
  if (++reads.stalledS < MOST_STALLED_S) return false;
  reads.seat.free(true);
  controller.error(new Error("the reader is too slow"));
  return true;
}

/** One reader's place among so many. */
interface Seat {
  readonly free: (tooSlow: boolean) => void;
  leave: () => void;
}

function takeSeat(role: Role): Seat {
  const viewer = role === "viewer" ? 1 : 0;
  readers++;
  viewers += viewer;
  let taken = true;
  const free = (tooSlow: boolean) => {
    if (!taken) return;
    taken = false;
    readers--;
    viewers -= viewer;
    if (tooSlow) dropped++;
  };
  return { free, leave: () => free(false) };
}

/** Of the past nobody has to take it all at once, but has to go on taking it. */
const MOST_STALLED_S = 30;

/** Events that are printed at one time: whoever comes back after long holds nobody up, and costs memory only as it reads. */
const MOST_AT_ONCE = 100;

/** What has happened already, in parts. */
class Past {
  over: boolean;
  readonly #recorder: Recorder;
  readonly #about: Subject | null;
  #seen: number;

  constructor(recorder: Recorder, about: Subject | null, seen: number) {
    [this.#recorder, this.#about, this.#seen] = [recorder, about, seen];
    this.over = seen >= recorder.last;
  }

  next(): string {
    const events = this.#events();
    this.#seen = events.at(-1)?.seq ?? this.#seen;
    this.over = this.#about !== null || events.length < MOST_AT_ONCE;
    return events.map((event) => frame(this.#recorder, event)).join("");
  }

  /** A trace is short by itself. */
  #events(): readonly RecordedEvent[] {
    if (this.#about !== null) return this.#recorder.trace(this.#about, this.#seen)?.events ?? [];
    return this.#recorder.since(this.#seen, MOST_AT_ONCE);
  }
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
    const unlisten = recorder.listen(hear, [LAST]);
    return () => {
      unfollow();
      unlisten();
    };
  });
  if (about === null) shared.set(recorder, broadcast);
  return broadcast;
}

/** Nothing comes after it: an open answer would only hold up the end. */
const LAST = "server.stopped";
const isLast = ({ type }: RecordedEvent): boolean => type === LAST;

/** The reader has seen everything up to this; without a word from it, everything up to now. */
function lastSeen(recorder: Recorder, last: string | null): number {
  return last === null ? recorder.last : parseEventId(recorder, last)?.seq ?? recorder.last;
}

function frame(recorder: Recorder, event: RecordedEvent): string {
  return `id: ${eventId(recorder, event.seq)}\ndata: ${JSON.stringify(eventRow(event))}\n\n`;
}

const encoder = new TextEncoder();
