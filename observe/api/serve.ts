/** The console: API and page, on a port or a Unix socket. design.md 2.4. Loopback unless TLS is configured; a token for all but health. */
import { Problem, problemResponse } from "../problem.ts";
import { authorise, checkHost, checkOrigin, type Visit } from "./access.ts";
import { audited, type AuditLine } from "./audit.ts";
import { readBody } from "./body.ts";
import type { ApiParts } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { harden } from "./headers.ts";
import type { Door } from "./door.ts";
import { HeldOpen } from "./held_open.ts";
import { answerPage } from "./page.ts";
import { find } from "./router.ts";

/** Longer ones are nobody's filter. */
const MAX_URL = 8192;

/** Serves the API until the result is shut down. @throws {Error} where the door cannot be opened. */
export function serveApi<A extends Deno.Addr>(door: Door<A>, parts: ApiParts): HeldOpen<A> {
  return new HeldOpen(door, (request, address) => answer(request, address, parts), parts.recorder);
}

async function answer(request: Request, address: string, parts: ApiParts): Promise<Response> {
  try {
    return harden(await dispatch({ request, url: readUrl(request), address }, parts));
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

/** A `Host` can be anything. On a socket Deno calls the scheme `http+unix`: browsers at a tunnel's end know it as theirs. @throws {Problem} 400 */
function readUrl(request: Request): URL {
  const url = URL.parse(request.url.replace(/^http\+unix:/, "http:"));
  if (url === null) {
    throw new Problem(400, "api.host", "the Host is none", "use the address that the console listens on");
  }
  return url;
}

async function dispatch(visit: Visit, parts: ApiParts): Promise<Response> {
  const { request, url } = visit;
  checkHost(visit, parts);
  if (request.url.length > MAX_URL) {
    throw new Problem(414, "api.url", "the address is too long", `at most ${MAX_URL} bytes`);
  }
  const page = answerPage(parts.assets, request, url.pathname);
  if (page !== null) return page;
  const { endpoint, params } = find(ENDPOINTS, request.method, url.pathname);
  const answer = async (line: AuditLine | null) => {
    checkOrigin(visit, endpoint);
    const visitor = authorise(visit, parts, endpoint, (named) => line && (line.visitor = named));
    const hasBody = endpoint.method === "POST" || endpoint.method === "PUT";
    const body = hasBody ? await readBody(request) : {};
    if (line !== null) line.body = body;
    line?.begin();
    return await endpoint.answer({ ...visit, parts, visitor, params, body });
  };
  const changes = endpoint.method !== "GET" && endpoint.role === "operator";
  return changes ? await audited(visit, parts, answer) : await answer(null);
}
