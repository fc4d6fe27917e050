/** The machines themselves, with how many actors sit in each state. console.md 2.2. */
import type { ActorState, MachineList } from "../../../observe/contract.ts";
import { count } from "../format.ts";
import { hrefs } from "../location.ts";
import { overview } from "../overview.ts";
import { Skeleton, Trouble } from "../parts/basics.tsx";
import { useQuery } from "../parts/query.ts";
import { Picture } from "../parts/statechart.tsx";
import { ancestry, leaves } from "../parts/trace.ts";

const ABOUT: Readonly<Record<string, string>> = {
  inbound_stream: "a connection that a peer made: from its header to the end",
  outbound_stream: "a connection that we made: TCP, TLS, names, to the end",
  route: "a pair of domains, outgoing: find a server, ask, send, try again",
  proof: "what a grant stands on: looked at again until it ends",
  assertion_in: "a peer asks to be let in for a pair",
  assertion_out: "we ask a peer to let a pair in",
  verification: "a dialback question to an authoritative server",
  component_stream: "a component of ours (XEP-0114)",
};

export function MachinesPage() {
  const { data, error, again } = useQuery<MachineList>("/machines");
  return (
    <div class="page">
      <header class="page-head">
        <h1>Machines</h1>
      </header>
      {error !== null && <Trouble error={error} again={again} />}
      {data === null && error === null && <Skeleton />}
      <ul class="machine-list">
        {data?.machines.map(({ id, name }) => {
          const states = statesOf(id);
          return (
            <li key={id} class="card">
              <a href={hrefs.machine(id)}>
                <h2>{name}</h2>
              </a>
              <p>{ABOUT[id]}</p>
              <Heat states={states} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const statesOf = (id: string): readonly ActorState[] =>
  (overview.value?.actorStates ?? []).filter(({ machine }) => machine.replaceAll(" ", "_") === id);

function Heat({ states }: { states: readonly ActorState[] }) {
  if (states.length === 0) return <p class="quiet">No actor of it lives now.</p>;
  const most = Math.max(...states.map(({ count }) => count));
  return (
    <ul class="heat-list">
      {states.map(({ state, count: n }) => (
        <li key={state}>
          <span>{state}</span>
          <meter min={0} max={most} value={n} aria-label={`${state}: ${n}`} />
          <b>{count(n)}</b>
        </li>
      ))}
    </ul>
  );
}

export function MachinePage({ id }: { id: string }) {
  const heat = new Map<string, number>();
  for (const { state, count } of statesOf(id)) {
    for (const leaf of leaves(state)) {
      for (const path of ancestry(leaf)) heat.set(path, (heat.get(path) ?? 0) + count);
    }
  }
  return (
    <div class="entity">
      <header class="head">
        <div class="row">
          <h1>{id.replaceAll("_", " ")}</h1>
          <span class="spring" />
          <a class="button" href={`/api/v1/machines/${encodeURIComponent(id)}.json`} download={`${id}.json`}>
            JSON for Stately
          </a>
          <a class="button" href={`/api/v1/machines/${encodeURIComponent(id)}.mmd`} download={`${id}.mmd`}>
            Mermaid
          </a>
        </div>
        <p class="quiet">{ABOUT[id]}{heat.size > 0 && "; numbers: actors in that state now"}</p>
      </header>
      <div class="entity-body">
        <div class="stage">
          <Picture machine={id} {...(heat.size > 0 ? { heat } : {})} />
        </div>
      </div>
    </div>
  );
}
