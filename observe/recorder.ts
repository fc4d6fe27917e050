/**
 * Every decision and every step, once: numbered, kept in bounded rings, handed to whoever listens. console.md 1.2.
 * The observer must never cost the observed anything: nothing here throws, and steps give way first under load.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { Happening, RecordedEvent, Step, Subject } from "../facts/event.ts";
import { cut } from "./cut.ts";
import { Journal } from "./journal.ts";
import { Kept } from "./kept.ts";
import { Sampler } from "./sampler.ts";
import { type ActorKey, keysOf, Traces } from "./traces.ts";

export type Listener = (event: RecordedEvent) => void;

/** Takes the steps of one actor. */
export interface Tracer {
  /** @param make Called when the step is wanted. */
  step(make: () => Step): void;
  /** The connection is closed, or the route is forgotten. */
  ended(): void;
}

export interface RecorderOptions {
  /** Whether anybody could ever read what is kept; else decisions are only handed on. */
  readonly kept?: boolean;
  /** What all rings together may hold (docs/decisions/0070). */
  readonly mostBytes?: number;
  /** Beyond so many steps a second, traces are sampled. */
  readonly stepsPerSecond?: number;
}

/** What is known of one connection or pair. */
export interface Trace {
  /** It ended: nothing comes any more, or not before it begins again. */
  readonly ended: boolean;
  /** Events between the first and the last ones that were let go. */
  readonly left: number;
  /** Something after the number that was asked for is missing. */
  readonly cut: boolean;
  readonly events: readonly RecordedEvent[];
}

export const MOST_BYTES = 64 << 20;
const STEPS_PER_SECOND = 20_000;

export class Recorder {
  /** Tells the starts of the server apart: events are `<epoch>-<seq>`. */
  readonly epoch: string;
  readonly #now: () => number;
  readonly #kept: boolean;
  readonly #mostBytes: number;
  readonly #journal = new Journal();
  readonly #traces = new Traces();
  readonly #sampler: Sampler;
  readonly #listeners = new Set<Listener>();
  readonly #followers = new Map<ActorKey, Set<Listener>>();
  readonly #key = randomBytes(32);
  #seq = 0;
  #steps = 0;
  /** What observers, this one included, threw. */
  failures = 0;

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number, options: RecorderOptions = {}) {
    const { kept = true, mostBytes = MOST_BYTES, stepsPerSecond = STEPS_PER_SECOND } = options;
    this.#now = now;
    this.#kept = kept;
    this.#mostBytes = mostBytes;
    this.epoch = now().toString(36) + randomBytes(2).toString("hex");
    this.#sampler = new Sampler(stepsPerSecond, (oneIn, shed) => {
      this.tell({
        type: "recorder.sampling",
        level: oneIn > 1 ? "warning" : "info",
        detail: { oneIn, shed },
      });
    });
  }

  // ---- what happens

  /** Never throws. */
  tell(happening: Happening): void {
    const { detail, ...rest } = happening;
    const what = detail === undefined ? rest : { ...rest, detail: cut(detail) as NonNullable<typeof detail> };
    const kept = Kept.decision(++this.#seq, this.#now(), what);
    if (this.#kept) this.#keep(kept, keysOf(what));
    if (this.#listeners.size > 0) this.#hand(kept.event, this.#listeners);
    if (this.#followers.size > 0) this.#handOn(kept, keysOf(what));
  }

  /** Where the steps of an actor go. Nothing that it does throws. */
  of(about: Subject): Tracer {
    const keys = keysOf(about);
    return {
      step: (make) => this.#step(about, keys, make),
      ended: () => {
        for (const key of keys) this.#traces.end(key);
      },
    };
  }

  #step(about: Subject, keys: readonly ActorKey[], make: () => Step): void {
    try {
      const now = this.#now();
      const wanted = this.#sampler.offer(now, keys);
      if (wanted.length === 0) return;
      const kept = Kept.step(++this.#seq, now, about, make());
      this.#steps++;
      this.#keep(kept, wanted);
      if (this.#followers.size > 0) this.#handOn(kept, wanted);
    } catch {
      this.failures++;
    }
  }

  /** What stands for a localpart: the same one until the next start, and nothing more can be told from it. */
  readonly hide = (localpart: string): string =>
    `~${createHmac("sha256", this.#key).update(localpart).digest("hex").slice(0, 8)}`;

  // ---- who listens

  /** Hears every decision from now on; call the result to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hears every decision and step about it from now on. */
  follow(subject: Subject, listener: Listener): () => void {
    const [key] = keysOf(subject) as [ActorKey];
    const followers = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, followers.add(listener));
    return () => {
      followers.delete(listener);
      if (followers.size === 0 && this.#followers.get(key) === followers) this.#followers.delete(key);
    };
  }

  // ---- what is kept

  /** The number of the oldest decision that is kept; one beyond {@link last} when there is none. */
  get first(): number {
    return this.#journal.first?.seq ?? this.#seq + 1;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#seq;
  }

  /** Decisions after `seq` that are still kept, oldest first, at most `most`. */
  since(seq: number, most = Infinity): RecordedEvent[] {
    return this.#journal.since(seq, most).map(({ event }) => event);
  }

  /** What is kept of one connection or pair, decisions and steps. Null when nothing is known of it. */
  trace(subject: Subject, after = 0): Trace | null {
    const [key] = keysOf(subject) as [ActorKey];
    const found = this.#traces.find(key);
    if (found === null) return null;
    const { ring, ended } = found;
    const kept = after === 0 ? ring.kept : ring.kept.filter(({ seq }) => seq > after);
    return { ended, left: ring.left, cut: ring.isCutAfter(after), events: kept.map(({ event }) => event) };
  }

  /** For metrics and the overview. */
  get load() {
    const { living, ended, bytes } = this.#traces;
    const { oneIn, shed } = this.#sampler;
    return { steps: this.#steps, shed, oneIn, living, ended, bytes: bytes + this.#journal.bytes };
  }

  // ---- within

  #keep(kept: Kept, keys: readonly ActorKey[]): void {
    if (!kept.isStep) this.#journal.add(kept);
    for (const key of keys) this.#traces.add(key, kept);
    // One bound for everything: what ended goes first, then whoever has more than its half.
    while (this.#traces.bytes + this.#journal.bytes > this.#mostBytes) {
      const journalFirst = this.#traces.ended === 0 && this.#journal.bytes > this.#mostBytes / 2;
      const dropped = journalFirst ? this.#journal.drop() : this.#traces.drop() || this.#journal.drop();
      if (!dropped) return;
    }
  }

  #handOn(kept: Kept, keys: readonly ActorKey[]): void {
    const told = new Set(keys.flatMap((key) => [...this.#followers.get(key) ?? []]));
    if (told.size > 0) this.#hand(kept.event, told);
  }

  #hand(event: RecordedEvent, listeners: Iterable<Listener>): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        this.failures++;
      }
    }
  }
}
