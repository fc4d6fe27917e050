/** Every table. */
import type { Fields, TableName } from "../contract.ts";
import { CONNECTIONS } from "./connections.ts";
import { DOMAINS } from "./domains.ts";
import { describeFields } from "./field.ts";
import { PROOFS } from "./proofs.ts";
import { ROUTES } from "./routes.ts";
import type { AnyTable } from "./table.ts";

export const TABLES: Readonly<Record<TableName, AnyTable>> = {
  connections: CONNECTIONS,
  routes: ROUTES,
  proofs: PROOFS,
  domains: DOMAINS,
};

export function isTable(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}

/** What each can be filtered and sorted by. */
export function describeTables(): Fields {
  return Object.fromEntries(
    Object.entries(TABLES).map(([name, { fields }]) => [name, describeFields(fields)]),
  );
}
