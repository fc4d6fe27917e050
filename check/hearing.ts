/** Hears an attempt while it goes on: decisions, and the steps of its pair and of its connections, each once and in order. */
import type { RecordedEvent } from "../facts/event.ts";
import type { Recorder } from "../observe/recorder.ts";
import type { DomainPair } from "../xmpp/domain.ts";

/** Returns how to stop it. Recorders tell steps only to who follows the actor that makes them. */
export function hearing(
  recorder: Recorder,
  pair: DomainPair,
  heard: (event: RecordedEvent) => void,
): () => void {
  const followed = new Map<string, () => void>();
  let last = 0;
  const hear = (event: RecordedEvent) => {
    if (event.seq <= last) return;
    last = event.seq;
    const { connection } = event;
    if (connection !== undefined && !followed.has(connection)) {
      followed.set(connection, recorder.follow({ connection }, hear));
    }
    heard(event);
  };
  const stop = [recorder.listen(hear), recorder.follow({ pair }, hear)];
  return () => [...stop, ...followed.values()].forEach((end) => end());
}
