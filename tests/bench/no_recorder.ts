/** A recorder that is none: events reach who listens, and nothing else is done. It stands for observe/recorder.ts (tests/harness/imports.ts). */
import type { EventType, Happening } from "../../facts/event.ts";
import { type Listener, Listeners } from "../../observe/listeners.ts";
import { Recorder as Sound } from "../../observe/recorder.ts";

export type { Listener, RecorderOptions, Trace, Tracer } from "../../observe/recorder.ts";

export class Recorder extends Sound {
  readonly #listening = new Listeners();
  #told = 0;

  override tell(happening: Happening): void {
    const event = { ...happening, seq: ++this.#told, at: new Date().toISOString() };
    for (const listener of this.#listening.of(happening.type)) listener(event);
  }

  override listen(listener: Listener, types?: readonly EventType[]): () => void {
    return this.#listening.add(listener, types ?? null);
  }
}
