/** The proofs that hold on one connection. */
import { useEffect } from "preact/hooks";
import type { ConnectionRow, ProofList } from "../../../observe/contract.ts";
import { Empty, Skeleton, Trouble } from "./basics.tsx";
import { ProofCard } from "./chain.tsx";
import { useQuery } from "./query.ts";

const AGAIN_MS = 5000;

export function ProofsTab({ row }: { row: ConnectionRow | null }) {
  const { data, error, again } = useQuery<ProofList>(
    row === null ? null : `/proofs?limit=100&q=${encodeURIComponent(`connection:${row.id}`)}`,
  );
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (error !== null) return <Trouble error={error} again={again} />;
  if (data === null) {
    return row === null ? <Empty title="The connection is gone, and its proofs with it" /> : <Skeleton />;
  }
  const proofs = data.proofs.filter(({ connection }) => connection === row?.id);
  if (proofs.length === 0) {
    return (
      <Empty title="No proof holds on this connection">
        <p>Nobody has been proven on it, or it is closed.</p>
      </Empty>
    );
  }
  return <div class="cards one">{proofs.map((proof) => <ProofCard key={proof.domain} proof={proof} />)}</div>;
}
