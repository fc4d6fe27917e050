/** `verona routes`: which pairs of domains are open, on what, and why not. console.md 3.6. */
import type { RouteRow } from "../observe/contract.ts";
import { type ListColumn, listing, type ListOptions } from "./listing.ts";
import { ahead } from "./terminal.ts";

const STYLES = { authorised: "green", denied: "red", backoff: "yellow" } as const;

/** In the order in which they are shown. */
export const ROUTES_COLUMNS: readonly ListColumn<RouteRow>[] = [
  { id: "local", title: "LOCAL", cell: ({ local }) => local },
  { id: "remote", title: "REMOTE", cell: ({ remote }) => remote },
  {
    id: "state",
    title: "STATE",
    cell: ({ state }) => state,
    style: ({ state }) => state in STYLES ? STYLES[state as keyof typeof STYLES] : null,
  },
  { id: "send", title: "SENDS ON", cell: sends },
  { id: "recv", title: "RECEIVES ON", cell: ({ recv }) => recv.join(" ") },
  { id: "grounds", title: "GROUNDS", cell: ({ prooftype }) => prooftype },
  { id: "until", title: "UNTIL", cell: ({ expires }) => ahead(expires) },
  { id: "queued", title: "QUEUED", cell: ({ queued }) => queued },
  { id: "reason", title: "REASON", cell: ({ reason }) => reason },
  { id: "recheck", title: "RECHECK IN", extra: true, cell: ({ recheckAt }) => ahead(recheckAt) },
  {
    id: "bound",
    title: "BOUND",
    extra: true,
    cell: ({ boundMs }) => boundMs === null ? null : `${boundMs / 1000} s`,
  },
  { id: "failures", title: "FAILURES", extra: true, cell: ({ failures }) => failures },
  { id: "next", title: "NEXT IN", extra: true, cell: ({ nextAttemptAt }) => ahead(nextAttemptAt) },
  { id: "blocked", title: "BLOCKED UNTIL", extra: true, cell: ({ blockedUntil }) => blockedUntil },
  { id: "bytes", title: "QUEUED BYTES", extra: true, cell: ({ queuedBytes }) => queuedBytes },
];

/** In order, the first is used; where none is, when it is tried again, or what has to be taken back before. */
function sends({ send, nextAttemptAt, failures, refusal, blockedUntil }: RouteRow): string | null {
  if (refusal === "policy.suspended") return "suspended";
  if (blockedUntil !== null) return `blocked for ${ahead(blockedUntil)}`;
  if (send.length > 0 || nextAttemptAt === null) return send.join(", then ");
  return `retry in ${ahead(nextAttemptAt)} (${failures} failed)`;
}

export interface RouteOptions extends ListOptions {
  readonly local?: string;
  readonly remote?: string;
}

export function routes(filter: string[], { local, remote, ...options }: RouteOptions): Promise<number> {
  const terms = [
    ...local === undefined ? [] : [`local:${local}`],
    ...remote === undefined ? [] : [`remote:${remote}`],
  ];
  return listing<RouteRow>("routes", ROUTES_COLUMNS, [...terms, ...filter], options);
}
