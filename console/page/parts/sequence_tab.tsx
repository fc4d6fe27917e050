/** A connection as a sequence of messages, with the DNS answers of its pairs between them. */
import { useMemo } from "preact/hooks";
import type { EventRow } from "../../../observe/contract.ts";
import { plain } from "../format.ts";
import { Copy } from "./basics.tsx";
import { mermaidOf } from "./mermaid.ts";
import { Sequence, stepsOf } from "./sequence.tsx";
import type { Lane } from "./telling.ts";
import type { Travel } from "./travel.tsx";

export interface SequenceProps {
  readonly names: {
    readonly local: string | null;
    readonly remote: string | null;
    readonly peer: string | null;
  };
  readonly events: readonly EventRow[];
  /** Of other histories, put between. */
  readonly more: readonly EventRow[];
  /** Some of those are still to come. */
  readonly awaited?: boolean;
  readonly travel: Travel;
}

export function SequenceTab(
  { names: { local, remote, peer }, events, more, awaited = false, travel }: SequenceProps,
) {
  const steps = useMemo(() => stepsOf(merged(events, more)), [events, more]);
  const names: Readonly<Record<Lane, readonly [string, string]>> = {
    resolver: ["resolver", "DNS, validated here"],
    local: [plain(local ?? "this server"), "this server"],
    peer: [plain(remote ?? peer ?? "the peer"), peer ?? "the peer"],
  };
  const selected = events[travel.at]?.seq ?? null;
  const select = (seq: number) => {
    // An event of a pair's own history stands at the last one of the connection before it.
    const at = events.findLastIndex((event) => event.seq <= seq);
    travel.to(Math.max(0, at));
  };
  return (
    <section class="picture" aria-label="Sequence">
      <header class="toolbar">
        <b>Sequence</b>
        <span class="badge">{steps.length} steps</span>
        <span class="legend">
          <i class="tls-swatch" aria-hidden="true" /> inside TLS
        </span>
        <span class="spring" />
        <Copy text={() => mermaidOf(steps, names)}>Copy as Mermaid</Copy>
      </header>
      <Sequence
        steps={steps}
        names={names}
        awaited={awaited}
        selected={travel.following ? null : selected}
        onSelect={select}
      />
    </section>
  );
}

function merged(events: readonly EventRow[], more: readonly EventRow[]): EventRow[] {
  const all = new Map([...more, ...events].map((event) => [event.seq, event]));
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}
