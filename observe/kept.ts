/** One event as the rings keep it: many of them, so printed only when somebody reads. */
import type { Happening, RecordedEvent, Step, Subject } from "../facts/event.ts";

/** What an event weighs without its detail, and what a step weighs whole (its texts are shared): estimates, docs/decisions/0070. */
const EVENT_BYTES = 250;
const STEP_BYTES = 400;
/** Two ids, and the copy of the event that holds them. */
const SPAN_BYTES = 200;

export class Kept {
  /** An estimate of the memory that it holds. */
  readonly bytes: number;

  private constructor(
    readonly seq: number,
    readonly ms: number,
    readonly about: Subject,
    readonly what: Happening | Step,
    bytes: number,
  ) {
    this.bytes = bytes;
  }

  /** @param ms Milliseconds since the epoch. */
  static decision(seq: number, ms: number, happening: Happening, detailBytes: number): Kept {
    const spanBytes = happening.traceId === undefined ? 0 : SPAN_BYTES;
    return new Kept(seq, ms, happening, happening, EVENT_BYTES + spanBytes + detailBytes);
  }

  static step(seq: number, ms: number, about: Subject, step: Step): Kept {
    return new Kept(seq, ms, about, step, STEP_BYTES);
  }

  get isStep(): boolean {
    return this.what !== this.about;
  }

  get event(): RecordedEvent {
    const { connection, pair } = this.about;
    return {
      ...this.what,
      ...(connection === undefined ? {} : { connection }),
      ...(pair === undefined ? {} : { pair }),
      seq: this.seq,
      at: new Date(this.ms).toISOString(),
    };
  }
}
