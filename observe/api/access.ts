/** Who may come in, and as whom. console.md 2.4. */
import { Problem } from "../problem.ts";
import type { Role } from "../tokens.ts";
import type { ApiParts, Endpoint } from "./endpoint.ts";
import { cookieName, cookieOf } from "./cookie.ts";

/** One request before it has passed. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** Who asks, as TCP says. */
  readonly address: string;
}

/** Whom a request speaks for. */
export interface Visitor {
  readonly role: Role;
  /** By cookie: when the session ends. Milliseconds since the epoch. */
  readonly until: number | null;
  /** Whether it is so still: sessions end. */
  readonly holds: () => boolean;
}

/** @throws {Problem} 421 */
export function checkHost({ url }: Visit, { hosts }: ApiParts): void {
  if (!hosts(url.hostname)) {
    throw new Problem(421, "api.host", "wrong Host", "use the address that the console listens on");
  }
}

/**
 * No other page may ask through a browser: what a browser says of the asking page must name ours, and a browser's own
 * session may change nothing unless it does say so.
 *
 * @throws {Problem} 403
 */
export function checkOrigin({ request, url }: Visit, { method }: Endpoint): void {
  const origin = request.headers.get("origin");
  const site = request.headers.get("sec-fetch-site");
  if (origin !== null && origin !== url.origin) throw foreign();
  if (site !== null && site !== "same-origin" && site !== "none") throw foreign();
  const opening = request.headers.get("upgrade") !== null; // WebSockets know no same-origin policy
  if (method === "GET" && !opening) return;
  const said = origin !== null || site === "same-origin";
  if (site === "none" || (!said && request.headers.has("cookie"))) throw foreign();
}

const foreign = () => new Problem(403, "api.origin", "foreign origin", "open the console's own page");

/** Null: anyone may, and nobody was named. @throws {Problem} 401, 403, 429 */
export function authorise(
  visit: Visit,
  parts: ApiParts,
  endpoint: Endpoint,
  named: (visitor: Visitor) => void = () => {},
): Visitor | null {
  if (endpoint.role === "anyone") return null;
  const needed = endpoint.role ?? (parts.open ? null : "viewer");
  if (needed === null) return null;
  const visitor = identify(visit, parts);
  if (visitor === null) throw nobody();
  named(visitor);
  if (needed === "operator" && visitor.role !== "operator") {
    throw new Problem(403, "api.role", "only the operator may do this", "use console.token");
  }
  return visitor;
}

/** Whether a right token or session is shown, where none is needed: a wrong one is no attempt at anything there. */
export function isNamed({ request, url }: Visit, { tokens, sessions }: ApiParts): boolean {
  const token = tokenOf(request);
  if (token !== null) return tokens.role(token) !== null;
  const cookie = cookieOf(request, cookieName(url));
  return cookie !== null && sessions.find(cookie) !== null;
}

/** By token, else by cookie. Null when neither is right. @throws {Problem} 429 */
export function identify(visit: Visit, parts: ApiParts): Visitor | null {
  const token = tokenOf(visit.request);
  if (token !== null) {
    const role = attempt(visit, parts, () => parts.tokens.role(token));
    return role === null ? null : { role, until: null, holds: () => true };
  }
  const cookie = cookieOf(visit.request, cookieName(visit.url));
  const pass = cookie === null ? null : parts.sessions.find(cookie);
  return pass === null ? null : { ...pass, holds: () => parts.sessions.find(cookie!) !== null };
}

/**
 * Looks at a secret that somebody shows. Secrets have 256 bits, so a right one is no guess and always lets in: else
 * whoever shares an address with its owner, as everybody on this machine does, could keep the owner out. Of wrong ones
 * a few a minute are told, for they fill the log.
 *
 * @throws {Problem} 429
 */
export function attempt<T>(visit: Visit, { attempts, recorder }: ApiParts, look: () => T | null): T | null {
  const found = look();
  if (found !== null) return found;
  const waitMs = attempts.waitMs(visit.address);
  if (waitMs > 0) {
    const seconds = String(Math.ceil(waitMs / 1000));
    const title = "too many wrong tokens from this address";
    throw new Problem(429, "api.attempts", title, "a right one lets in at any time", {
      "retry-after": seconds,
    });
  }
  attempts.failed(visit.address);
  const detail = { peer: visit.address, waitMs: attempts.waitMs(visit.address) };
  recorder.tell({ type: "console.refused", level: "warning", detail });
  return null;
}

/** `Authorization`, or for WebSockets, which browsers let have no headers, the subprotocol `bearer.<token>`. */
function tokenOf({ headers }: Request): string | null {
  const [, token] = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (token !== undefined) return token;
  const offered = headers.get("sec-websocket-protocol")?.split(",").map((one) => one.trim()) ?? [];
  return offered.find((one) => /^bearer\.[\x21-\x7e]{1,200}$/.test(one))?.slice("bearer.".length) ?? null;
}

function nobody(): Problem {
  const hint = "`verona console` prints a log-in link for the page; " +
    "programs send the token in data_dir/console.token as `Authorization: Bearer`";
  return new Problem(401, "api.token", "a valid token or session is needed", hint, {
    "www-authenticate": "Bearer",
  });
}
