/** Every decision as it is made. console.md 2.2. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EventRow } from "../../../observe/contract.ts";
import { clock } from "../format.ts";
import { onKeys } from "../keys.ts";
import { go, hrefs, params, withParams } from "../location.ts";
import { Empty, Skeleton } from "../parts/basics.tsx";
import { tell } from "../parts/telling.ts";
import { epoch, link, revived, subscribe } from "../socket.ts";

/** Lines that are kept and shown. */
const MOST = 400;
/** For so long nobody is told that nothing has happened: the past comes in a moment. */
const QUIET_AFTER_MS = 1500;
const LEVELS = ["debug", "info", "warning", "error"] as const;

export function LogPage() {
  const [events, setEvents] = useState<readonly EventRow[]>([]);
  const [paused, setPaused] = useState(false);
  const [awaited, setAwaited] = useState(true);
  const box = useRef<HTMLInputElement>(null);
  const words = params.value.get("q") ?? "", level = params.value.get("level") ?? "debug";
  const hold = useRef(paused);
  hold.current = paused;
  const back = revived.value;
  useEffect(() => {
    let waiting: EventRow[] = [];
    const flush = setInterval(() => {
      if (waiting.length === 0 || hold.current) return;
      const more = waiting;
      waiting = [];
      setEvents((old) => [...old, ...more].slice(-MOST));
    }, 250);
    // From the beginning of what is still kept.
    const stop = subscribe("events", () => ({ sub: "events", after: `${epoch.value ?? "0"}-0` }), (frame) => {
      if (frame.op !== "event") return;
      waiting.push(frame.data);
      if (waiting.length > MOST) waiting.shift();
    });
    const quiet = setTimeout(() => setAwaited(false), QUIET_AFTER_MS);
    return () => {
      clearTimeout(quiet);
      clearInterval(flush);
      stop();
    };
  }, [back]);
  useEffect(() => onKeys({ ".": () => setPaused(!paused), "/": () => box.current?.select() }), [paused]);
  const shown = useMemo(() => {
    const terms = words.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const least = LEVELS.indexOf(level as (typeof LEVELS)[number]);
    return events.filter((event) =>
      LEVELS.indexOf(event.level ?? "info") >= least &&
      terms.every((term) => JSON.stringify(event).toLowerCase().includes(term))
    ).toReversed();
  }, [events, words, level]);
  return (
    <div class="table-page">
      <h1 class="heard-only">Log</h1>
      <div class="filter-bar" role="search">
        <input
          ref={box}
          class="filter"
          type="search"
          aria-label="Filter"
          placeholder="words: a domain, a connection, a cause"
          value={words}
          onInput={({ currentTarget }) => go(withParams({ q: currentTarget.value }), { replace: true })}
        />
        <label>
          from{" "}
          <select
            class="choice"
            value={level}
            onChange={({ currentTarget }) =>
              go(withParams({ level: currentTarget.value }), { replace: true })}
          >
            {LEVELS.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
        <span class="spring" />
        <button type="button" class="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? "Paused · go on" : "Pause"}
        </button>
        <span class="counts">{shown.length} of {events.length}</span>
      </div>
      <div class="log" role="log" aria-label="Log" aria-live="off" tabIndex={0}>
        {shown.map((event) => <Line key={event.seq} event={event} />)}
        {events.length === 0 && awaited && <Skeleton />}
        {shown.length === 0 && !(events.length === 0 && awaited) && (
          <Empty
            title={events.length === 0
              ? link.value === "polling"
                ? "The log needs a WebSocket, which does not get through here"
                : "Nothing has happened yet"
              : "No line matches"}
          />
        )}
      </div>
    </div>
  );
}

function Line({ event }: { event: EventRow }) {
  const { title, sub } = tell(event), level = event.level ?? "info";
  return (
    <p class={`log-line ${level}`} data-type={event.type}>
      <time dateTime={event.at}>{clock(event.at)}</time>
      <span class="level">{level}</span>
      <code>{event.type}</code>
      <span class="log-said">
        {title}
        {sub !== "" && <span class="quiet log-sub">{sub}</span>}
        {event.cause && <code class="cause">{event.cause}</code>}
      </span>
      {event.connection !== null && <a href={hrefs.connection(event.connection)}>{event.connection}</a>}
      {event.route !== null && (
        <a href={hrefs.route(event.route.local, event.route.remote)}>
          {event.route.local} → {event.route.remote}
        </a>
      )}
    </p>
  );
}
