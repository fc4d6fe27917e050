/** The domains hosted here. design.md 2.4. */
import type { DomainRow } from "../contract.ts";
import type { LiveDomain } from "../live.ts";
import { iso, type Table } from "./table.ts";

export const DOMAINS: Table<LiveDomain, DomainRow> = {
  name: "domains",
  source: ({ domains }) => domains,
  print: ({ name, component, policy, since }) => ({ name, component, policy, since: iso(since)! }),
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
    age: { kind: "age", also: ["since"], read: ({ since }) => since, about: "since it is so" },
  },
};
