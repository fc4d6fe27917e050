/** In and out of the page. console.md 2.4. */
import type { LogInLink, Session } from "../contract.ts";
import { Problem } from "../problem.ts";
import type { Pass } from "../sessions.ts";
import { attempt, type Visitor } from "./access.ts";
import { json } from "./answers.ts";
import { cookieName, cookieOf, printCookie } from "./cookie.ts";
import type { ApiParts, Call, Endpoint } from "./endpoint.ts";

export const SESSION: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/session",
    role: "viewer",
    about: "who asks: role, and when the session ends",
    answer: ({ parts, visitor }) => json(describe(parts, visitor!)),
  },
  {
    method: "POST",
    path: "/api/v1/session",
    role: "anyone",
    about:
      'log in with the `{"code"}` of a log-in link, which dies by it, or with a `{"token"}`; sets the cookie',
    answer: logIn,
  },
  {
    method: "DELETE",
    path: "/api/v1/session",
    role: "viewer",
    about: "log out",
    answer: logOut,
  },
  {
    method: "POST",
    path: "/api/v1/login-links",
    role: "viewer",
    about: 'a log-in link that works once; `{"role": "viewer"}` for less than one\'s own',
    answer: makeLink,
  },
];

function logIn(call: Call): Response {
  const { parts, url, body: { code, token } } = call;
  const role = attempt(call, parts, () => {
    if (typeof code === "string") return parts.sessions.redeem(code);
    return typeof token === "string" ? parts.tokens.role(token) : null;
  });
  if (role === null) {
    const hint = "a link works once, and not for long: `verona console` prints a new one";
    throw new Problem(401, "api.code", "this log-in code or token is not valid", hint);
  }
  const { secret, ...pass } = parts.sessions.open(role);
  parts.recorder.tell({ type: "console.entered", detail: { role, peer: call.address } });
  const answer = json(describe(parts, pass), 201);
  answer.headers.set("set-cookie", printCookie(url, secret, pass.until - parts.now()));
  return answer;
}

function logOut({ parts, url, request }: Call): Response {
  const cookie = cookieOf(request, cookieName(url));
  if (cookie !== null) parts.sessions.close(cookie);
  return new Response(null, { status: 204, headers: { "set-cookie": printCookie(url, "", 0) } });
}

function makeLink({ parts, url, body, visitor }: Call): Response {
  const role = body.role ?? visitor!.role;
  if (role !== "viewer" && role !== "operator") {
    throw new Problem(
      400,
      "api.body",
      "role is neither viewer nor operator",
      'for example {"role":"viewer"}',
    );
  }
  if (role === "operator" && visitor!.role !== "operator") {
    throw new Problem(403, "api.role", "only the operator may let operators in", "use console.token");
  }
  const { secret, until } = parts.sessions.link(role);
  const link: LogInLink = { url: linkTo(url.origin, secret), role, expires: new Date(until).toISOString() };
  return json(link, 201);
}

/** The code stands in the fragment, which no browser sends and no server logs. */
export function linkTo(origin: string, code: string): string {
  return `${origin}/login#${code}`;
}

function describe({ recorder: { epoch }, version }: ApiParts, { role, until }: Pass | Visitor): Session {
  return { role, expires: until === null ? null : new Date(until).toISOString(), epoch, version };
}
