/** Travel in the time of a trace: an event of it, or what is now; kept in the address as `at`. console.md 2.3. */
import { useEffect, useRef } from "preact/hooks";
import type { EventRow } from "../../../observe/contract.ts";
import { clock, span } from "../format.ts";
import { onKeys } from "../keys.ts";
import { go, params, withParams } from "../location.ts";
import { tell } from "./telling.ts";

export interface Travel {
  /** Index of the event that is shown; that of the last one when following. -1: there is none. */
  readonly at: number;
  readonly following: boolean;
  readonly to: (at: number) => void;
  readonly follow: () => void;
}

export function useTravel(events: readonly EventRow[]): Travel {
  const asked = params.value.get("at");
  const found = asked === null ? -1 : events.findIndex(({ seq }) => String(seq) === asked);
  const following = found < 0;
  const at = following ? events.length - 1 : found;
  // Keys may come faster than the page is drawn anew.
  const latest = useRef({ at, events, following });
  latest.current = { at, events, following };
  const to = (index: number) => {
    const { events } = latest.current;
    const next = Math.max(0, Math.min(events.length - 1, index));
    if (events[next] === undefined) return;
    latest.current = { events, at: next, following: false };
    go(withParams({ at: events[next].seq }), { replace: true });
  };
  const follow = () => go(withParams({ at: null }), { replace: true });
  useEffect(() => {
    const previous = () => to(latest.current.at - 1), next = () => to(latest.current.at + 1);
    return onKeys({
      "[": previous,
      "]": next,
      ArrowUp: previous,
      ArrowDown: next,
      k: previous,
      j: next,
      Home: () => to(0),
      End: () => to(latest.current.events.length - 1),
      Escape: follow,
      ".": () => latest.current.following ? to(latest.current.at) : follow(),
    });
  }, []);
  return { at, following, to, follow };
}

/** Says that what is shown is not now. */
export function TravelBanner(
  { events, travel: { at, following, follow } }: { events: readonly EventRow[]; travel: Travel },
) {
  const event = events[at];
  if (following || event === undefined) return null;
  return (
    <p class="banner" role="status">
      Showing {clock(event.at)}, event {at + 1} of {events.length}
      <button type="button" class="button" onClick={follow}>Follow live</button>
    </p>
  );
}

export function Scrubber({ events, travel: { at, to } }: { events: readonly EventRow[]; travel: Travel }) {
  const first = events[0], event = events[at];
  if (first === undefined || event === undefined) return null;
  const since = `+${span(Date.parse(event.at) - Date.parse(first.at))}`;
  return (
    <div class="scrubber">
      <span class="counts">{at + 1}/{events.length}</span>
      <input
        type="range"
        aria-label="Event"
        aria-valuetext={`${at + 1} of ${events.length}, ${since}: ${tell(event).title}`}
        min={0}
        max={events.length - 1}
        value={at}
        onInput={({ currentTarget }) => to(Number(currentTarget.value))}
      />
      <span class="counts">{since}</span>
    </div>
  );
}
