/** Who hears of which decisions: most want a few types only, and each decision is told a thousand times a second. */
import type { EventType, RecordedEvent } from "../facts/event.ts";

export type Listener = (event: RecordedEvent) => void;

interface Hearing {
  readonly listener: Listener;
  /** Null: all. */
  readonly types: readonly EventType[] | null;
}

export class Listeners {
  readonly #all = new Set<Hearing>();
  /** Found when one is told for the first time since somebody came or went. */
  readonly #byType = new Map<EventType, readonly Listener[]>();

  /** Call the result to leave. */
  add(listener: Listener, types: readonly EventType[] | null): () => void {
    const hearing = { listener, types };
    this.#all.add(hearing);
    this.#byType.clear();
    return () => {
      this.#all.delete(hearing);
      this.#byType.clear();
    };
  }

  /** In the order in which they came. */
  of(type: EventType): readonly Listener[] {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const found = [...this.#all]
      .filter(({ types }) => types === null || types.includes(type))
      .map(({ listener }) => listener);
    this.#byType.set(type, found);
    return found;
  }
}
