/** C: one pair: what carries it, why in that order, its machine and its history. console.md 6 C. */
import { useEffect } from "preact/hooks";
import type { Explanation, RouteDetail } from "../../../observe/contract.ts";
import { ApiProblem } from "../api.ts";
import { bytes, many, plain, relative, span } from "../format.ts";
import { params } from "../location.ts";
import { Copy, Empty, Facts, Name, now, Skeleton, State, Trouble, When } from "../parts/basics.tsx";
import { Blocked } from "../parts/blocked.tsx";
import { Carriers, watchPair } from "../parts/carriers.tsx";
import { PairProof } from "../parts/pair_proof.tsx";
import { Part } from "../parts/part.tsx";
import { Played } from "../parts/played.tsx";
import { throttled, useQuery } from "../parts/query.ts";
import { Stages } from "../parts/stages.tsx";
import { Statechart } from "../parts/statechart.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { type Actor, useActors, useTrace } from "../parts/trace.ts";
import { TravelBanner, useTravel } from "../parts/travel.tsx";

const AGAIN_MS = 250;
const TABS = { chart: "Statechart", proof: "Proof", why: "Explain" } as const;
type Tab = keyof typeof TABS;

export function RoutePage({ local, remote }: { local: string; remote: string }) {
  const path = `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}`;
  const { data: route, error, again } = useQuery<RouteDetail>(path);
  const trace = useTrace(`${path}/events`, `trace:${local}/${remote}`);
  const travel = useTravel(trace.events);
  const actors = useActors(trace.events);
  useEffect(() => watchPair(local, remote, again), []);
  // Each event may have changed the row.
  const last = trace.events.at(-1)?.seq;
  useEffect(() => {
    const refresh = throttled(AGAIN_MS, again);
    if (last !== undefined) refresh();
    return refresh.cancel;
  }, [last]);
  const asked = params.value.get("tab") as Tab;
  const tab = asked in TABS ? asked : "chart";
  if (route === null) {
    if (error instanceof ApiProblem && error.status === 404 && trace.events.length === 0) {
      return <Gone local={local} remote={remote} />;
    }
    if (error !== null && trace.events.length === 0) return <Trouble error={error} again={again} />;
    if (trace.events.length === 0) return <Skeleton />;
  }
  return (
    <div class="entity">
      <header class="head">
        <div class="row">
          <h1>
            <Name of={local} /> <span class="way">→</span> <Name of={remote} />
          </h1>
          <State of={route?.state ?? "closed"} />
          <span class="spring" />
          <Copy text={() => location.href}>Copy link</Copy>
          <Copy text={`verona explain ${local} ${remote}`}>Copy explain command</Copy>
        </div>
        {route !== null && (
          <Part what="what is known of this pair">
            <RouteFacts route={route} />
            <Carriers of={route.connections} />
            {route.blockedUntil && <Blocked pair={route} until={route.blockedUntil} again={again} />}
          </Part>
        )}
      </header>
      <TravelBanner events={trace.events} travel={travel} />
      <Tabs of={Object.entries(TABS).map(([name, title]) => ({ name, title }))} at={tab} />
      <div class="entity-body" role="tabpanel" id="panel" tabIndex={0} aria-labelledby={`tab-${tab}`}>
        <Part what="this view" at={tab}>
          {tab !== "chart"
            ? <Explained local={local} remote={remote} tab={tab} />
            : (
              <Played trace={trace} travel={travel}>
                <Statechart actors={ordered(actors)} at={travel.at} title={titleOf} />
              </Played>
            )}
        </Part>
      </div>
    </div>
  );
}

/** The pair's own machine first. */
const ordered = (actors: readonly Actor[]): Actor[] =>
  [...actors].sort((a, b) => Number(b.machine === "route") - Number(a.machine === "route"));

const titleOf = ({ id, machine }: Actor): string => machine === "route" ? "route" : id;

function RouteFacts({ route }: { route: RouteDetail }) {
  return (
    <Facts
      of={{
        "grounds": route.prooftype,
        "valid until": route.expires === null ? null : <When at={route.expires} />,
        "looked at again": route.recheckAt === null ? null : <When at={route.recheckAt} />,
        "queue": route.queued === 0
          ? "empty"
          : `${many(route.queued, "stanza")}, ${bytes(route.queuedBytes ?? 0)}${
            route.queuedSince ? `, the oldest ${span(now.value - Date.parse(route.queuedSince))}` : ""
          }`,
        "next try": route.nextAttemptAt
          ? (
            <span data-countdown>
              {relative(route.nextAttemptAt, now.value)}, number {(route.failures ?? 0) + 1}
            </span>
          )
          : null,
        "cause": route.reason,
        "refused here": route.refusal,
        "revocation bound": route.boundMs === null ? null : span(route.boundMs),
      }}
    />
  );
}

/** What the server says now of the pair, or of what DNS proves for it. */
function Explained({ local, remote, tab }: { local: string; remote: string; tab: "why" | "proof" }) {
  const { data, error, again } = useQuery<Explanation>(
    `/explain?from=${encodeURIComponent(local)}&to=${encodeURIComponent(remote)}`,
  );
  if (error !== null) return <Trouble error={error} again={again} />;
  if (data === null) return <Skeleton />;
  return (
    <div class="cards one">
      {tab === "why"
        ? (
          <>
            <p class={`headline ${data.verdict}`}>{plain(data.headline)}</p>
            <Stages stages={data.stages} verdict={data.verdict} cause={data.cause} />
          </>
        )
        : <PairProof remote={remote} explanation={data} />}
    </div>
  );
}

function Gone({ local, remote }: { local: string; remote: string }) {
  return (
    <Empty title="This pair is not in the table">
      <p>
        Nobody has asked for {local} → {remote} lately; a pair is forgotten ten minutes after its last use.
      </p>
      <a class="button" href={`/check?from=${encodeURIComponent(local)}&to=${encodeURIComponent(remote)}`}>
        Check it
      </a>
    </Empty>
  );
}
