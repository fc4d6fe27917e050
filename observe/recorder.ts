/**
 * Every decision and every step, once: numbered, kept in bounded rings, handed to whoever listens. console.md 1.2.
 * The observer must never cost the observed anything: nothing here throws, and steps give way first under load.
 */
import { createHmac, randomBytes } from "node:crypto";
import type { EventType, Happening, RecordedEvent, SpanIds, Step, Subject } from "../facts/event.ts";
import { cut } from "./cut.ts";
import { Groups } from "./groups.ts";
import { Journal } from "./journal.ts";
import { Kept } from "./kept.ts";
import { type Listener, Listeners } from "./listeners.ts";
import { Sampler } from "./sampler.ts";
import { type ActorKey, keysOf, Traces } from "./traces.ts";

export type { Listener } from "./listeners.ts";

/** Takes the steps of one actor. Nothing in it throws. */
export interface Tracer {
  /** @param make Called when the step is wanted. */
  step(make: () => Step): void;
  /** Whether the step that comes now is wanted: asked once for each, where it would cost something to say what it is; then {@link keep}. */
  wants(): boolean;
  /** A step that is wanted. */
  keep(make: () => Step): void;
  /** The connection is closed, or the route is forgotten. */
  ended(): void;
}

export interface RecorderOptions {
  /** Whether anybody could ever read what is kept; else decisions are only handed on. */
  readonly kept?: boolean;
  /** What all rings together may hold (docs/decisions/0070). */
  readonly mostBytes?: number;
  /** Beyond so many events a second, traces are sampled. */
  readonly perSecond?: number;
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

const NOBODY: readonly ActorKey[] = [];

/** Where a connection's ring is gone, one of these tells that it is over. */
const ENDS: readonly EventType[] = ["connection.closed", "connection.failed"];

export const MOST_BYTES = 64 << 20;
/** More is left out: what traces cost shall stay a small part of one core (docs/decisions/0070). */
const PER_SECOND = 500;

export class Recorder {
  /** Tells the starts of the server apart: events are `<epoch>-<seq>`. */
  readonly epoch: string;
  readonly #now: () => number;
  readonly #kept: boolean;
  readonly #mostBytes: number;
  readonly #journal = new Journal();
  readonly #traces = new Traces();
  readonly #sampler: Sampler;
  readonly #listeners = new Listeners();
  readonly #followers = new Groups<ActorKey, Listener>();
  readonly #key = randomBytes(32);
  #spans: ((event: RecordedEvent) => SpanIds | null) | null = null;
  #seq = 0;
  #steps = 0;
  /** What observers, this one included, threw. */
  failures = 0;

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number, options: RecorderOptions = {}) {
    const { kept = true, mostBytes = MOST_BYTES, perSecond = PER_SECOND } = options;
    this.#now = now;
    this.#kept = kept;
    this.#mostBytes = mostBytes;
    this.epoch = now().toString(36) + randomBytes(2).toString("hex");
    this.#sampler = new Sampler(perSecond, (oneIn, shed) => {
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
    const seq = ++this.#seq, ms = this.#now();
    const { detail, bytes } = cut(happening.detail ?? null);
    const short = detail === (happening.detail ?? null)
      ? happening
      : { ...happening, detail: detail as NonNullable<Happening["detail"]> };
    const told = this.#placed(named(short), seq, ms);
    if (this.#kept) this.#keepDecision(seq, ms, told, bytes);
    const listeners = this.#listeners.of(told.type);
    if (listeners.length === 0 && this.#followers.size === 0) return;
    const event = { ...told, seq, at: new Date(ms).toISOString() };
    this.#hand(event, listeners);
    if (this.#followers.size > 0) this.#handOn(event, keysOf(told));
  }

  #placed(told: Happening, seq: number, ms: number): Happening {
    if (this.#spans === null) return told;
    try {
      const ids = this.#spans({ ...told, seq, at: new Date(ms).toISOString() });
      return ids === null ? told : { ...told, ...ids };
    } catch {
      this.failures++;
      return told;
    }
  }

  /** Under load one of many like it may go; what went wrong never does. */
  #keepDecision(seq: number, ms: number, told: Happening, bytes: number): void {
    const wanted = this.#wanted(ms, told);
    const matters = told.level === "warning" || told.level === "error" || !isOfActor(told);
    if (!wanted && !matters) return;
    const kept = Kept.decision(seq, ms, told, bytes);
    this.#journal.add(kept);
    this.#keep(kept, wanted ? keysOf(told) : NOBODY);
  }

  /** Where the steps of an actor go. */
  of(subject: Subject): Tracer {
    const about = named(subject);
    const keys = keysOf(about);
    const isWanted = this.#sampler.asking(about);
    const wants = () => {
      this.#sampler.tick(this.#now());
      return this.#sampler.offer(isWanted());
    };
    const keep = (make: () => Step) => this.#keepStep(about, keys, make);
    return {
      wants,
      keep,
      step: (make) => {
        if (wants()) keep(make);
      },
      ended: () => {
        for (const key of keys) this.#traces.end(key);
      },
    };
  }

  #keepStep(about: Subject, keys: readonly ActorKey[], make: () => Step): void {
    try {
      const kept = Kept.step(++this.#seq, this.#now(), about, make());
      this.#steps++;
      this.#keep(kept, keys);
      if (this.#followers.size > 0) this.#handOn(kept.event, keys);
    } catch {
      this.failures++;
    }
  }

  /** Whether steps about it are kept now: what lives shortly need not be looked at at all. */
  wants(about: Subject): boolean {
    return this.#wanted(this.#now(), about);
  }

  #wanted(now: number, about: Subject): boolean {
    this.#sampler.tick(now);
    return isOfActor(about) && this.#sampler.offer(this.#sampler.isOne(about));
  }

  /** What stands for a localpart: the same one until the next start, and nothing more can be told from it. */
  readonly hide = (localpart: string): string =>
    `~${createHmac("sha256", this.#key).update(localpart).digest("hex").slice(0, 8)}`;

  // ---- who listens

  /** Makes spans of decisions, before anybody else hears of them, and says where each stands. */
  traceWith(spans: (event: RecordedEvent) => SpanIds | null): void {
    this.#spans = spans;
  }

  /**
   * Hears decisions from now on; call the result to stop.
   *
   * @param types Of which; all, when it is left out.
   */
  listen(listener: Listener, types?: readonly EventType[]): () => void {
    return this.#listeners.add(listener, types ?? null);
  }

  /** Hears every decision and step about it from now on. */
  follow(subject: Subject, listener: Listener): () => void {
    const [key] = keysOf(subject) as [ActorKey];
    this.#followers.add(key, listener);
    return () => this.#followers.remove(key, listener);
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

  /** The newest of them up to `upTo`, oldest first, at most `most`; `left`: there were more. */
  latest(seq: number, upTo: number, most: number): { events: RecordedEvent[]; left: boolean } {
    const { kept, left } = this.#journal.latest(seq, upTo, most);
    return { events: kept.map(({ event }) => event), left };
  }

  /** What is kept of one connection or pair, decisions and steps. Null when nothing is known of it. */
  trace(subject: Subject, after = 0): Trace | null {
    const [key] = keysOf(subject) as [ActorKey];
    const found = this.#traces.find(key);
    const kept = found?.ring.kept ?? [];
    // Where traces were sampled, or one had to go, the journal may still have the decisions.
    const missing = found === null || this.#sampler.shed > 0 ? this.#journal.about(key, kept) : [];
    if (found === null && missing.length === 0) return null;
    const all = missing.length === 0 ? kept : [...kept, ...missing].sort((a, b) => a.seq - b.seq);
    return {
      ended: found?.ended ?? all.some(({ what }) => ENDS.includes(what.type)),
      left: found?.ring.left ?? 0,
      cut: found?.ring.isCutAfter(after) ?? false,
      events: all.filter(({ seq }) => seq > after).map(({ event }) => event),
    };
  }

  /** For metrics and the overview. */
  get load() {
    this.#sampler.tick(this.#now()); // when nothing happens any more, nobody else says that time has passed
    const { living, ended, bytes } = this.#traces;
    const { oneIn, shed } = this.#sampler;
    return { steps: this.#steps, shed, oneIn, living, ended, bytes: bytes + this.#journal.bytes };
  }

  // ---- within

  #keep(kept: Kept, keys: readonly ActorKey[]): void {
    for (const key of keys) this.#traces.add(key, kept);
    // One bound for everything: what ended goes first, then whoever has more than its half.
    while (this.#traces.bytes + this.#journal.bytes > this.#mostBytes) {
      const journalFirst = this.#traces.ended === 0 && this.#journal.bytes > this.#mostBytes / 2;
      const dropped = journalFirst ? this.#journal.drop() : this.#traces.drop() || this.#journal.drop();
      if (!dropped) return;
    }
  }

  #handOn(event: RecordedEvent, keys: readonly ActorKey[]): void {
    this.#hand(event, new Set(keys.flatMap((key) => [...this.#followers.of(key)])));
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

const isOfActor = ({ connection, pair }: Subject): boolean => connection !== undefined || pair !== undefined;

/** Whoever told may have given a row of the binding table, which leads to its grants and round again to itself. */
function named<About extends Subject>(about: About): About {
  const { pair } = about;
  return pair === undefined ? about : { ...about, pair: { local: pair.local, remote: pair.remote } };
}
