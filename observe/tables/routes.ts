/** The routing table: pairs of domains. design.md 2.4; console.md 6 C. */
import type { RouteRow, RouteState } from "../contract.ts";
import type { LiveRoute } from "../live.ts";
import { iso, type Table } from "./table.ts";

const STATES: readonly RouteState[] = [
  "resolving",
  "connecting",
  "requesting",
  "authorised",
  "denied",
  "backoff",
  "draining",
];

export const ROUTES: Table<LiveRoute, RouteRow> = {
  name: "routes",
  source: ({ routes }) => routes,
  print: printRoute,
  fields: {
    state: { kind: "word", values: STATES, counted: true, read: ({ state }) => state, about: "of our side" },
    local: { kind: "text", bare: true, read: ({ local }) => local, about: "the domain hosted here" },
    remote: { kind: "text", bare: true, read: ({ remote }) => remote, about: "the other one" },
    domain: {
      kind: "texts",
      also: ["name"],
      read: ({ local, remote }) => [local, remote],
      about: "either of them",
    },
    reason: {
      kind: "text",
      also: ["cause"],
      counted: true,
      read: ({ reason }) => reason,
      about: "why it is not open: dns.bogus, peer.*",
    },
    connection: {
      kind: "texts",
      read: ({ send, recv }) => [...send, ...recv],
      about: "one that it uses: c-12",
    },
    prooftype: { kind: "text", read: ({ prooftype }) => prooftype, about: "what proves the remote domain" },
    queued: { kind: "number", also: ["queue"], read: ({ queued }) => queued, about: "stanzas that wait" },
    waiting: {
      kind: "age",
      read: ({ queuedSince }) => queuedSince,
      about: "since when the oldest of them does",
    },
    failures: { kind: "number", read: ({ failures }) => failures, about: "attempts that failed in a row" },
    next: { kind: "ahead", read: ({ nextAttemptAt }) => nextAttemptAt, about: "until the next attempt" },
    expires: { kind: "ahead", read: ({ expires }) => expires, about: "until the proof ends" },
    recheck: {
      kind: "ahead",
      also: ["recheckAt"],
      read: ({ recheckAt }) => recheckAt,
      about: "until it is looked at again",
    },
  },
};

export function printRoute(row: LiveRoute): RouteRow {
  return {
    local: row.local,
    remote: row.remote,
    state: row.state,
    send: row.send,
    recv: row.recv,
    queued: row.queued,
    queuedBytes: row.queuedBytes,
    queuedSince: iso(row.queuedSince),
    prooftype: row.prooftype,
    expires: iso(row.expires),
    recheckAt: iso(row.recheckAt),
    boundMs: row.boundMs,
    failures: row.failures,
    nextAttemptAt: iso(row.nextAttemptAt),
    reason: row.reason,
    refusal: row.refusal,
    blockedUntil: iso(row.blockedUntil),
  };
}
