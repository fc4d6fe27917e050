/** The columns of every listing. */
import type { TableName } from "../observe/contract.ts";
import { CONNECTIONS_COLUMNS } from "./connections.ts";
import { DOMAINS_COLUMNS } from "./domains.ts";
import type { ListColumn } from "./listing.ts";
import { PROOFS_COLUMNS } from "./proofs.ts";
import { ROUTES_COLUMNS } from "./routes.ts";

export const COLUMNS: Readonly<Record<TableName, readonly Pick<ListColumn<never>, "id" | "title">[]>> = {
  connections: CONNECTIONS_COLUMNS,
  routes: ROUTES_COLUMNS,
  proofs: PROOFS_COLUMNS,
  domains: DOMAINS_COLUMNS,
};
