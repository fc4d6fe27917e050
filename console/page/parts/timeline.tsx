/** The events of a trace one below the other, and all that is known of the one that is shown. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { EventRow } from "../../../observe/contract.ts";
import { count, span } from "../format.ts";
import { hrefs } from "../location.ts";
import { FIRST } from "../trace_reading.ts";
import { Copy, Facts } from "./basics.tsx";
import { factsOf, tell } from "./telling.ts";
import type { Trace } from "./trace.ts";
import type { Travel } from "./travel.tsx";

export interface TimelineProps {
  readonly trace: Trace;
  readonly travel: Travel;
  /** From a file: nothing comes any more. */
  readonly still?: boolean;
}

export function Timeline({ trace: { events, left, hole, ended }, travel, still = false }: TimelineProps) {
  const box = useRef<HTMLUListElement>(null);
  const start = events[0] === undefined ? 0 : Date.parse(events[0].at);
  const event = events[travel.at];
  useEffect(() => {
    const option = box.current?.querySelector<HTMLElement>("[aria-selected=true]");
    if (option && box.current) {
      const { offsetTop, offsetHeight } = option, { scrollTop, clientHeight } = box.current;
      if (offsetTop < scrollTop || offsetTop + offsetHeight > scrollTop + clientHeight) {
        box.current.scrollTop = offsetTop - clientHeight / 2;
      }
    }
  }, [event?.seq]);
  return (
    <aside class="timeline" aria-label="Events">
      <header>
        <h2>Events</h2>
        <span class="badge">{count(events.length + left)}</span>
        <span class="spring" />
        {travel.following
          ? <span class="quiet">{still ? "all of it" : ended ? "ended" : "following"}</span>
          : (
            <button type="button" class="button" onClick={travel.follow}>
              {still ? "To the end" : "Follow live"}
            </button>
          )}
      </header>
      {hole !== null && <p class="hole">{HOLES[hole]}</p>}
      <ul
        role="listbox"
        aria-label="Events"
        tabIndex={0}
        ref={box}
        aria-activedescendant={event && `event-${event.seq}`}
      >
        {events.map((event, at) => (
          <Entry
            key={event.seq}
            event={event}
            ms={Date.parse(event.at) - start}
            selected={at === travel.at}
            gap={left > 0 && at === FIRST ? left : 0}
            onSelect={() => travel.to(at)}
          />
        ))}
      </ul>
      {event !== undefined && <Detail event={event} />}
    </aside>
  );
}

const HOLES = {
  restart: "The history was cut: the server was started anew.",
  cut: "The history was cut: the server has let older events go.",
  slow: "Events are missing: this page was too slow for them.",
} as const;

function Entry({ event, ms, selected, gap, onSelect }: {
  event: EventRow;
  ms: number;
  selected: boolean;
  gap: number;
  onSelect: () => void;
}) {
  const { kind, title, sub, bad } = tell(event);
  return (
    <li
      id={`event-${event.seq}`}
      class={`entry ${kind}${bad ? " bad" : ""}${event.type === "machine.moved" ? " move" : ""}`}
      role="option"
      aria-selected={selected}
      data-seq={event.seq}
      onClick={onSelect}
    >
      <span class="at">+{span(ms)}</span>
      <span class="mark" aria-hidden="true">{bad ? "✕" : event.type === "machine.moved" ? "›" : "●"}</span>
      <span class="said">
        <span class="title">{title}</span>
        {sub !== "" && <span class="sub">{sub}</span>}
        {gap > 0 && <span class="sub">{count(gap)} events between are left out</span>}
      </span>
    </li>
  );
}

function Detail({ event }: { event: EventRow }) {
  const { title } = tell(event);
  const { route, connection, cause, traceId } = event;
  const rows: Record<string, ComponentChildren> = { time: event.at, event: event.type };
  if (cause !== undefined) rows.cause = cause;
  if (route !== null) {
    rows.pair = <a href={hrefs.route(route.local, route.remote)}>{route.local} → {route.remote}</a>;
  }
  if (connection !== null) rows.connection = <a href={hrefs.connection(connection)}>{connection}</a>;
  if (traceId !== undefined) {
    rows["OpenTelemetry"] = (
      <>
        {traceId} <Copy text={traceId}>Copy trace id</Copy>
      </>
    );
  }
  return (
    <section class="detail" aria-label="Event detail" aria-live="off">
      <h3>{title}</h3>
      <Facts of={{ ...rows, ...Object.fromEntries(factsOf(event)) }} />
    </section>
  );
}
