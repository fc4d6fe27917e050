/** `verona proofs`: what stands behind the grants, soonest end first. console.md 3.1. */
import type { ProofRow } from "../observe/contract.ts";
import { type ListColumn, listing, type ListOptions } from "./listing.ts";
import { ahead, span } from "./terminal.ts";

/** In the order in which they are shown. */
export const PROOFS_COLUMNS: readonly ListColumn<ProofRow>[] = [
  { id: "domain", title: "DOMAIN", cell: ({ domain }) => domain },
  { id: "prooftype", title: "PROOFTYPE", cell: ({ prooftype }) => prooftype },
  { id: "state", title: "STATE", cell: ({ state }) => state },
  { id: "target", title: "TARGET", cell: ({ target }) => target },
  { id: "connection", title: "CONNECTION", cell: ({ connection }) => connection },
  { id: "recheck", title: "RECHECK IN", cell: ({ recheckAt }) => ahead(recheckAt) },
  { id: "until", title: "ENDS IN", cell: ({ expires }) => ahead(expires) },
  {
    id: "age",
    title: "CHECKED",
    extra: true,
    cell: ({ checkedAt }) => `${span(Date.now() - Date.parse(checkedAt))} ago`,
  },
];

export function proofs(filter: string[], options: ListOptions): Promise<number> {
  return listing<ProofRow>("proofs", PROOFS_COLUMNS, filter, { sort: "expires", ...options });
}
