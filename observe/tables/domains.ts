/** The domains hosted here. design.md 2.4. */
import type { DomainRow } from "../contract.ts";
import type { LiveDomain } from "../live.ts";
import { iso, type Table } from "./table.ts";

export const DOMAINS: Table<LiveDomain, DomainRow> = {
  name: "domains",
  source: ({ domains }) => domains,
  past: { field: "removed", value: "yes", always: true },
  print: ({ since, ...row }) => ({
    name: row.name,
    component: row.component,
    policy: row.policy,
    since: iso(since)!,
    suspended: row.suspended,
    origin: row.origin,
    removed: row.removed,
  }),
  fields: {
    name: { kind: "text", bare: true, also: ["domain"], read: ({ name }) => name, about: "the domain" },
    component: {
      kind: "word",
      values: ["connected", "away", "none"],
      counted: true,
      read: ({ component }) => component,
      about: "who answers for it",
    },
    policy: {
      kind: "text",
      counted: true,
      read: ({ policy }) => policy,
      about: "what its peers are proven by",
    },
    suspended: {
      kind: "word",
      values: ["yes", "no"],
      read: ({ suspended }) => suspended ? "yes" : "no",
      about: "whether it federates with nobody for now",
    },
    origin: {
      kind: "text",
      read: ({ origin }) => origin,
      about: "file, or run time",
    },
    removed: {
      kind: "word",
      values: ["yes", "no"],
      read: ({ removed }) => removed ? "yes" : "no",
      about: "whether the file has it and an operator removed it at run time",
    },
    age: { kind: "age", also: ["since"], read: ({ since }) => since, about: "since it is so" },
  },
};
