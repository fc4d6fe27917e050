/** What stands behind a pair's remote domain: the proofs that hold, else what DNS says now, link by link. console.md 6 D3. */
import type { Detail } from "../../../facts/event.ts";
import type { Explanation, ProofList } from "../../../observe/contract.ts";
import { Empty, Skeleton } from "./basics.tsx";
import { delegationSeen } from "./delegation_seen.ts";
import { ProofCard, SeenCard } from "./proof_cards.tsx";
import { useQuery } from "./query.ts";

export function PairProof({ remote, explanation }: { remote: string; explanation: Explanation }) {
  const { data } = useQuery<ProofList>(`/proofs?limit=100&q=${encodeURIComponent(`domain:${remote}`)}`);
  const dns = explanation.stages.find(({ id }) => id === "dns")?.evidence;
  if (data === null) return <Skeleton />;
  const proofs = data.proofs.filter(({ domain }) => domain === remote);
  if (proofs.length > 0) {
    return <>{proofs.map((proof) => <ProofCard key={proof.connection} proof={proof} />)}</>;
  }
  if (typeof dns !== "object" || dns === null || Array.isArray(dns)) {
    return <Empty title="DNS was not asked">The pair is refused before that: see Explain.</Empty>;
  }
  return <SeenCard seen={delegationSeen(dns as Readonly<Record<string, Detail>>, null, false)} />;
}
