/** `verona routes`: which pairs of domains are open, on what, and why not. console.md 3.6. */
import type { RouteRow } from "../observe/contract.ts";
import { listing, type ListOptions } from "./listing.ts";
import { type Column, span } from "./terminal.ts";

const STYLES = { authorised: "green", denied: "red", backoff: "yellow" } as const;

const COLUMNS: readonly Column<RouteRow>[] = [
  { title: "LOCAL", cell: ({ local }) => local },
  { title: "REMOTE", cell: ({ remote }) => remote },
  {
    title: "STATE",
    cell: ({ state }) => state,
    style: ({ state }) => state in STYLES ? STYLES[state as keyof typeof STYLES] : null,
  },
  { title: "SENDS ON", cell: ({ send }) => send.join(" ") },
  { title: "RECEIVES ON", cell: ({ recv }) => recv.join(" ") },
  { title: "UNTIL", cell: ({ expires }) => expires === null ? null : span(Date.parse(expires) - Date.now()) },
  { title: "QUEUED", cell: ({ queued }) => queued },
  { title: "REASON", cell: ({ reason }) => reason },
];

export function routes(filter: string[], options: ListOptions): Promise<number> {
  return listing<RouteRow>("routes", COLUMNS, filter, options);
}
