/** `verona connections`: the connection table of the running server. console.md 3.6. */
import type { ConnectionRow } from "../observe/contract.ts";
import { type Column, span } from "./terminal.ts";
import { listing, type ListOptions } from "./listing.ts";

const COLUMNS: readonly Column<ConnectionRow>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "DIR", cell: ({ direction, bidi }) => bidi ? "<->" : direction === "out" ? "-->" : "<--" },
  {
    title: "STATE",
    cell: ({ state }) => state,
    style: ({ state }) => state === "established" ? "green" : null,
  },
  { title: "LOCAL", cell: ({ local }) => local },
  { title: "PEER SERVER", cell: ({ remote, peer }) => remote ?? peer },
  { title: "SPEAKS FOR", cell: ({ delegated }) => delegated.map(({ domain }) => domain).join(" ") },
  { title: "PROOFS", cell: ({ delegated }) => [...new Set(delegated.map((d) => d.prooftype))].join(" ") },
  { title: "TLS", cell: ({ tls }) => tls === null ? null : tls.version.replace(/^TLSv/, "") },
  { title: "AGE", cell: ({ since }) => span(Date.now() - Date.parse(since)) },
];

export function connections(filter: string[], options: ListOptions): Promise<number> {
  return listing<ConnectionRow>("connections", COLUMNS, filter, options);
}
