/** Events on a socket: all decisions, or the trace of one connection or pair. Resumed after the last one that was seen. */
import type { RecordedEvent, Subject } from "../../facts/event.ts";
import type { Topic } from "../contract.ts";
import type { ApiParts } from "../api/endpoint.ts";
import { eventId, parseEventId } from "../event_id.ts";
import { eventRow } from "../event_row.ts";
import { Problem } from "../problem.ts";
import type { Recorder } from "../recorder.ts";
import type { Line } from "./line.ts";
import type { Subscription } from "./subscription.ts";

/** Of the past, and between two ticks: what is beyond it is left out, and that is said. */
const MOST = 1000;

export class EventTopic implements Subscription {
  readonly #recorder: Recorder;
  readonly #line: Line;
  readonly #topic: Topic;
  #waiting: RecordedEvent[] = [];
  #left = false;
  readonly #unlisten: () => void;

  /** @throws {Problem} 400 when `after` is no event's id. */
  constructor({ recorder }: ApiParts, line: Line, topic: Topic, about: Subject | null, after: string | null) {
    this.#recorder = recorder;
    this.#line = line;
    this.#topic = topic;
    this.#replay(about, after);
    const hear = (event: RecordedEvent) => this.#hear(event);
    this.#unlisten = about === null ? recorder.listen(hear) : recorder.follow(about, hear);
  }

  #replay(about: Subject | null, after: string | null): void {
    if (after === null) return;
    const seen = parseEventId(this.#recorder, after);
    if (seen === null) {
      throw new Problem(
        400,
        "api.frame",
        "after is not the id of an event",
        "<epoch>-<seq>, as in the frames",
      );
    }
    const { events, cut } = about === null ? this.#since(seen.seq) : this.#traced(about, seen.seq);
    const latest = events.slice(-MOST);
    if (seen.restarted) this.#resync("restart");
    else if (cut || latest.length < events.length) this.#resync("cut");
    for (const event of latest) this.#say(event);
  }

  #since(seq: number): { readonly events: readonly RecordedEvent[]; readonly cut: boolean } {
    return { events: this.#recorder.since(seq), cut: seq > 0 && seq + 1 < this.#recorder.first };
  }

  #traced(about: Subject, seq: number): { readonly events: readonly RecordedEvent[]; readonly cut: boolean } {
    return this.#recorder.trace(about, seq) ?? { events: [], cut: false };
  }

  #hear(event: RecordedEvent): void {
    if (this.#waiting.length < MOST) this.#waiting.push(event);
    else this.#left = true;
  }

  tick(): void {
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
