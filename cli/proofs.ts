/** `verona proofs`: what stands behind the grants, soonest end first. console.md 3.1. */
import type { ProofRow } from "../observe/contract.ts";
import { listing, type ListOptions } from "./listing.ts";
import { type Column, span } from "./terminal.ts";

const ahead = (at: string | null) => at === null ? null : span(Date.parse(at) - Date.now());

const COLUMNS: readonly Column<ProofRow>[] = [
  { title: "DOMAIN", cell: ({ domain }) => domain },
  { title: "PROOFTYPE", cell: ({ prooftype }) => prooftype },
  { title: "STATE", cell: ({ state }) => state },
  { title: "TARGET", cell: ({ target }) => target },
  { title: "CONNECTION", cell: ({ connection }) => connection },
  { title: "RECHECK IN", cell: ({ recheckAt }) => ahead(recheckAt) },
  { title: "ENDS IN", cell: ({ expires }) => ahead(expires) },
];

export function proofs(filter: string[], options: ListOptions): Promise<number> {
  return listing<ProofRow>("proofs", COLUMNS, filter, options);
}
