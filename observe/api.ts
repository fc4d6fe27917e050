/** The HTTP API on the console's port. design.md 2.4. Loopback unless TLS is configured; a token for all but health. */
import { AddressFault, parseDomain } from "../xmpp/domain.ts";
import { parseDuration } from "../config/units.ts";
import type { Listen } from "../config/config.ts";
import type { Metrics } from "./metrics.ts";
import { Problem, problemResponse } from "./problem.ts";
import type { Recorder } from "./recorder.ts";
import { eventStream } from "./sse.ts";
import type { Role, Tokens } from "./tokens.ts";
import type { ServerView } from "./view.ts";

export interface ApiParts {
  readonly view: ServerView;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly version: string;
  /** On loopback, health and metrics need no token. */
  readonly open: boolean;
}

interface Call {
  readonly parts: ApiParts;
  readonly url: URL;
  readonly params: readonly string[];
  readonly request: Request;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path segments; `:` takes one. */
  readonly path: string;
  readonly role: Role | null;
  readonly answer: (call: Call) => Response | Promise<Response>;
}

const MAX_BODY = 16_384;
const MAX_BLOCK_MS = 24 * 3_600_000;
const EDIT = "edit verona.toml, then POST /api/v1/reload";

function later(instead: string): Endpoint["answer"] {
  return () => {
    throw new Problem(501, "api.not-yet", "this version cannot do it yet", instead);
  };
}

const ENDPOINTS: readonly Endpoint[] = [
  { method: "GET", path: "/livez", role: null, answer: () => plain("ok\n") },
  { method: "GET", path: "/readyz", role: null, answer: readyz },
  { method: "GET", path: "/metrics", role: null, answer: metrics },
  {
    method: "GET",
    path: "/api/v1/connections",
    role: "viewer",
    answer: (c) => list(c, "connections", c.parts.view.connections()),
  },
  { method: "GET", path: "/api/v1/connections/:", role: "viewer", answer: connection },
  { method: "GET", path: "/api/v1/connections/:/events", role: "viewer", answer: connectionEvents },
  {
    method: "GET",
    path: "/api/v1/routes",
    role: "viewer",
    answer: (c) => list(c, "routes", c.parts.view.routes()),
  },
  { method: "GET", path: "/api/v1/routes/:/:", role: "viewer", answer: route },
  {
    method: "GET",
    path: "/api/v1/proofs",
    role: "viewer",
    answer: (c) => list(c, "proofs", c.parts.view.proofs()),
  },
  {
    method: "GET",
    path: "/api/v1/domains",
    role: "viewer",
    answer: (c) => list(c, "domains", c.parts.view.domains()),
  },
  { method: "GET", path: "/api/v1/explain", role: "viewer", answer: explain },
  {
    method: "GET",
    path: "/api/v1/events",
    role: "viewer",
    answer: (c) => eventStream(c.parts.recorder, c.request),
  },
  { method: "POST", path: "/api/v1/connections/:/close", role: "operator", answer: close },
  { method: "POST", path: "/api/v1/routes/:/:/revoke", role: "operator", answer: revoke },
  { method: "POST", path: "/api/v1/reload", role: "operator", answer: reload },
  // Named by design.md 2.4, and not there yet.
  { method: "GET", path: "/api/v1/ws", role: "viewer", answer: later("/api/v1/events streams the same") },
  { method: "GET", path: "/api/v1/overview", role: "viewer", answer: later("see /metrics") },
  { method: "GET", path: "/api/v1/failures", role: "viewer", answer: later("see /api/v1/routes?q=denied") },
  { method: "GET", path: "/api/v1/machines/:", role: "viewer", answer: later("see docs/machines") },
  { method: "PUT", path: "/api/v1/domains/:", role: "operator", answer: later(EDIT) },
  { method: "DELETE", path: "/api/v1/domains/:", role: "operator", answer: later(EDIT) },
  { method: "POST", path: "/api/v1/domains/:/suspend", role: "operator", answer: later(EDIT) },
  { method: "POST", path: "/api/v1/domains/:/resume", role: "operator", answer: later(EDIT) },
  { method: "PUT", path: "/api/v1/policy/:", role: "operator", answer: later(EDIT) },
  { method: "DELETE", path: "/api/v1/policy/:", role: "operator", answer: later(EDIT) },
  {
    method: "POST",
    path: "/api/v1/routes/:/:/recheck",
    role: "operator",
    answer: later("it happens by itself"),
  },
  { method: "POST", path: "/api/v1/check", role: "operator", answer: later("see /api/v1/explain") },
];

