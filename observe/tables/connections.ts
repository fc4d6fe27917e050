/** The connection table. design.md 2.4; console.md 6 B. */
import type { ConnectionRow, ConnectionState } from "../contract.ts";
import type { LiveConnection } from "../live.ts";
import { iso, type Table } from "./table.ts";

const STATES: readonly ConnectionState[] = ["connecting", "negotiating", "established", "closing", "closed"];

/** In a list; `/connections/:id` has them all. */
const MOST_NAMES = 50;

export const CONNECTIONS: Table<LiveConnection, ConnectionRow> = {
  name: "connections",
  source: ({ connections }) => connections,
  past: { field: "state", value: "closed" },
  print: (row) => printConnection(row, MOST_NAMES),
  fields: {
    state: {
      kind: "word",
      values: STATES,
      counted: true,
      read: ({ state }) => state,
      about: "closed: the last thousand that are gone",
    },
    direction: {
      kind: "word",
      values: ["in", "out"],
      also: ["dir"],
      counted: true,
      read: ({ direction }) => direction,
      about: "out: we opened it",
    },
    id: { kind: "text", bare: true, read: ({ id }) => id, about: "c-12" },
    local: { kind: "text", bare: true, read: ({ local }) => local, about: "our name in the stream's header" },
    remote: { kind: "text", bare: true, read: ({ remote }) => remote, about: "the peer's name in it" },
    peer: {
      kind: "texts",
      bare: true,
      read: ({ remote, peer, serverNames }) => [remote, peer, ...serverNames],
      about: "the peer's server: its name, its address, the names in its certificate",
    },
    name: {
      kind: "texts",
      bare: true,
      also: ["domain"],
      read: delegatedNames,
      about: "a domain that the peer is proven to speak for",
    },
    delegated: { kind: "number", read: ({ delegatedCount }) => delegatedCount, about: "how many of them" },
    prooftype: { kind: "texts", read: prooftypes, about: "what proves one of them" },
    cause: {
      kind: "text",
      counted: true,
      also: ["reason"],
      read: ({ cause }) => cause,
      about: "why it is closed",
    },
    purpose: {
      kind: "word",
      values: ["federation", "verify"],
      counted: true,
      read: ({ purpose }) => purpose,
      about: "verify: only to ask about a dialback key",
    },
    machine: { kind: "text", read: ({ machine }) => machine, about: "the state of its machine" },
    tls: {
      kind: "text",
      read: ({ tls }) => tls?.version.replace(/^TLSv/, "") ?? null,
      about: "1.3, 1.2, none",
    },
    bidi: {
      kind: "word",
      values: ["yes", "no"],
      read: ({ bidi }) => bidi ? "yes" : "no",
      about: "both directions",
    },
    age: { kind: "age", also: ["since"], read: ({ since }) => since, about: "since it was opened" },
    certificate: {
      kind: "ahead",
      read: ({ certificate }) => certificate?.expires ?? null,
      about: "until the peer's certificate ends",
    },
    rtt: {
      kind: "number",
      also: ["rttMs"],
      read: ({ rttMs }) => rttMs,
      about: "ms until the peer answered last",
    },
    pairs: { kind: "number", read: ({ pairs }) => pairs, about: "pairs that may use it" },
    stanzas: { kind: "number", read: ({ stanzas }) => stanzas.in + stanzas.out, about: "in and out" },
    bytes: { kind: "number", read: ({ bytes }) => bytes.in + bytes.out, about: "in and out" },
    unacknowledged: {
      kind: "number",
      read: ({ unacknowledged }) => unacknowledged,
      about: "stanzas that the peer has yet to acknowledge",
    },
  },
};

function* delegatedNames(row: LiveConnection): Iterable<string> {
  for (const { domain } of row.delegated()) yield domain;
}

function* prooftypes(row: LiveConnection): Iterable<string> {
  for (const { prooftype } of row.delegated()) yield prooftype;
}

/** @param names How many of the domains that it speaks for. */
export function printConnection(row: LiveConnection, names: number): ConnectionRow {
  const { certificate } = row;
  return {
    id: row.id,
    direction: row.direction,
    purpose: row.purpose,
    state: row.state,
    machine: row.machine,
    local: row.local,
    remote: row.remote,
    peer: row.peer,
    serverNames: row.serverNames,
    delegated: first(row.delegated(), names).map(({ domain, prooftype, expires }) => ({
      domain,
      prooftype,
      expires: iso(expires),
    })),
    delegatedCount: row.delegatedCount,
    pairs: row.pairs,
    bidi: row.bidi,
    tls: row.tls,
    certificate: certificate === null ? null : { ...certificate, expires: iso(certificate.expires) },
    streamId: row.streamId,
    since: iso(row.since)!,
    stanzas: row.stanzas,
    bytes: row.bytes,
    acknowledged: row.acknowledged,
    unacknowledged: row.unacknowledged,
    writtenUnconfirmed: row.writtenUnconfirmed,
    rttMs: row.rttMs,
    closedAt: iso(row.closedAt),
    cause: row.cause,
  };
}

function first<T>(all: Iterable<T>, most: number): T[] {
  const taken: T[] = [];
  for (const one of all) {
    if (taken.length >= most) break;
    taken.push(one);
  }
  return taken;
}
