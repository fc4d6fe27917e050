/** `verona domains list`: what is hosted here, and whether its component is there. */
import type { DomainRow } from "../observe/contract.ts";
import { listing, type ListOptions } from "./listing.ts";
import { type Column, span } from "./terminal.ts";

const COLUMNS: readonly Column<DomainRow>[] = [
  { title: "DOMAIN", cell: ({ name }) => name },
  { title: "COMPONENT", cell: ({ component }) => component },
  { title: "POLICY", cell: ({ policy }) => policy },
  { title: "FROM", cell: ({ origin, suspended }) => suspended ? `${origin}, suspended` : origin },
  { title: "SINCE", cell: ({ since }) => span(Date.now() - Date.parse(since)) },
];

export function domains(filter: string[], options: ListOptions): Promise<number> {
  return listing<DomainRow>("domains", COLUMNS, filter, options);
}
