/** How answers are made, and the mistakes that several endpoints find. */
import { StoreFault } from "../../config/database.ts";
import { parseDuration } from "../../config/units.ts";
import { AddressFault, type Domain, type DomainPair, parseDomain } from "../../xmpp/domain.ts";
import { Problem } from "../problem.ts";
import type { Call } from "./endpoint.ts";

export const plain = (text: string, status = 200): Response => new Response(text, { status });

export function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value) + "\n", {
    status,
    headers: { "content-type": "application/json" },
  });
}

export const noConnection = (): Problem =>
  new Problem(
    404,
    "api.no-connection",
    "there is no such connection",
    "`verona connections` lists them, /api/v1/connections too",
  );

export const noPair = (): Problem =>
  new Problem(
    404,
    "api.no-pair",
    "there is no such pair",
    "`verona routes` lists them, /api/v1/routes too; the domain hosted here comes first",
  );

/** What to do about a local domain that is none. */
export const NOT_HOSTED =
  "the domain hosted here comes first; `verona domains list` names them, /api/v1/domains too";

/** The two domains of a path or a query, canonical. @throws {Problem} 400 */
export function readPair(local: string, remote: string): DomainPair {
  try {
    return { local: parseDomain(local), remote: parseDomain(remote) };
  } catch (error) {
    if (error instanceof AddressFault) throw new Problem(400, "api.query", error.message, "give two domains");
    throw error;
  }
}

/** A domain of a path, canonical; never a pattern. @throws {Problem} 400 */
export function readDomain(text: string): Domain {
  try {
    return parseDomain(text);
  } catch (error) {
    if (error instanceof AddressFault) throw new Problem(400, "api.query", error.message, "give a domain");
    throw error;
  }
}

/** A whole number of the query. @throws {Problem} 400 */
export function whole({ url }: Call, name: string, byDefault: number, most: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return byDefault;
  if (!/^\d{1,15}$/.test(text) || Number(text) > most) {
    throw new Problem(400, "api.query", `${name} is not a number up to ${most}`, `for example ${byDefault}`);
  }
  return Number(text);
}

/** A duration of the body. @throws {Problem} 400 */
export function duration({ body }: Call, name: string, byDefault: string, mostMs: number): number {
  const text = body[name] ?? byDefault;
  const ms = typeof text === "string" ? parseDuration(text) : null;
  if (ms !== null && ms <= mostMs) return ms;
  throw new Problem(
    400,
    "api.body",
    `${name} is not a duration up to ${mostMs / 3_600_000}h`,
    `for example "${byDefault}"`,
  );
}

/** A change that is kept in `data_dir` before it is in force. @throws {Problem} 503: it is neither. */
export function kept<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    const title = `this cannot be kept in data_dir, so nothing was changed: ${error.message}`;
    throw new Problem(503, "api.store", title, error.hint, { "retry-after": "10" });
  }
}
