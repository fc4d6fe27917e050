/** What stands behind the grants. design.md 2.4; console.md 6 D3. */
import type { ProofRow } from "../contract.ts";
import type { LiveProof } from "../live.ts";
import { iso, type Table } from "./table.ts";

export const PROOFS: Table<LiveProof, ProofRow> = {
  name: "proofs",
  source: ({ proofs }) => proofs,
  print: (row) => ({
    domain: row.domain,
    prooftype: row.prooftype,
    state: row.state,
    target: row.target,
    connection: row.connection,
    checkedAt: iso(row.checkedAt)!,
    recheckAt: iso(row.recheckAt),
    expires: iso(row.expires),
    links: row.links,
  }),
  fields: {
    domain: {
      kind: "text",
      bare: true,
      also: ["name"],
      read: ({ domain }) => domain,
      about: "what is proven",
    },
    prooftype: {
      kind: "text",
      counted: true,
      read: ({ prooftype }) => prooftype,
      about: "dna-srv, pkix, dane",
    },
    state: { kind: "text", counted: true, read: ({ state }) => state, about: "of its machine" },
    target: { kind: "text", bare: true, read: ({ target }) => target, about: "host:port of the SRV record" },
    connection: {
      kind: "text",
      bare: true,
      read: ({ connection }) => connection,
      about: "where it holds: c-12",
    },
    age: {
      kind: "age",
      also: ["checked"],
      read: ({ checkedAt }) => checkedAt,
      about: "since it was looked at",
    },
    recheck: {
      kind: "ahead",
      also: ["recheckAt"],
      read: ({ recheckAt }) => recheckAt,
      about: "until it is looked at again",
    },
    expires: { kind: "ahead", read: ({ expires }) => expires, about: "until it ends" },
  },
};
