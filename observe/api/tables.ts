/** The tables: lists, and one row of each. design.md 2.4. */
import { json, noConnection, noPair, readPair, whole } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";
import { emptyTrace, traceOf } from "./traces.ts";

export const TABLES: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/connections",
    role: "viewer",
    about: "the connection table",
    answer: (call) => list(call, "connections", call.parts.view.connections()),
  },
  {
    method: "GET",
    path: "/api/v1/connections/:id",
    role: "viewer",
    about: "one connection",
    answer: connection,
  },
  {
    method: "GET",
    path: "/api/v1/routes",
    role: "viewer",
    about: "the routing table",
    answer: (call) => list(call, "routes", call.parts.view.routes()),
  },
  {
    method: "GET",
    path: "/api/v1/routes/:local/:remote",
    role: "viewer",
    about: "one pair, and what happened to it",
    answer: route,
  },
  {
    method: "GET",
    path: "/api/v1/proofs",
    role: "viewer",
    about: "what stands behind the grants",
    answer: (call) => list(call, "proofs", call.parts.view.proofs()),
  },
  {
    method: "GET",
    path: "/api/v1/domains",
    role: "viewer",
    about: "the domains hosted here",
    answer: (call) => list(call, "domains", call.parts.view.domains()),
  },
];

/** `q`: each word must be found in a row, `key:value` in that field; `cursor` is the number of rows already seen. */
function list(call: Call, name: string, rows: readonly object[]): Response {
  const words = (call.url.searchParams.get("q") ?? "").toLowerCase().split(/\s+/).filter((word) =>
    word !== ""
  );
  const limit = whole(call, "limit", 500, 10_000);
  const cursor = whole(call, "cursor", 0, Number.MAX_SAFE_INTEGER);
  const matching = words.length === 0 ? rows : rows.filter((row) => words.every((word) => holds(row, word)));
  const page = matching.slice(cursor, cursor + limit);
  const next = cursor + page.length < matching.length ? String(cursor + page.length) : null;
  return json({ [name]: page, total: matching.length, next });
}

function holds(row: object, word: string): boolean {
  const [, key, value] = /^([a-z]+):(.*)$/.exec(word) ?? [];
  const field = Object.entries(row).find(([name]) => name.toLowerCase() === key);
  const [where, what] = field === undefined ? [row, word] : [field[1], value!];
  return JSON.stringify(where)?.toLowerCase().includes(what) ?? false;
}

function connection({ parts, params }: Call): Response {
  const row = parts.view.connections().find(({ id }) => id === params[0]);
  if (row === undefined) throw noConnection();
  return json(row);
}

function route(call: Call): Response {
  const { parts, params } = call;
  const { local, remote } = readPair(params[0]!, params[1]!);
  const row = parts.view.routes().find((r) => r.local === local && r.remote === remote);
  if (row === undefined) throw noPair();
  return json({ ...row, ...traceOf(call, { pair: { local, remote } }) ?? emptyTrace(parts.recorder) });
}
