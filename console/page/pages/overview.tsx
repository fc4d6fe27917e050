/** A: is it healthy, what happens, what needs a look, what ends soon. console.md 6 A. */
import type { ComponentChildren } from "preact";
import type { Attention, Overview } from "../../../observe/contract.ts";
import { ApiProblem } from "../api.ts";
import { count, many, plain, span } from "../format.ts";
import { hrefs } from "../location.ts";
import { overview, overviewError, refreshOverview, totals } from "../overview.ts";
import { Command, Empty, Name, now, Pill, Skeleton, toneOf, Trouble, When } from "../parts/basics.tsx";
import { Decisions } from "../parts/decisions.tsx";
import { Part } from "../parts/part.tsx";
import { Phases } from "../parts/phases.tsx";
import { Spark } from "../parts/spark.tsx";
import { link } from "../socket.ts";

export function OverviewPage() {
  const data = overview.value, error = overviewError.value;
  if (data === null) {
    if (error instanceof ApiProblem && error.status === 501) return <Counts />;
    return error !== null ? <Trouble error={error} again={() => void refreshOverview()} /> : <Skeleton />;
  }
  const quiet = data.totals.connections === 0 && data.totals.routes === 0;
  return (
    <div class={link.value === "lost" ? "page dimmed" : "page"}>
      <h1 class="heard-only">Overview</h1>
      <p class="health">
        <span data-health={data.health.word}>
          <Pill tone={toneOf(data.health.word)}>{data.health.word.toUpperCase()}</Pill>
        </span>
        {many(data.totals.domains, "domain")} · {many(data.totals.components, "component")} · up{" "}
        {span(now.value - Date.parse(data.startedAt))} · v{data.version}
      </p>
      {data.health.reasons.map((reason) => <p key={reason} class="banner bad">{plain(reason)}</p>)}
      {quiet ? <Quiet data={data} /> : <Busy data={data} />}
      <Part what="what needs attention">
        <Attentions of={data.attention} />
      </Part>
      <Part what="what ends soon">
        <Endings data={data} />
      </Part>
    </div>
  );
}

function Quiet({ data }: { data: Overview }) {
  return (
    <Empty title="No federation yet">
      <p>
        This server is there for{" "}
        {many(data.totals.domains, "domain")}. A connection is made when a component writes to another domain,
        or a peer calls.
      </p>
      <Command text="verona check example.org" />
    </Empty>
  );
}

/** Where the server has no overview yet. */
function Counts() {
  return (
    <div class="page">
      <h1 class="heard-only">Overview</h1>
      <div class="tiles">
        {Object.entries(totals.value).map(([name, n]) => (
          <Tile key={name} title={name} value={count(n)} href={`/${name}`} />
        ))}
      </div>
    </div>
  );
}

function Busy({ data }: { data: Overview }) {
  return (
    <>
      <Part what="the numbers">
        <Tiles data={data} />
      </Part>
      <div class="plots">
        <Part what="the plot of decisions">
          <Decisions data={data} />
        </Part>
        <Part what="the table of phases">
          <Phases data={data} />
        </Part>
      </div>
    </>
  );
}

