/** C: every pair of domains, the connections that carry it, in order, and why not. console.md 6 C. */
import type { RouteRow } from "../../../observe/contract.ts";
import { count, relative, span } from "../format.ts";
import { hrefs } from "../location.ts";
import { Command, Empty, Name, now, State, When } from "../parts/basics.tsx";
import { Grid, type GridColumn } from "../parts/grid.tsx";

const ORDER = ["①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨"];

const COLUMNS: readonly GridColumn<RouteRow>[] = [
  {
    id: "local",
    title: "Local",
    track: "minmax(140px, 1fr)",
    sort: "local",
    cell: ({ local }) => <Name of={local} short />,
  },
  {
    id: "remote",
    title: "Remote",
    track: "minmax(140px, 1fr)",
    sort: "remote",
    cell: ({ remote }) => <Name of={remote} short />,
  },
  { id: "state", title: "State", track: "130px", sort: "state", cell: ({ state }) => <State of={state} /> },
  {
    id: "send",
    title: "Connections in order",
    track: "minmax(150px, 1.2fr)",
    cell: (row) => <Carriers row={row} />,
  },
  {
    id: "grounds",
    title: "Grounds",
    track: "minmax(110px, .9fr)",
    sort: "prooftype",
    cell: ({ prooftype, reason }) => reason !== null ? <span class="why">{reason}</span> : prooftype ?? "–",
  },
  {
    id: "expires",
    title: "Valid until",
    track: "110px",
    sort: "expires",
    cell: ({ expires }) => <When at={expires} />,
  },
  {
    id: "queued",
    title: "Queue",
    track: "130px",
    sort: "queued",
    right: true,
    cell: ({ queued, queuedSince }) =>
      queued === 0
        ? "0"
        : `${count(queued)}${queuedSince ? ` (oldest ${span(now.value - Date.parse(queuedSince))})` : ""}`,
  },
];

function Carriers(
  { row: { send, recv, failures, nextAttemptAt, refusal, blockedUntil } }: { row: RouteRow },
) {
  const all = [...send, ...recv.filter((id) => !send.includes(id))];
  if (all.length > 0) {
    return (
      <>
        {all.map((id, at) => (
          <span key={id} class="carrier">
            <span aria-label={`number ${at + 1}`}>{ORDER[at] ?? `${at + 1}.`}</span>{" "}
            <a href={hrefs.connection(id)}>{id}</a>
          </span>
        ))}
      </>
    );
  }
  if (blockedUntil) return <span class="quiet">– blocked, ends {relative(blockedUntil, now.value)}</span>;
  if (refusal === "policy.suspended") return <span class="quiet">– suspended</span>;
  if (nextAttemptAt) {
    return <span class="quiet">– try {(failures ?? 0) + 1} {relative(nextAttemptAt, now.value)}</span>;
  }
  return <>–</>;
}

export function RoutesPage() {
  return (
    <div class="table-page">
      <h1 class="heard-only">Routes</h1>
      <Grid
        name="routes"
        label="Routes"
        columns={COLUMNS}
        href={({ local, remote }) => hrefs.route(local, remote)}
        id={({ local, remote }) => `${local} ${remote}`}
        facet="state"
        placeholder="local:sender.example remote:g* state:backoff"
        nothing={
          <Empty title="No pair yet">
            <p>A pair is made when a domain of ours and another one want to talk to each other.</p>
            <Command text="verona explain sender.example target.example" />
          </Empty>
        }
      />
    </div>
  );
}
