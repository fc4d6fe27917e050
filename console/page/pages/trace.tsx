/** A trace that somebody exported, drawn like a connection that is there: for who was not, and for bug reports. console.md 2.3. */
import { useMemo } from "preact/hooks";
import type { TraceFile } from "../../../observe/contract.ts";
import { absolute, count, many, plain } from "../format.ts";
import { params } from "../location.ts";
import { Copy, Empty, Facts, Name, State } from "../parts/basics.tsx";
import { Part } from "../parts/part.tsx";
import { Played } from "../parts/played.tsx";
import { SequenceTab } from "../parts/sequence_tab.tsx";
import { standingAfter } from "../parts/standing.ts";
import { Statechart } from "../parts/statechart.tsx";
import { Tabs, type View } from "../parts/tabs.tsx";
import { type Trace, useActors } from "../parts/trace.ts";
import { useTravel } from "../parts/travel.tsx";
import { opened, openTrace, refused } from "../trace_file.ts";
import { bounded, FIRST } from "../trace_reading.ts";
import { titleOf } from "./connection.tsx";

const VIEWS: readonly View[] = [
  { name: "statechart", title: "Statechart" },
  { name: "sequence", title: "Sequence" },
];

export function TracePage() {
  const trace = opened.value;
  if (trace === null) return <Opener />;
  return (
    <Part what="this trace" heads at={trace.file.exportedAt}>
      <Opened key={trace.file.exportedAt} {...trace} />
    </Part>
  );
}

function Opener() {
  return (
    <div class="page">
      <h1 class="heard-only">Open a trace</h1>
      <Empty title="Open an exported trace">
        <p>
          Drop the file anywhere on this page, or choose it. It stays in this browser: nothing is sent to the
          server.
        </p>
        <Chooser />
        {refused.value !== null && <p class="trouble" role="alert">✕ {plain(refused.value)}</p>}
      </Empty>
    </div>
  );
}

function Chooser() {
  return (
    <label class="row">
      Trace file{" "}
      <input
        type="file"
        accept=".json,application/json"
        onChange={({ currentTarget: { files } }) => files?.[0] && void openTrace(files[0])}
      />
    </label>
  );
}

function Opened({ name, file }: { name: string; file: TraceFile }) {
  const { connection, route } = file;
  const trace = useMemo(
    (): Trace => ({ ...file, ...bounded(file), error: null, loaded: true, hole: null }),
    [file],
  );
  const { events } = trace;
  const travel = useTravel(events);
  const actors = useActors(events);
  const { state, local, remote, tls } = useMemo(() => standingAfter(events.slice(0, travel.at + 1)), [
    events,
    travel.at,
  ]);
  const sequence = params.value.get("tab") === "sequence";
  const [from, to] = route === null ? [local, remote] : [route.local, route.remote];
  return (
    <div class="entity">
      <header class="head">
        <div class="row">
          <h1>
            {from === null ? "?" : <Name of={from} />} <span class="way">→</span>{" "}
            {to === null ? "?" : <Name of={to} />}
          </h1>
          {route === null && <State of={state} />}
          <span class="tag">from a file</span>
          <span class="spring" />
          <Copy text={() => JSON.stringify(file)}>Copy as JSON</Copy>
          <button type="button" class="button" onClick={() => opened.value = null}>Close the file</button>
        </div>
        <Facts
          of={{
            "file": plain(name),
            "exported": plain(absolute(file.exportedAt)),
            "id": connection === null ? null : <code>{plain(connection)}</code>,
            "TLS": tls === null ? null : plain(tls),
          }}
        />
      </header>
      {events.length < file.events.length && (
        <p class="banner" role="status">
          This file holds {many(file.events.length, "event")}, more than this page draws: here are the first
          {" "}
          {count(FIRST)} and the last {count(events.length - FIRST)}. All of it: verona trace --open FILE
        </p>
      )}
      <Tabs of={VIEWS} at={sequence ? "sequence" : "statechart"} />
      <div
        class="entity-body"
        role="tabpanel"
        id="panel"
        tabIndex={0}
        aria-labelledby={sequence ? "tab-sequence" : "tab-statechart"}
      >
        <Played trace={trace} travel={travel} at={`${sequence}`} still>
          {sequence
            ? (
              <SequenceTab
                names={{ local: from, remote: to, peer: null }}
                events={events}
                more={[]}
                travel={travel}
              />
            )
            : <Statechart actors={actors} at={travel.at} title={titleOf} />}
        </Played>
      </div>
    </div>
  );
}
