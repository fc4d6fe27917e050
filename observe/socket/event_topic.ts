/** Events on a socket: all decisions, or the trace of one connection or pair. Resumed after the last one that was seen. */
import type { RecordedEvent, Subject } from "../../facts/event.ts";
import type { Topic } from "../contract.ts";
import type { ApiParts } from "../api/endpoint.ts";
import { eventId, parseEventId } from "../event_id.ts";
import { eventRow } from "../event_row.ts";
import { Problem } from "../problem.ts";
import type { Recorder } from "../recorder.ts";
import type { Rest } from "../tables/pace.ts";
import type { Line } from "./line.ts";
import type { Subscription } from "./subscription.ts";

/** Of the past, and between two ticks: what is beyond it is left out, and that is said. */
const MOST = 1000;

/** What was seen last, and the last event that is not heard anyway. */
interface Seen {
  readonly seq: number;
  readonly restarted: boolean;
  readonly upTo: number;
}

interface Past {
  readonly events: readonly RecordedEvent[];
  readonly cut: boolean;
}

export class EventTopic implements Subscription {
  readonly #recorder: Recorder;
  readonly #line: Line;
  readonly #topic: Topic;
  readonly #gone = new AbortController();
  #waiting: RecordedEvent[] = [];
  #left = false;
  /** The past comes first. */
  #replaying = false;
  readonly #unlisten: () => void;

  /** @throws {Problem} 400 when `after` is no event's id. */
  constructor(parts: ApiParts, line: Line, topic: Topic, about: Subject | null, after: string | null) {
    const { recorder } = parts;
    this.#recorder = recorder;
    this.#line = line;
    this.#topic = topic;
    if (after !== null) this.#begin(parts, about, after);
    const hear = (event: RecordedEvent) => this.#hear(event);
    this.#unlisten = about === null ? recorder.listen(hear) : recorder.follow(about, hear);
  }

  #begin({ pace, recorder }: ApiParts, about: Subject | null, after: string): void {
    const seen = parseEventId(recorder, after);
    if (seen === null) {
      throw new Problem(
        400,
        "api.frame",
        "after is not the id of an event",
        "<epoch>-<seq>, as in the frames",
      );
    }
    this.#replaying = true;
    const upTo = recorder.last;
    pace.run((rest) => this.#replay(rest, about, { ...seen, upTo }), this.#gone.signal).catch((error) => {
      if (this.#gone.signal.aborted) return;
      if (error instanceof Problem) return this.#resync("slow"); // too busy: the past is left out
      const detail = { id: `socket ${this.#topic}`, error: String(error) };
      recorder.tell({ type: "actor.crashed", level: "error", detail });
      this.#line.cut(1011, "this server failed at it");
    }).finally(() => this.#replaying = false);
  }

  /** In slices: to print a thousand events at once would hold others up. */
  async #replay(rest: Rest, about: Subject | null, seen: Seen): Promise<void> {
    const { events, cut } = about === null ? this.#since(seen) : this.#traced(about, seen);
    if (seen.restarted) this.#resync("restart");
    else if (cut) this.#resync("cut");
    for (const event of events) {
      this.#say(event);
      if (rest.due) await rest.take();
    }
  }

  #since({ seq, upTo }: Seen): Past {
    const { events, left } = this.#recorder.latest(seq, upTo, MOST);
    return { events, cut: left || (seq > 0 && seq + 1 < this.#recorder.first) };
  }

  #traced(about: Subject, { seq, upTo }: Seen): Past {
    const { events, cut } = this.#recorder.trace(about, seq) ?? { events: [], cut: false };
    return { events: events.filter((event) => event.seq <= upTo), cut };
  }

  #hear(event: RecordedEvent): void {
    if (this.#waiting.length < MOST) this.#waiting.push(event);
    else this.#left = true;
  }

  tick(): void {
    if (this.#replaying) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) this.#say(event);
    if (this.#left) this.#resync("slow");
    this.#left = false;
  }

  #say(event: RecordedEvent): void {
    const { op, topic, id } = {
      op: "event",
      topic: this.#topic,
      id: eventId(this.#recorder, event.seq),
    } as const;
    this.#line.sayText(
      `{"op":"${op}","topic":${JSON.stringify(topic)},"id":"${id}","data":${printed(event)}}`,
    );
  }

  #resync(why: "restart" | "cut" | "slow"): void {
    this.#line.say({ op: "resync", topic: this.#topic, why });
  }

  close(): void {
    this.#gone.abort();
    this.#unlisten();
  }
}

/** One text for however many sockets. */
const texts = new WeakMap<RecordedEvent, string>();

function printed(event: RecordedEvent): string {
  let text = texts.get(event);
  if (text === undefined) texts.set(event, text = JSON.stringify(eventRow(event)));
  return text;
}
