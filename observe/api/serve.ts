/** The HTTP API on the console's port. design.md 2.4. Loopback unless TLS is configured; a token for all but health. */
import type { Listen } from "../../config/config.ts";
import { Problem, problemResponse } from "../problem.ts";
import { authorise, checkOrigin } from "./access.ts";
import { readBody } from "./body.ts";
import type { ApiParts } from "./endpoint.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { find } from "./router.ts";

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
  const { endpoint, params } = find(ENDPOINTS, request.method, url.pathname);
  authorise(request, parts, endpoint.role);
  const body = endpoint.method === "POST" || endpoint.method === "PUT" ? await readBody(request) : {};
  return await endpoint.answer({ parts, url, params, request, body });
}

function harden(response: Response): Response {
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  return response;
}
