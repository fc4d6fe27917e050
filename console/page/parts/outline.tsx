/** A machine as a list of lists: for narrow screens, for who cannot see the chart, and where there is none. console.md 2.3. */
import type { OutlineState } from "../../../observe/contract.ts";
import { ancestry, leaves } from "./trace.ts";

export function Outline({ states, active, heat }: {
  states: readonly OutlineState[];
  active: string | null;
  heat?: ReadonlyMap<string, number>;
}) {
  const on = new Set(leaves(active ?? "").flatMap(ancestry));
  return (
    <ul class="outline">
      {states.map((state) => (
        <li
          key={state.id}
          data-state={state.id}
          {...(on.has(state.id) ? { "data-active": "", "aria-current": "true" } : {})}
        >
          <span class="outline-name">
            {on.has(state.id) && <span aria-hidden="true">▶</span>}
            {state.name}
            {on.has(state.id) && <em>active</em>}
            {heat?.has(state.id) && <b>{heat.get(state.id)}</b>}
          </span>
          {state.events.length > 0 && <span class="outline-events">{state.events.join(", ")}</span>}
          {state.states.length > 0 && (
            <Outline states={state.states} active={active} {...(heat ? { heat } : {})} />
          )}
        </li>
      ))}
    </ul>
  );
}
