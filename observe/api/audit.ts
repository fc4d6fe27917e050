/** The audit log: every change that was asked for, and every refused attempt. design.md 2.4; docs/decisions/0180. */
import { Problem } from "../problem.ts";
import { printable } from "../printable.ts";
import type { Visit, Visitor } from "./access.ts";
import { json, whole } from "./answers.ts";
import type { ApiParts, Call, Endpoint } from "./endpoint.ts";

/** Of a path or of what was given. */
const MOST_CHARACTERS = 500;
/** What of a body is told: nothing else, so never a secret. */
const TOLD = ["block", "policy", "proof"];

export const AUDIT: readonly Endpoint[] = [{
  method: "GET",
  path: "/api/v1/audit",
  role: "operator",
  about: "who changed what, and who was refused, the latest first: `limit`, `before=<id>`",
  answer: (call) => {
    const entries = call.parts.audit.latest(
      whole(call, "limit", 100, 1000),
      whole(call, "before", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    );
    return json({ audit: entries });
  },
}];

/** What is known of a request by the time it is answered. */
export interface Asked {
  visitor: Visitor | null;
  body: Call["body"];
}

/** Answers, and writes down what came of it. */
export async function audited(
  visit: Visit,
  parts: ApiParts,
  asked: Asked,
  answer: () => Promise<Response>,
): Promise<Response> {
  try {
    const response = await answer();
    write(visit, parts, asked, response.status, null);
    return response;
  } catch (error) {
    const [status, cause] = error instanceof Problem ? [error.status, error.id] : [500, "server.internal"];
    write(visit, parts, asked, status, cause);
    throw error;
  }
}

function write(
  { request, url, address }: Visit,
  { audit, now }: ApiParts,
  { visitor, body }: Asked,
  status: number,
  cause: string | null,
): void {
  const told = Object.fromEntries(Object.entries(body).filter(([key]) => TOLD.includes(key)));
  const detail = Object.keys(told).length === 0 ? null : printable(JSON.stringify(told));
  audit.add({
    at: now(),
    role: visitor?.role ?? null,
    by: visitor === null ? null : visitor.until === null ? "token" : "session",
    address,
    what: printable(`${request.method} ${url.pathname}`).slice(0, MOST_CHARACTERS),
    detail: detail?.slice(0, MOST_CHARACTERS) ?? null,
    status,
    cause,
  });
}
