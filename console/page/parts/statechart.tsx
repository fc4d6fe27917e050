/** The chart of one actor of a trace, as it stood after an event; which actor, can be chosen. console.md 6 D1. */
import { useState } from "preact/hooks";
import type { MachineView } from "../../../observe/contract.ts";
import { go, params, withParams } from "../location.ts";
import { Skeleton, Trouble } from "./basics.tsx";
import { ChartView, useZoom } from "./chart.tsx";
import { Outline } from "./outline.tsx";
import { useQuery } from "./query.ts";
import { type Actor, type Standing, standingOf } from "./trace.ts";

const NOWHERE: Standing = { state: null, hot: new Set(), walked: new Set(), visited: new Set() };

export function Statechart(
  { actors, at, title }: { actors: readonly Actor[]; at: number; title: (actor: Actor) => string },
) {
  const chosen = params.value.get("actor");
  const actor = actors.find(({ id }) => id === chosen) ?? actors[0];
  if (actor === undefined) {
    return (
      <p class="quiet pad">
        No step of a machine is in this trace: it is older than the recorder, or was left out under load.
      </p>
    );
  }
  return (
    <Picture
      key={actor.machine}
      machine={actor.machine}
      standing={standingOf(actor, at)}
      choice={actors.length > 1 && (
        <select
          class="choice"
          aria-label="Machine"
          value={actor.id}
          onChange={({ currentTarget }) => go(withParams({ actor: currentTarget.value }), { replace: true })}
        >
          {actors.map((other) => <option key={other.id} value={other.id}>{title(other)}</option>)}
        </select>
      )}
    />
  );
}

export function Picture({ machine, standing = NOWHERE, heat, choice }: {
  machine: string;
  standing?: Standing;
  heat?: ReadonlyMap<string, number>;
  choice?: preact.ComponentChildren;
}) {
  const [ends, setEnds] = useState(false);
  const [listed, setListed] = useState(false);
  const zoom = useZoom();
  const { data: view, error, again } = useQuery<MachineView>(`/machines/${encodeURIComponent(machine)}`);
  const active = standing.state ?? "";
  const title = machine.replaceAll("_", " ");
  const chart = view?.chart ?? null;
  return (
    <section class="picture" aria-label={`Statechart: ${title}`}>
      <header class="toolbar">
        {choice || <b>{title}</b>}
        {active !== "" && <span class="active-state" data-active-state>{active}</span>}
        <span class="spring" />
        {chart !== null && !listed && zoom.buttons}
        {chart !== null && !listed && (
          <button
            type="button"
            class="button"
            aria-pressed={ends}
            onClick={() => setEnds(!ends)}
          >
            Failure edges
          </button>
        )}
        {chart !== null && (
          <button
            type="button"
            class="button wide-only"
            aria-pressed={listed}
            onClick={() => setListed(!listed)}
          >
            As list
          </button>
        )}
        {view !== null && (
          <a
            class="button wide-only"
            href={`/api/v1/machines/${encodeURIComponent(machine)}.svg`}
            download={`${machine}.svg`}
          >
            SVG
          </a>
        )}
      </header>
      {error !== null && <Trouble error={error} again={again} />}
      {view === null && error === null && <Skeleton />}
      {view !== null && chart === null && (
        <p class="banner" role="status">
          The chart that was laid out belongs to another version of this machine, so its states are listed.
        </p>
      )}
      {view !== null && (
        <div
          class={chart === null || listed ? "listed only" : "listed"}
          role="region"
          aria-label={`States of ${title}`}
          tabIndex={0}
        >
          <Outline states={view.states} active={standing.state} {...(heat ? { heat } : {})} />
        </div>
      )}
      {chart !== null && !listed && (
        <ChartView
          chart={chart}
          standing={standing}
          ends={ends}
          {...(heat ? { heat } : {})}
          label={`${title}: ${active === "" ? "no active state" : `active ${active}`}`}
          zoom={zoom.zoom}
          onScale={zoom.onScale}
        />
      )}
    </section>
  );
}
