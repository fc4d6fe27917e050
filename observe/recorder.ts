/** Every decision, once: numbered, kept in a bounded ring, handed to whoever listens. console.md 1.2. */
import type { Happening, RecordedEvent } from "../facts/event.ts";
import { cut } from "./cut.ts";

export type Listener = (event: RecordedEvent) => void;

/** How many events the ring keeps; the oldest go first. */
const RING = 20_000;

export class Recorder {
  readonly #now: () => number;
  readonly #ring: RecordedEvent[] = [];
  readonly #listeners = new Set<Listener>();
  #seq = 0;
  /** Listeners that threw: an observer must never cost the observed anything. */
  failures = 0;

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Never throws. */
  tell(happening: Happening): void {
    const { detail, ...rest } = happening;
    const event = {
      ...rest,
      ...(detail ? { detail: cut(detail) as NonNullable<Happening["detail"]> } : {}),
      seq: ++this.#seq,
      at: new Date(this.#now()).toISOString(),
    };
    this.#ring.push(event);
    if (this.#ring.length > RING + RING / 4) this.#ring.splice(0, this.#ring.length - RING);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        this.failures++;
      }
    }
  }

  /** Hears everything from now on; call the result to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The number of the oldest event that the ring still has; one beyond {@link last} when it has none. */
  get first(): number {
    return this.#ring[0]?.seq ?? this.#seq + 1;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#seq;
  }

  /** What the ring still has after `seq`, oldest first, at most `most`. */
  since(seq: number, most = Infinity): RecordedEvent[] {
    const start = Math.max(0, seq + 1 - this.first);
    return this.#ring.slice(start, start + most);
  }

  /** What the ring still has of one connection, or of one pair. */
  about(what: { connection?: string; local?: string; remote?: string }): RecordedEvent[] {
    return this.#ring.filter((event) =>
      what.connection !== undefined
        ? event.connection === what.connection
        : event.pair?.local === what.local && event.pair?.remote === what.remote
    );
  }
}
