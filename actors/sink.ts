/** Back-pressure with an end: a reader pauses for a receiver that takes no more, but not for ever. LIM-10. */
import type { Clock } from "./host.ts";

/** A receiver that takes nothing for this long no longer holds up those who have others to serve. */
const STALL_MS = 5_000;

/** Whoever does not read gets no more bytes than this kept for it: twice the queue of a pair. */
export const MOST_WAITING = 8 * 1024 * 1024;

export interface Drains {
  /** Resolves when there is room again; undefined when there is. */
  drained(): Promise<void> | undefined;
  /** It took nothing for {@link STALL_MS}: what comes for it is bounced until it does. */
  stalled: boolean;
}

/** Waits until `sink` has room, at most {@link STALL_MS}. */
export function settled(sink: Drains, clock: Clock): Promise<void> | undefined {
  const room = sink.drained();
  if (room === undefined || sink.stalled) return undefined;
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => {
      sink.stalled = true;
      resolve();
    }, STALL_MS);
    void room.then(() => {
      clock.clearTimeout(timer);
      sink.stalled = false;
      resolve();
    });
  });
}
