/** What an operator may ask of the running server. design.md 2.4. */
import { Problem } from "../problem.ts";
import { duration, json, noConnection, noPair, readPair } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

const MAX_BLOCK_MS = 24 * 3_600_000;

export const CONTROL: readonly Endpoint[] = [
  {
    method: "POST",
    path: "/api/v1/connections/:id/close",
    role: "operator",
    about: "close a connection; pairs in use come back",
    answer: close,
  },
  {
    method: "POST",
    path: "/api/v1/routes/:local/:remote/revoke",
    role: "operator",
    about: 'take a pair away, and keep it away for `{"block": "10m"}`',
    answer: revoke,
  },
  {
    method: "POST",
    path: "/api/v1/routes/:local/:remote/recheck",
    role: "operator",
    about: "look at the pair's proofs afresh, and try at once what waits after a failure",
    answer: recheck,
  },
  {
    method: "POST",
    path: "/api/v1/reload",
    role: "operator",
    about: "read the configuration again, as SIGHUP does",
    answer: reload,
  },
];

function close({ parts, params }: Call): Response {
  if (!parts.view.close(params[0]!)) throw noConnection();
  return json({ closed: params[0]! });
}

function revoke(call: Call): Response {
  const { parts, params } = call;
  const pair = readPair(params[0]!, params[1]!);
  const blockMs = duration(call, "block", "10m", MAX_BLOCK_MS);
  if (!parts.view.revoke(pair.local, pair.remote, blockMs)) throw noPair();
  return json({ revoked: pair, blockMs });
}

function recheck({ parts, params }: Call): Response {
  const pair = readPair(params[0]!, params[1]!);
  const done = parts.view.recheck(pair);
  if (done === null) throw noPair();
  return json({ rechecked: pair, ...done });
}

async function reload({ parts }: Call): Promise<Response> {
  const { mistakes, ...done } = await parts.view.reload();
  if (mistakes.length === 0) return json(done);
  const title = "the new configuration has mistakes; everything stays as it was";
  throw new Problem(422, "config.mistakes", title, mistakes.join("\n"));
}