/** Serves the API until the result is shut down. Port 0 lets the system choose. */
export function serveApi(
  listen: Listen,
  tls: { cert: string; key: string } | null,
  parts: ApiParts,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: listen.host, port: listen.port, onListen: () => {}, ...(tls ?? {}) },
    (request) => answer(request, parts),
  );
}

async function answer(request: Request, parts: ApiParts): Promise<Response> {
  try {
    return harden(await dispatch(request, parts));
  } catch (error) {
    if (error instanceof Problem) return harden(problemResponse(error));
    parts.recorder.tell({
      type: "actor.crashed",
      level: "error",
      detail: { id: "api", error: String(error) },
    });
    return harden(
      problemResponse(new Problem(500, "server.internal", "this server failed at it", "see the log")),
    );
  }
}

async function dispatch(request: Request, parts: ApiParts): Promise<Response> {
  const url = new URL(request.url);
  checkOrigin(request, url);
  const matching = ENDPOINTS.flatMap((endpoint) => {
    const params = match(endpoint.path, url.pathname);
    return params === null ? [] : [{ endpoint, params }];
  });
  if (matching.length === 0) {
    throw new Problem(404, "api.no-such-path", "there is nothing here", "for example /api/v1/connections");
  }
  const method = request.method === "HEAD" ? "GET" : request.method;
  const found = matching.find(({ endpoint }) => endpoint.method === method);
  if (found === undefined) throw wrongMethod(matching.map(({ endpoint }) => endpoint.method));
  authorise(request, parts, found.endpoint.role);
  const body = method === "POST" ? await readBody(request) : {};
  return await found.endpoint.answer({ parts, url, params: found.params, request, body });
}

function wrongMethod(allowed: string[]): Problem {
  const allow = allowed.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  return new Problem(405, "api.method", `only ${allow} is answered here`, "use one of these", { allow });
}

/** A page of another origin, or a rebound name, must not reach us through a browser (console.md 2.4). */
function checkOrigin(request: Request, url: URL): void {
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== url.origin) {
    throw new Problem(403, "api.origin", "foreign origin", "open the console's own page");
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!/^(localhost|::1|[\d.]+|[0-9a-f:]+)$/i.test(host) && url.protocol === "http:") {
    throw new Problem(421, "api.host", "wrong Host", "use the address that the console listens on");
  }
}

function authorise(request: Request, { tokens, open }: ApiParts, wanted: Role | null): void {
  const needed = wanted ?? (open ? null : "viewer");
  if (needed === null) return;
  const role = tokens.role(request.headers.get("authorization"));
  if (role === null) {
    const hint = "send the one in data_dir/console.token as `Authorization: Bearer`";
    throw new Problem(401, "api.token", "a valid token is needed", hint, { "www-authenticate": "Bearer" });
  }
  if (needed === "operator" && role !== "operator") {
    throw new Problem(403, "api.role", "only the operator may do this", "use console.token");
  }
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const reader = request.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader!.read()) {
    size += read.value.length;
    if (size > MAX_BODY) {
      throw new Problem(413, "api.body", "the request is too large", `at most ${MAX_BODY} bytes`);
    }
    chunks.push(read.value);
  }
  if (size === 0) return {};
  try {
    const value = JSON.parse(new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer()));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch { /* said below */ }
  throw new Problem(400, "api.body", "the body is not a JSON object", 'for example {"block":"10m"}');
}

