/** D: one connection: its machines, what was said, what it stands on; now, or as it stood at any event. console.md 6 D. */
import { useMemo, useState } from "preact/hooks";
import type { ConnectionRow } from "../../../observe/contract.ts";
import { ApiProblem, post } from "../api.ts";
import { plain, span } from "../format.ts";
import { Sheet } from "../help.tsx";
import { params } from "../location.ts";
import { Copy, Empty, Facts, Name, now, Skeleton, State, Trouble, When } from "../parts/basics.tsx";
import { ContextTab, CountersTab } from "../parts/connection_facts.tsx";
import { useLiveRow } from "../parts/live_row.ts";
import { usePairs } from "../parts/pair_events.ts";
import { Part } from "../parts/part.tsx";
import { Played } from "../parts/played.tsx";
import { ProofsTab } from "../parts/proofs_tab.tsx";
import { SequenceTab } from "../parts/sequence_tab.tsx";
import { standingAfter } from "../parts/standing.ts";
import { Statechart } from "../parts/statechart.tsx";
import { Tabs, type View } from "../parts/tabs.tsx";
import { type Actor, type Trace, useActors, useTrace } from "../parts/trace.ts";
import { type Travel, TravelBanner, useTravel } from "../parts/travel.tsx";
import { session } from "../socket.ts";
import { saveTrace } from "../trace_file.ts";

const TABS = ["statechart", "sequence", "proofs", "context", "counters"] as const;
type Tab = (typeof TABS)[number];

export function ConnectionPage({ id }: { id: string }) {
  const { row, error } = useLiveRow(id);
  const trace = useTrace(`/connections/${encodeURIComponent(id)}/events`, `trace:${id}`);
  const travel = useTravel(trace.events);
  const asked = params.value.get("tab") as Tab;
  const tab = TABS.includes(asked) ? asked : "statechart";
  if (row === null && trace.events.length === 0) {
    if (error instanceof ApiProblem && error.status === 404 && trace.loaded) return <Gone id={id} />;
    if (error !== null) return <Trouble error={error} />;
    if (!trace.loaded || row === null) return <Skeleton />;
  }
  return (
    <div class="entity">
      <Part what="the head of this connection" heads>
        <Head id={id} row={row} trace={trace} travel={travel} />
      </Part>
      <TravelBanner events={trace.events} travel={travel} />
      <Tabs of={viewsOf(trace, row)} at={tab} />
      <div class="entity-body" role="tabpanel" id="panel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
        <Part what="this view" at={tab}>
          <Body tab={tab} id={id} row={row} trace={trace} travel={travel} />
        </Part>
      </div>
    </div>
  );
}

interface Parts {
  readonly id: string;
  readonly row: ConnectionRow | null;
  readonly trace: Trace;
  readonly travel: Travel;
}

function Body({ tab, id, row, trace, travel }: Parts & { tab: Tab }) {
  const actors = useActors(trace.events);
  if (tab === "proofs") return <ProofsTab row={row} trace={trace} />;
  if (tab === "context") return <ContextTab row={row} />;
  if (tab === "counters") return <CountersTab row={row} />;
  return (
    <Played trace={trace} travel={travel} at={tab}>
      {tab === "statechart"
        ? <Statechart actors={actors} at={travel.at} title={titleOf} />
        : <LiveSequence id={id} row={row} trace={trace} travel={travel} />}
    </Played>
  );
}

/** With what DNS said for the connection's pairs: that stands in their own histories. */
function LiveSequence({ id, row, trace, travel }: Parts) {
  const { events, awaited } = usePairs(trace.events);
  // What was asked for another connection of a pair is told there.
  const more = useMemo(() => events.filter(({ connection }) => connection === null || connection === id), [
    events,
    id,
  ]);
  return (
    <SequenceTab
      names={{ local: row?.local ?? null, remote: row?.remote ?? null, peer: row?.peer ?? null }}
      events={trace.events}
      more={more}
      awaited={awaited || !trace.loaded}
      travel={travel}
    />
  );
}