function Tiles({ data: { totals, rates, series: { steps }, latencies } }: { data: Overview }) {
  const setup = latencies.find(({ phase }) => phase === "setup");
  return (
    <div class="tiles">
      <Tile
        title="Connections"
        value={count(totals.connections)}
        sub={`${rates.minute.opened} opened in a minute`}
        href="/connections"
        tile="connections"
      >
        <Spark of={last(steps.opened)} label="opened" />
      </Tile>
      <Tile
        title="Pairs open"
        value={count(totals.routeStates.authorised)}
        sub={`of ${count(totals.routes)}`}
        href={hrefs.filtered("routes", "state:authorised")}
        tile="authorised"
      >
        <Spark of={last(steps.granted)} label="granted" />
      </Tile>
      <Tile
        title="Denied pairs"
        value={count(totals.routeStates.denied)}
        sub={`${rates.hour.denied} denials in an hour`}
        href={hrefs.filtered("routes", "state:denied")}
        tile="denied"
      >
        <Spark of={last(steps.denied)} label="denied" />
      </Tile>
      <Tile
        title="Setup p95"
        value={setup?.p95Ms === null || setup === undefined ? "–" : span(setup.p95Ms)}
        sub={setup === undefined
          ? ""
          : `${count(setup.count)} in 15 min, p50 ${setup.p50Ms === null ? "–" : span(setup.p50Ms)}`}
      />
      <Tile
        title="Stanzas"
        value={`${count(rates.minute.stanzasIn + rates.minute.stanzasOut)}`}
        sub="in the last minute"
      >
        <Spark of={last(steps.stanzasIn.map((n, at) => n + (steps.stanzasOut[at] ?? 0)))} label="stanzas" />
      </Tile>
      <Tile
        title="Queue"
        value={count(totals.queued)}
        sub={totals.queued === 0 ? "nothing waits" : "stanzas wait"}
      />
    </div>
  );
}

const SPARK = 40;
const last = (series: readonly number[]): readonly number[] => series.slice(-SPARK);

function Tile({ title, value, sub, href, tile, children }: {
  title: string;
  value: string;
  sub?: string;
  href?: string;
  tile?: string;
  children?: ComponentChildren;
}) {
  const inside = (
    <>
      <span class="tile-title">{title}</span>
      <b>{value}</b>
      {sub !== undefined && <span class="tile-sub">{sub}</span>}
      {children}
    </>
  );
  return href === undefined
    ? <div class="tile">{inside}</div>
    : <a class="tile" href={href} data-tile={tile}>{inside}</a>;
}

function Attentions({ of }: { of: readonly Attention[] }) {
  if (of.length === 0) return null;
  return (
    <section class="card" aria-label="Needs attention">
      <h2>Needs attention</h2>
      <ul class="plain-list attention">
        {of.map(({ kind, severity, subject, text, cause, pairs, at, failure }) => (
          <li key={`${kind} ${subject} ${cause}`} data-attention={kind} data-subject={subject}>
            <Pill tone={severity === "error" ? "bad" : "warn"}>{severity}</Pill>
            <b>
              <Name of={subject} />
            </b>
            <span>{plain(text)}</span>
            {cause !== null && <code class="cause">{cause}</code>}
            {at !== null && <When at={at} />}
            <span class="spring" />
            {pairs > 0 && <span class="quiet">{count(pairs)} {pairs === 1 ? "pair" : "pairs"}</span>}
            {failure !== null && <a href={hrefs.failure(failure)}>why →</a>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Endings({ data: { expiring, actorStates } }: { data: Overview }) {
  return (
    <div class="plots">
      <section class="card" aria-label="Ends soon">
        <h2>Ends soon</h2>
        {expiring.length === 0 ? <p class="quiet">Nothing.</p> : (
          <ul class="plain-list">
            {expiring.slice(0, 8).map(({ kind, name, connection, at }) => (
              <li key={`${kind} ${name} ${connection}`}>
                <span class="tag">{kind.replace("-", " ")}</span> <Name of={name} /> <span class="spring" />
                {connection !== null && <a href={hrefs.connection(connection)}>{connection}</a>}{" "}
                <When at={at} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section class="card" aria-label="Where the actors are">
        <h2>Where the actors are</h2>
        <ul class="heat-list">
          {actorStates.slice(0, 12).map(({ machine, state, count: n }) => (
            <li key={`${machine} ${state}`}>
              <span>
                <a href={hrefs.machine(machine.replaceAll(" ", "_"))}>{machine}</a> {state}
              </span>
              <meter
                min={0}
                max={Math.max(...actorStates.map(({ count }) => count))}
                value={n}
                aria-label={`${machine} ${state}: ${n}`}
              />
              <b>{count(n)}</b>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
