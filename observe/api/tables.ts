/** The tables: lists, and one row of each. design.md 2.4. */
import type { ConnectionRow, RouteDetail } from "../contract.ts";
import { printConnection } from "../tables/connections.ts";
import { readAsked } from "../tables/asking.ts";
import { lookUp, printList } from "../tables/list.ts";
import type { Rest } from "../tables/pace.ts";
import { printRoute } from "../tables/routes.ts";
import type { AnyTable } from "../tables/table.ts";
import { describeTables, TABLES as ALL } from "../tables/tables.ts";
import { json, noConnection, noPair, readPair, whole } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";
import { emptyTrace, traceOf } from "./traces.ts";

const LIST = "`q` filters, `sort=-age` orders, `limit` and `cursor` cut it into pages";

export const TABLES: readonly Endpoint[] = [
  listing(ALL.connections, `the connection table; ${LIST}`),
  {
    method: "GET",
    path: "/api/v1/connections/:id",
    role: "viewer",
    about: "one connection, with every domain that it speaks for; of closed ones the last thousand",
    answer: connection,
  },
  listing(ALL.routes, `the routing table; ${LIST}`),
  {
    method: "GET",
    path: "/api/v1/routes/:local/:remote",
    role: "viewer",
    about: "one pair, its connections in order, and what happened to it",
    answer: route,
  },
  listing(ALL.proofs, `what stands behind the grants; ${LIST}`),
  listing(ALL.domains, `the domains hosted here; ${LIST}`),
  {
    method: "GET",
    path: "/api/v1/fields",
    role: "viewer",
    about: "what each table can be filtered and sorted by",
    answer: () => json(describeTables()),
  },
];

function listing(table: AnyTable, about: string): Endpoint {
  return {
    method: "GET",
    path: `/api/v1/${table.name}`,
    role: "viewer",
    about,
    answer: (call) => list(call, table),
  };
}

/** `cursor` is the number of rows already seen. */
async function list(call: Call, table: AnyTable): Promise<Response> {
  const { parts, url, request } = call;
  const limit = whole(call, "limit", 500, 10_000);
  const from = whole(call, "cursor", 0, Number.MAX_SAFE_INTEGER - limit);
  const { searchParams } = url;
  const q = searchParams.get("q") ?? "";
  const asked = readAsked(table, {
    q,
    sort: searchParams.get("sort") ?? "",
    window: { from, to: from + limit },
  });
  const now = parts.now();
  const look = (rest: Rest) => lookUp(table, parts.view.sources, asked, now, rest);
  const printed = await parts.pace.run(look, request.signal);
  const about = { epoch: parts.recorder.epoch, now: new Date(now).toISOString() };
  return new Response(printList(table.name, printed, asked, about), {
    // To compress it would take longer than it does to send, and hold up what else is under way.
    headers: { "content-type": "application/json", "cache-control": "no-store, no-transform" },
  });
}

function connection({ parts, params }: Call): Response {
  const row = parts.view.connection(params[0]!);
  if (row === null) throw noConnection();
  const printed: ConnectionRow = printConnection(row, MOST_NAMES);
  return json(printed);
}

const MOST_NAMES = 10_000;

function route(call: Call): Response {
  const { parts, params } = call;
  const { local, remote } = readPair(params[0]!, params[1]!);
  const row = parts.view.route(local, remote);
  if (row === null) throw noPair();
  const trace = traceOf(call, { pair: { local, remote } }) ?? emptyTrace(parts.recorder);
  const detail: RouteDetail = { ...printRoute(row), connections: row.connections(), ...trace };
  return json(detail);
}