/** `c-1 requests a.example to b.example`: the connection's own id says nothing here. */
export const titleOf = ({ id, machine }: Actor): string => {
  const rest = plain(id.replace(/^[ck]-\S+ ?/, ""));
  return rest === "" ? machine.replaceAll("_", " ") : rest;
};

function Gone({ id }: { id: string }) {
  return (
    <Empty title={`${plain(id)} is not known any more`}>
      <p>The server remembers its last thousand connections. Ids are never used twice.</p>
      <div class="row">
        <a class="button" href="/connections">All connections</a>
        <a class="button" href="/trace">Open an exported trace</a>
      </div>
    </Empty>
  );
}

function Head({ id, row, trace, travel }: Parts) {
  const then = useMemo(() => travel.following ? null : standingAfter(trace.events.slice(0, travel.at + 1)), [
    travel.at,
    travel.following,
    trace.events,
  ]);
  const local = then?.local ?? row?.local ?? null, remote = then?.remote ?? row?.remote ?? row?.peer ?? null;
  const tls = then === null ? row?.tls ? `${row.tls.version} · ${row.tls.cipher}` : null : then.tls;
  const names = then === null ? row?.delegated.map(({ domain }) => domain) ?? [] : then.names;
  const direction = row?.direction ?? (then?.direction as "in" | "out" | undefined);
  return (
    <header class="head">
      <div class="row">
        <h1>
          {local === null ? "?" : <Name of={local} />}{" "}
          <span class="way">{row?.bidi ? "↔" : direction === "in" ? "←" : "→"}</span>{" "}
          {remote === null ? "?" : <Name of={remote} />}
        </h1>
        <State of={then?.state ?? row?.state ?? "closed"} />
        <span class="spring" />
        <Copy text={() => location.href}>Copy link</Copy>
        <Export id={id} row={row} trace={trace} />
        {session.value?.role === "operator" && row !== null && row.state !== "closed" && <Close id={id} />}
      </div>
      <Facts
        of={{
          "id": <code>{id}</code>,
          "direction": direction === "in" ? "incoming" : "outgoing",
          "speaks for": names.length === 0
            ? "nobody yet"
            : names.slice(0, 6).map((name, at) => (
              <span key={name}>
                {at > 0 && ", "}
                <Name of={name} />
              </span>
            )),
          "TLS": tls,
          "peer": row?.peer ?? null,
          "round trip": row?.rttMs === null || row?.rttMs === undefined ? null : span(row.rttMs),
          "age": row === null ? null : row.closedAt
            ? (
              <>
                closed <When at={row.closedAt} />
              </>
            )
            : span(now.value - Date.parse(row.since)),
          "cause": row?.cause ?? null,
        }}
      />
    </header>
  );
}

function viewsOf(trace: Trace, row: ConnectionRow | null): View[] {
  const counts: Partial<Record<Tab, number>> = {
    sequence: trace.events.filter(({ type }) => type !== "machine.moved").length,
    proofs: row?.delegatedCount ?? row?.delegated.length ?? 0,
  };
  return TABS.map((name) => ({ name, title: name[0]!.toUpperCase() + name.slice(1), count: counts[name] }));
}

function Export({ id, row, trace }: { id: string; row: ConnectionRow | null; trace: Trace }) {
  return <button type="button" class="button" onClick={() => saveTrace(id, row, trace)}>Export trace</button>;
}

function Close({ id }: { id: string }) {
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () =>
    post(`/connections/${encodeURIComponent(id)}/close`).then(() => setAsking(false), setError);
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>Close…</button>
      {asking && (
        <Sheet title="Close this connection" onClose={() => setAsking(false)}>
          <h2>Close {id}?</h2>
          <p>The stream is ended in order. Pairs that are in use come back on another connection.</p>
          {error !== null && <Trouble error={error} />}
          <div class="row">
            <button type="button" class="button danger" onClick={() => void close()}>
              Close the connection
            </button>
            <button type="button" class="button" onClick={() => setAsking(false)}>Keep it</button>
          </div>
        </Sheet>
      )}
    </>
  );
}
