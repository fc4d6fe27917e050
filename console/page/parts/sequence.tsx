/** Who said what to whom: resolver, this server, the peer; what went inside TLS is shaded. console.md 6 D2. */
import type { EventRow } from "../../../observe/contract.ts";
import { span } from "../format.ts";
import { type Lane, LANES, tell, type Told } from "./telling.ts";

const IDLE_MS = 150;

export interface Step {
  readonly event: EventRow;
  readonly told: Told;
  /** Since the first event. */
  readonly ms: number;
  readonly idleMs: number;
  readonly shaded: boolean;
}

/** What is worth a line: a machine's moves are the chart's. */
export function stepsOf(events: readonly EventRow[]): Step[] {
  const start = events[0] === undefined ? 0 : Date.parse(events[0].at);
  const shown = events.filter(({ type }) => type !== "machine.moved");
  let secured = false, before = start;
  return shown.map((event) => {
    const at = Date.parse(event.at), told = tell(event);
    secured ||= event.type === "connection.secured";
    const idleMs = at - before;
    before = at;
    const peers = told.from === "peer" || told.to === "peer";
    return { event, told, ms: at - start, idleMs: idleMs > IDLE_MS ? idleMs : 0, shaded: secured && peers };
  });
}

export function Sequence({ steps, names, awaited, selected, onSelect }: {
  steps: readonly Step[];
  names: Readonly<Record<Lane, readonly [string, string]>>;
  /** Steps that belong between those are still to come. */
  awaited: boolean;
  selected: number | null;
  onSelect: (seq: number) => void;
}) {
  return (
    <div class="sequence">
      <div class="lanes" aria-hidden="true">
        <span />
        {LANES.map((lane) => (
          <div key={lane} class="lane">
            <b title={names[lane][0]}>{names[lane][0]}</b>
            <span title={names[lane][1]}>{names[lane][1]}</span>
          </div>
        ))}
      </div>
      <ol class="messages" aria-label="Sequence" aria-busy={awaited}>
        {steps.map((step) => (
          <Message
            key={step.event.seq}
            step={step}
            names={names}
            selected={step.event.seq === selected}
            onSelect={onSelect}
          />
        ))}
      </ol>
    </div>
  );
}

function Message({ step: { event, told, ms, idleMs, shaded }, names, selected, onSelect }: {
  step: Step;
  names: Readonly<Record<Lane, readonly [string, string]>>;
  selected: boolean;
  onSelect: (seq: number) => void;
}) {
  const from = LANES.indexOf(told.from), to = LANES.indexOf(told.to);
  const spoken = from === to ? "" : `${names[told.from][0]} to ${names[told.to][0]}: `;
  const css = [
    "message",
    told.kind,
    told.bad && "bad",
    from === to ? "note" : to > from ? "right" : "left",
    shaded && "shaded",
    selected && "selected",
  ]
    .filter(Boolean).join(" ");
  return (
    <li class={css} data-seq={event.seq} data-type={event.type} {...(shaded ? { "data-tls": "" } : {})}>
      {idleMs > 0 && <span class="idle">{span(idleMs)} idle</span>}
      <button
        type="button"
        onClick={() => onSelect(event.seq)}
        aria-pressed={selected}
        title={`${told.title}\n${told.sub}`}
      >
        <span class="at">+{span(ms)}</span>
        <span class={`track from-${told.from} to-${told.to}`}>
          <span class="heard-only">{spoken}</span>
          <span class="bubble">
            <span class="words">
              {from === to && (
                <span aria-hidden="true">{told.bad ? "✕ " : told.kind === "proof" ? "✓ " : ""}</span>
              )}
              {told.title}
            </span>
            {told.sub !== "" && <span class="sub">{told.sub}</span>}
          </span>
        </span>
      </button>
    </li>
  );
}
