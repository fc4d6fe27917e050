/** Every proof that a grant stands on, the soonest to end first; and its chain. console.md 2.2, 6 D3. */
import { useEffect } from "preact/hooks";
import type { ProofRow } from "../../../observe/contract.ts";
import { hrefs, params, withParams } from "../location.ts";
import { Empty, Name, State, When } from "../parts/basics.tsx";
import { ProofCard } from "../parts/proof_cards.tsx";
import { Grid, type GridColumn } from "../parts/grid.tsx";
import { useQuery } from "../parts/query.ts";
import { Trouble } from "../parts/basics.tsx";

const COLUMNS: readonly GridColumn<ProofRow>[] = [
  {
    id: "domain",
    title: "Domain",
    track: "minmax(150px, 1.2fr)",
    sort: "domain",
    cell: ({ domain }) => <Name of={domain} short />,
  },
  { id: "state", title: "State", track: "130px", sort: "state", cell: ({ state }) => <State of={state} /> },
  { id: "prooftype", title: "Proof", track: "130px", sort: "prooftype", cell: ({ prooftype }) => prooftype },
  {
    id: "target",
    title: "Server",
    track: "minmax(150px, 1.2fr)",
    cell: ({ target }) => target === null ? "–" : <Name of={target} short />,
  },
  {
    id: "connection",
    title: "Connection",
    track: "110px",
    sort: "connection",
    cell: ({ connection }) => <a href={hrefs.connection(connection)}>{connection}</a>,
  },
  {
    id: "recheck",
    title: "Looked at again",
    track: "130px",
    sort: "recheck",
    cell: ({ recheckAt }) => <When at={recheckAt} />,
  },
  {
    id: "expires",
    title: "Valid until",
    track: "130px",
    sort: "expires",
    cell: ({ expires }) => <When at={expires} />,
  },
];

export function ProofsPage() {
  const shown = params.value.get("proof");
  return (
    <div class="table-page">
      <h1 class="heard-only">Proofs</h1>
      {shown !== null && <Chosen of={shown} />}
      <Grid
        name="proofs"
        label="Proofs"
        columns={COLUMNS}
        href={({ domain, connection }) => withParams({ proof: `${connection} ${domain}` })}
        id={({ domain, connection }) => `${connection} ${domain}`}
        facet="prooftype"
        placeholder="domain:*.example prooftype:dna-srv"
        nothing={
          <Empty title="No proof yet">
            <p>A proof is found when a peer asks for a pair, or when we connect to one.</p>
          </Empty>
        }
      />
    </div>
  );
}

function Chosen({ of }: { of: string }) {
  const [connection = "", domain = ""] = of.split(" ");
  const { data, error, again } = useQuery<{ proofs: readonly ProofRow[] }>(
    `/proofs?limit=100&q=${encodeURIComponent(`domain:${domain}`)}`,
  );
  useEffect(() => {
    const timer = setInterval(again, 5000);
    return () => clearInterval(timer);
  }, []);
  const proof = data?.proofs.find((row) => row.connection === connection && row.domain === domain);
  return (
    <div class="chosen">
      <a class="button" href={withParams({ proof: null })}>Close</a>
      {error !== null && <Trouble error={error} again={again} />}
      {proof !== undefined
        ? <ProofCard proof={proof} />
        : data !== null && <Empty title="This proof is there no more" />}
    </div>
  );
}
