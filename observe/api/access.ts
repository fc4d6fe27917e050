/** Who may come in: browsers of our own page, and whoever shows a token. console.md 2.4. */
import { Problem } from "../problem.ts";
import type { Role } from "../tokens.ts";
import type { ApiParts } from "./endpoint.ts";

/** A page of another origin, or a rebound name, must not reach us through a browser. @throws {Problem} 403, 421 */
export function checkOrigin(request: Request, url: URL): void {
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== url.origin) {
    throw new Problem(403, "api.origin", "foreign origin", "open the console's own page");
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!/^(localhost|::1|[\d.]+|[0-9a-f:]+)$/i.test(host) && url.protocol === "http:") {
    throw new Problem(421, "api.host", "wrong Host", "use the address that the console listens on");
  }
}

/** @throws {Problem} 401, 403 */
export function authorise(request: Request, { tokens, open }: ApiParts, wanted: Role | null): void {
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