function match(pattern: string, path: string): string[] | null {
  const want = pattern.split("/"), have = path.split("/");
  if (want.length !== have.length) return null;
  const params: string[] = [];
  for (const [i, part] of want.entries()) {
    if (part === ":") {
      try {
        params.push(decodeURIComponent(have[i]!));
      } catch {
        return null;
      }
    } else if (part !== have[i]) return null;
  }
  return params;
}

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

function whole(call: Call, name: string, byDefault: number, most: number): number {
  const text = call.url.searchParams.get(name);
  if (text === null) return byDefault;
  if (!/^\d{1,15}$/.test(text) || Number(text) > most) {
    throw new Problem(400, "api.query", `${name} is not a number up to ${most}`, "");
  }
  return Number(text);
}

async function readyz({ parts }: Call): Promise<Response> {
  const { ready, reasons } = await parts.view.readiness();
  return new Response(ready ? "ok\n" : reasons.map((reason) => `[-] ${reason}\n`).join(""), {
    status: ready ? 200 : 503,
  });
}

/** OpenMetrics to whom asks for it, else the older text format that everything reads. */
function metrics({ parts, request }: Call): Response {
  const open = request.headers.get("accept")?.includes("application/openmetrics-text") ?? false;
  const type = open ? "application/openmetrics-text; version=1.0.0" : "text/plain; version=0.0.4";
  return new Response(parts.metrics.print(parts.view, parts.version, open ? "openmetrics" : "text"), {
    headers: { "content-type": `${type}; charset=utf-8` },
  });
}

function connection({ parts, params }: Call): Response {
  const row = parts.view.connections().find(({ id }) => id === params[0]);
  if (row === undefined) throw noConnection();
  return json(row);
}

function connectionEvents({ parts, params }: Call): Response {
  return json({ events: parts.recorder.about({ connection: params[0]! }) });
}

function route({ parts, params }: Call): Response {
  const [local, remote] = pair(params[0]!, params[1]!);
  const row = parts.view.routes().find((r) => r.local === local && r.remote === remote);
  if (row === undefined) throw noPair();
  return json({ ...row, events: parts.recorder.about({ local, remote }) });
}

async function explain({ parts, url }: Call): Promise<Response> {
  const [local, remote] = pair(url.searchParams.get("from") ?? "", url.searchParams.get("to") ?? "");
  const explanation = await parts.view.explain(local, remote);
  if (explanation === null) {
    throw new Problem(404, "route.not-hosted", `"${local}" is not hosted here`, "see /api/v1/domains");
  }
  return json(explanation);
}

function close({ parts, params }: Call): Response {
  if (!parts.view.close(params[0]!)) throw noConnection();
  return json({ closed: params[0]! });
}

function revoke({ parts, params, body }: Call): Response {
  const [local, remote] = pair(params[0]!, params[1]!);
  const block = body.block ?? "10m";
  const blockMs = typeof block === "string" ? parseDuration(block) : null;
  if (blockMs === null || blockMs > MAX_BLOCK_MS) {
    throw new Problem(400, "api.body", "block is not a duration up to 24h", '"0s" blocks nothing');
  }
  if (!parts.view.revoke(local, remote, blockMs)) throw noPair();
  return json({ revoked: { local, remote }, blockMs });
}

async function reload({ parts }: Call): Promise<Response> {
  const { mistakes, ...done } = await parts.view.reload();
  if (mistakes.length === 0) return json(done);
  const title = "the new configuration has mistakes; everything stays as it was";
  throw new Problem(422, "config.mistakes", title, mistakes.join("\n"));
}

function pair(local: string, remote: string): [string, string] {
  try {
    return [parseDomain(local), parseDomain(remote)];
  } catch (error) {
    if (error instanceof AddressFault) throw new Problem(400, "api.query", error.message, "give two domains");
    throw error;
  }
}

const noConnection = () =>
  new Problem(404, "api.no-connection", "there is no such connection", "see /api/v1/connections");
const noPair = () => new Problem(404, "api.no-pair", "there is no such pair", "see /api/v1/routes");
const plain = (text: string) => new Response(text);
const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value) + "\n", { status, headers: { "content-type": "application/json" } });

function harden(response: Response): Response {
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  return response;
}
