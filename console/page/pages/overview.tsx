/** A: is it healthy, what happens, what needs a look, what ends soon. console.md 6 A. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Attention, Overview } from "../../../observe/contract.ts";
import { ApiProblem } from "../api.ts";
import { count, many, plain, span } from "../format.ts";
import { hrefs } from "../location.ts";
import { overview, overviewError, refreshOverview, totals } from "../overview.ts";
import { Command, Empty, Name, now, Pill, Skeleton, toneOf, Trouble, When } from "../parts/basics.tsx";
import { Plot } from "../parts/plot.tsx";
import { Spark } from "../parts/spark.tsx";
import { link } from "../socket.ts";

export function OverviewPage() {
  const data = overview.value, error = overviewError.value;
  if (data === null) {
    if (error instanceof ApiProblem && error.status === 501) return <Counts />;
    return error !== null ? <Trouble error={error} again={refreshOverview} /> : <Skeleton />;
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
      <Attentions of={data.attention} />
      <Endings data={data} />
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
  const { totals, rates, series: { steps }, latencies } = data;
  const setup = latencies.find(({ phase }) => phase === "setup");
  return (
    <>
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
      <div class="plots">
        <Decisions data={data} />
        <Phases data={data} />
      </div>
    </>
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

function Decisions({ data: { series: { stepMs, from, steps } } }: { data: Overview }) {
  const start = Date.parse(from) / 1000;
  const times = steps.granted.map((_, at) => start + at * stepMs / 1000);
  return (
    <Figure
      title={`Decisions, each ${span(stepMs)}`}
      table={
        <SeriesTable
          times={times}
          steps={{ granted: steps.granted, denied: steps.denied, revoked: steps.revoked }}
        />
      }
    >
      <Plot
        times={times}
        series={[["granted", steps.granted], ["denied", steps.denied], ["revoked", steps.revoked]]}
        label="Decisions over time"
      />
    </Figure>
  );
}

function Phases({ data: { latencies } }: { data: Overview }) {
  const most = Math.max(1, ...latencies.map(({ p99Ms }) => p99Ms ?? 0));
  const ms = (value: number | null) => value === null ? "–" : span(value);
  return (
    <section class="card" aria-label="Time by phase">
      <h2>Time by phase, 15 min</h2>
      <table class="phases">
        <thead>
          <tr>
            <th>phase</th>
            <th class="right">count</th>
            <th class="right">p50</th>
            <th class="right">p95</th>
            <th class="right">p99</th>
            <th>
              <span class="heard-only">p50 to p99</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {latencies.map(({ phase, count: n, p50Ms, p95Ms, p99Ms }) => (
            <tr key={phase} data-phase={phase}>
              <th scope="row">{phase}</th>
              <td class="right">{count(n)}</td>
              <td class="right">{ms(p50Ms)}</td>
              <td class="right">{ms(p95Ms)}</td>
              <td class="right">{ms(p99Ms)}</td>
              <td class="bars">
                <svg width="100%" height="10" aria-hidden="true">
                  <rect class="p99" width={`${100 * (p99Ms ?? 0) / most}%`} height="10" rx="2" />
                  <rect class="p95" width={`${100 * (p95Ms ?? 0) / most}%`} height="10" rx="2" />
                  <rect class="p50" width={`${100 * (p50Ms ?? 0) / most}%`} height="10" rx="2" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A picture with its numbers on demand (A5). */
function Figure(
  { title, table, children }: { title: string; table: ComponentChildren; children: ComponentChildren },
) {
  const [asTable, setAsTable] = useState(false);
  return (
    <section class="card figure" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="spring" />
        <button type="button" class="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? "As picture" : "As table"}
        </button>
      </header>
      {asTable
        ? <div class="table-box" tabIndex={0} role="region" aria-label={`${title}: table`}>{table}</div>
        : children}
    </section>
  );
}

function SeriesTable(
  { times, steps }: { times: readonly number[]; steps: Readonly<Record<string, readonly number[]>> },
) {
  const names = Object.keys(steps);
  const rows = times.map((time, at) => ({ time, values: names.map((name) => steps[name]![at] ?? 0) })).filter(
    ({ values }) => values.some((value) => value > 0),
  ).toReversed();
  return (
    <table class="phases">
      <thead>
        <tr>
          <th>time</th>
          {names.map((name) => <th key={name} class="right">{name}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ time, values }) => (
          <tr key={time}>
            <th scope="row">{new Date(time * 1000).toISOString().slice(11, 19)}</th>
            {values.map((value, at) => <td key={names[at]} class="right">{value}</td>)}
          </tr>
        ))}
        {rows.length === 0 && (
          <tr>
            <td colSpan={names.length + 1}>nothing happened</td>
          </tr>
        )}
      </tbody>
    </table>
  );
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
