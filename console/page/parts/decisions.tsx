/** What was decided over time: a plot, and its numbers as a table. console.md 6 A. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Overview } from "../../../observe/contract.ts";
import { span } from "../format.ts";
import { Plot } from "./plot.tsx";

export function Decisions({ data: { series: { stepMs, from, steps } } }: { data: Overview }) {
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
