/** `verona connections`: the connection table of the running server. console.md 3.6. */
import type { ConnectionRow } from "../observe/contract.ts";
import { type ListColumn, listing, type ListOptions } from "./listing.ts";
import { ahead, span } from "./terminal.ts";

/** In the order in which they are shown. */
export const CONNECTIONS_COLUMNS: readonly ListColumn<ConnectionRow>[] = [
  { id: "id", title: "ID", cell: ({ id }) => id },
  {
    id: "dir",
    title: "DIR",
    cell: ({ direction, bidi }) => bidi ? "<->" : direction === "out" ? "-->" : "<--",
  },
  {
    id: "state",
    title: "STATE",
    cell: ({ state }) => state,
    style: ({ state }) => state === "established" ? "green" : null,
  },
  { id: "local", title: "LOCAL", cell: ({ local }) => local },
  { id: "peer", title: "PEER SERVER", cell: ({ remote, peer }) => remote ?? peer },
  { id: "names", title: "SPEAKS FOR", cell: speaksFor },
  {
    id: "proofs",
    title: "PROOFS",
    cell: ({ delegated }) => [...new Set(delegated.map((d) => d.prooftype))].join(" "),
  },
  { id: "tls", title: "TLS", cell: ({ tls }) => tls === null ? null : tls.version.replace(/^TLSv/, "") },
  { id: "rtt", title: "RTT", cell: ({ rttMs }) => rttMs === null ? null : `${rttMs} ms` },
  { id: "age", title: "AGE", cell: ({ since }) => span(Date.now() - Date.parse(since)) },
  { id: "address", title: "ADDRESS", extra: true, cell: ({ peer }) => peer },
  {
    id: "server-names",
    title: "SERVER NAMES",
    extra: true,
    cell: ({ serverNames }) => serverNames.join(" "),
  },
  { id: "pairs", title: "PAIRS", extra: true, cell: ({ pairs }) => pairs },
  { id: "stanzas-in", title: "STANZAS IN", extra: true, cell: ({ stanzas }) => stanzas.in },
  { id: "stanzas-out", title: "OUT", extra: true, cell: ({ stanzas }) => stanzas.out },
  { id: "unacked", title: "UNACKED", extra: true, cell: ({ unacknowledged }) => unacknowledged },
  {
    id: "cert",
    title: "CERT ENDS IN",
    extra: true,
    cell: ({ certificate }) => ahead(certificate?.expires ?? null),
  },
  { id: "machine", title: "MACHINE", extra: true, cell: ({ machine }) => machine },
  { id: "stream", title: "STREAM ID", extra: true, cell: ({ streamId }) => streamId },
  { id: "cause", title: "CLOSED BECAUSE", extra: true, cell: ({ cause }) => cause },
];

function speaksFor({ delegated, delegatedCount }: ConnectionRow): string {
  const names = delegated.map(({ domain }) => domain).join(" ");
  const left = delegatedCount - delegated.length;
  return left > 0 ? `${names} and ${left} more` : names;
}

export function connections(filter: string[], options: ListOptions): Promise<number> {
  return listing<ConnectionRow>("connections", CONNECTIONS_COLUMNS, filter, options);
}
