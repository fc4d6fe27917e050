/** The proofs that hold on one connection, and what DNS said of the domains that have none on it. */
import { useEffect, useMemo } from "preact/hooks";
import type { ConnectionRow, EventRow, ProofList, ProofRow } from "../../../observe/contract.ts";
import { Empty, Skeleton, Trouble } from "./basics.tsx";
import { delegationSeen } from "./delegation_seen.ts";
import { ProofCard, type Seen, SeenCard } from "./proof_cards.tsx";
import { useQuery } from "./query.ts";
import { usePairs } from "./pair_events.ts";
import type { Trace } from "./trace.ts";

const AGAIN_MS = 5000;

export function ProofsTab({ row, trace }: { row: ConnectionRow | null; trace: Trace }) {
  const path = row === null ? null : `/proofs?limit=100&q=${encodeURIComponent(`connection:${row.id}`)}`;
  const { data, error, again } = useQuery<ProofList>(path);
  const { events: pairs } = usePairs(trace.events);
  const seen = useMemo(() => seenIn([...pairs, ...trace.events]), [pairs, trace.events]);
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (error !== null) return <Trouble error={error} again={again} />;
  if (data === null && row !== null) return <Skeleton />;
  const proofs = (data?.proofs ?? []).filter(({ connection }) => connection === row?.id);
  const others = [...seen.values()].filter(({ domain }) => !proofs.some((proof) => proof.domain === domain));
  if (proofs.length + others.length === 0) {
    return (
      <Empty title="No proof holds on this connection">
        <p>Nobody has been proven on it, or it is closed.</p>
      </Empty>
    );
  }
  return (
    <div class="cards one">
      {proofs.map((proof) => <ProofCard key={proof.domain} proof={withChain(proof, seen)} />)}
      {others.map((other) => <SeenCard key={other.domain} seen={other} />)}
    </div>
  );
}

/** Where the proof itself keeps no chain, the answer that it was made of has it. */
function withChain(proof: ProofRow, seen: ReadonlyMap<string, Seen>): ProofRow {
  const links = seen.get(proof.domain)?.links;
  return proof.links.length > 0 || links === undefined ? proof : { ...proof, links };
}

function seenIn(events: readonly EventRow[]): Map<string, Seen> {
  const found = new Map<string, Seen>();
  for (const { type, at, detail } of events.toSorted((a, b) => a.seq - b.seq)) {
    if (type !== "delegation.resolved" || detail === undefined) continue;
    const seen = delegationSeen(detail, at, false);
    found.set(seen.domain, seen);
  }
  return found;
}
