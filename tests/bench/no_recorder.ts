/** A recorder that is none: events reach who listens, and nothing else is done. It stands for observe/recorder.ts (tests/harness/imports.ts). */
import type { Happening } from "../../facts/event.ts";
import { type Listener, Recorder as Sound } from "../../observe/recorder.ts";

export type { Listener, RecorderOptions, Trace, Tracer } from "../../observe/recorder.ts";

export class Recorder extends Sound {
  readonly #listening = new Set<Listener>();
  #told = 0;

  override tell(happening: Happening): void {
    const event = { ...happening, seq: ++this.#told, at: new Date().toISOString() };
    for (const listener of this.#listening) listener(event);
  }

  override listen(listener: Listener): () => void {
    this.#listening.add(listener);
    return () => this.#listening.delete(listener);
  }
}
