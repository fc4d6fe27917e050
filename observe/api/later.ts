/** What design.md 2.4 names and is not there yet: it says what there is instead. Whoever makes one takes its line away. */
import { Problem } from "../problem.ts";
import type { Endpoint, Method } from "./endpoint.ts";

const EDIT = "edit verona.toml, then POST /api/v1/reload";

function later(method: Method, path: string, instead: string): Endpoint {
  return {
    method,
    path: `/api/v1${path}`,
    role: method === "GET" ? "viewer" : "operator",
    about: `not yet: ${instead}`,
    answer: () => {
      throw new Problem(501, "api.not-yet", "this version cannot do it yet", instead);
    },
  };
}

export const LATER: readonly Endpoint[] = [
  later("PUT", "/domains/:name", EDIT),
  later("DELETE", "/domains/:name", EDIT),
  later("POST", "/domains/:name/suspend", EDIT),
  later("POST", "/domains/:name/resume", EDIT),
  later("PUT", "/policy/:remote", EDIT),
  later("DELETE", "/policy/:remote", EDIT),
  later("POST", "/routes/:local/:remote/recheck", "it happens by itself"),
];
