/** B: every connection, with whom it speaks for. console.md 6 B. */
import type { ConnectionRow } from "../../../observe/contract.ts";
import { plain, span } from "../format.ts";
import { hrefs } from "../location.ts";
import { Command, Empty, Name, now, State } from "../parts/basics.tsx";
import { Grid, type GridColumn } from "../parts/grid.tsx";

const DIRECTION = { in: "← in", out: "→ out" } as const;

const COLUMNS: readonly GridColumn<ConnectionRow>[] = [
  { id: "state", title: "State", track: "132px", sort: "state", cell: ({ state }) => <State of={state} /> },
  { id: "id", title: "Id", track: "84px", sort: "id", cell: ({ id }) => <code>{id}</code> },
  {
    id: "direction",
    title: "Dir",
    track: "76px",
    sort: "direction",
    cell: ({ direction, bidi }) => bidi ? "↔ bidi" : DIRECTION[direction],
  },
  {
    id: "local",
    title: "Local",
    track: "minmax(110px, 1fr)",
    sort: "local",
    cell: ({ local }) => local === null ? "–" : <Name of={local} short />,
  },
  {
    id: "names",
    title: "Peer server",
    track: "minmax(150px, 1.3fr)",
    sort: "remote",
    cell: ({ serverNames, remote, peer }) => (
      <Names of={serverNames.length > 0 ? serverNames : [remote ?? peer ?? "?"]} />
    ),
  },
  {
    id: "delegated",
    title: "Speaks for",
    track: "minmax(170px, 1.8fr)",
    cell: (row) => row.cause !== null ? <span class="why">{row.cause}</span> : <SpeaksFor row={row} />,
  },
  { id: "tls", title: "TLS", track: "76px", sort: "tls", cell: ({ tls }) => tls?.version ?? "–" },
  {
    id: "rtt",
    title: "RTT",
    track: "74px",
    sort: "rtt",
    right: true,
    cell: ({ rttMs }) => rttMs === null || rttMs === undefined ? "–" : span(rttMs),
  },
  {
    id: "age",
    title: "Age",
    track: "92px",
    sort: "age",
    right: true,
    cell: ({ since, closedAt }) => span((closedAt ? Date.parse(closedAt) : now.value) - Date.parse(since)),
  },
];

function Names({ of }: { of: readonly string[] }) {
  return (
    <span title={of.map(plain).join("\n")}>
      {of.map((name, at) => (
        <span key={name}>
          {at > 0 && ", "}
          <Name of={name} short />
        </span>
      ))}
    </span>
  );
}

function SpeaksFor({ row: { delegated, delegatedCount } }: { row: ConnectionRow }) {
  if (delegated.length === 0) return <>–</>;
  const more = (delegatedCount ?? delegated.length) - Math.min(4, delegated.length);
  return (
    <span title={delegated.map(({ domain, prooftype }) => `${plain(domain)} (${prooftype})`).join("\n")}>
      {delegated.slice(0, 4).map(({ domain }, at) => (
        <span key={domain}>
          {at > 0 && ", "}
          <Name of={domain} short />
        </span>
      ))}
      {more > 0 && ` and ${more} more`}
    </span>
  );
}

export function ConnectionsPage() {
  return (
    <div class="table-page">
      <h1 class="heard-only">Connections</h1>
      <Grid
        name="connections"
        label="Connections"
        columns={COLUMNS}
        href={({ id }) => hrefs.connection(id)}
        id={({ id }) => id}
        facet="state"
        placeholder="state:established peer:*.hosting.example -direction:in age:>1h"
        nothing={
          <Empty title="No federation yet">
            <p>
              Nobody is connected. A connection is made when a component writes to another domain, or a peer
              calls.
            </p>
            <Command text="verona check example.org" />
          </Empty>
        }
      />
    </div>
  );
}
