/** Finds the endpoint of a request. Total: what is not there is a 404, what is there otherwise a 405. */
import { Problem } from "../problem.ts";
import type { Endpoint } from "./endpoint.ts";

export interface Found {
  readonly endpoint: Endpoint;
  readonly params: readonly string[];
}

/** @throws {Problem} 404, 405 */
export function find(endpoints: readonly Endpoint[], method: string, path: string): Found {
  const wanted = method === "HEAD" ? "GET" : method;
  const matching = endpoints.flatMap((endpoint) => {
    const params = match(endpoint.path, path);
    return params === null ? [] : [{ endpoint, params }];
  });
  if (matching.length === 0) {
    throw new Problem(404, "api.no-such-path", "there is nothing here", "for example /api/v1/connections");
  }
  const found = matching.find(({ endpoint }) => endpoint.method === wanted);
  if (found === undefined) throw wrongMethod(matching.map(({ endpoint }) => endpoint.method));
  return found;
}

function wrongMethod(allowed: readonly string[]): Problem {
  const allow = allowed.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
  return new Problem(405, "api.method", `only ${allow} is answered here`, "use one of these", { allow });
}

/** What stands in the places of `:names`; null when the path is another one. */
function match(pattern: string, path: string): string[] | null {
  const want = pattern.split("/"), have = path.split("/");
  if (want.length !== have.length) return null;
  const params: string[] = [];
  for (const [i, part] of want.entries()) {
    if (!part.startsWith(":")) {
      if (part !== have[i]) return null;
      continue;
    }
    try {
      params.push(decodeURIComponent(have[i]!));
    } catch {
      return null;
    }
  }
  return params;
}
