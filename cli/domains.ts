/** `verona domains list`: what is hosted here, and whether its component is there. */
import type { DomainRow } from "../observe/contract.ts";
import { type ListColumn, listing, type ListOptions } from "./listing.ts";
import { span } from "./terminal.ts";

/** In the order in which they are shown. */
export const DOMAINS_COLUMNS: readonly ListColumn<DomainRow>[] = [
  { id: "name", title: "DOMAIN", cell: ({ name }) => name },
  { id: "component", title: "COMPONENT", cell: ({ component }) => component },
  { id: "policy", title: "POLICY", cell: ({ policy }) => policy },
  { id: "from", title: "FROM", cell: from },
  { id: "age", title: "SINCE", cell: ({ since }) => span(Date.now() - Date.parse(since)) },
];

function from({ origin, suspended, removed }: DomainRow): string {
  if (removed) return `${origin}, removed at run time`;
  return suspended ? `${origin}, suspended` : origin;
}

export function domains(filter: string[], options: ListOptions): Promise<number> {
  return listing<DomainRow>("domains", DOMAINS_COLUMNS, filter, options);
}
