/** What an operator may ask of the running server. design.md 2.4. */
import { refusedHere } from "../../facts/refusal.ts";
import type { DomainPair } from "../../xmpp/domain.ts";
import type { BlockList, Lifted, Rechecked, Revoked } from "../contract.ts";
import { Problem } from "../problem.ts";
import { iso } from "../tables/table.ts";
import { duration, json, kept, noConnection, noPair, readPair } from "./answers.ts";
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
    about: 'take a pair away, and keep it away for `{"block": "10m"}`, at most 24h; `"0s"`: not at all',
    answer: revoke,
  },
  {
    method: "POST",
    path: "/api/v1/routes/:local/:remote/lift",
    role: "operator",
    about: "end the block of a pair before its time: it may be asked for again",
    answer: lift,
  },
  {
    method: "GET",
    path: "/api/v1/blocks",
    role: "viewer",
    about: "pairs that an operator keeps away, each until its end",
    answer: blocks,
  },
  {
    method: "POST",
    path: "/api/v1/routes/:local/:remote/recheck",
    role: "operator",
    about:
      "look at the pair's proofs afresh, and try at once what waits after a failure; 409 while we refuse it ourselves",
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

const pairIn = ({ params }: Call): DomainPair => readPair(params[0]!, params[1]!);

function revoke(call: Call): Response {
  const pair = pairIn(call);
  const blockMs = duration(call, "block", "10m", MAX_BLOCK_MS);
  const done = kept(() => call.parts.view.revoke(pair, blockMs));
  if (done === null) throw noPair();
  const answer: Revoked = { revoked: pair, blockMs, blockedUntil: iso(done.blockedUntil) };
  return json(answer);
}

function lift(call: Call): Response {
  const pair = pairIn(call);
  if (!kept(() => call.parts.view.lift(pair))) {
    const hint = "`verona revoke` lists the pairs that are, /api/v1/blocks too";
    throw new Problem(404, "api.no-block", "this pair is not blocked", hint);
  }
  const answer: Lifted = { lifted: pair };
  return json(answer);
}

function blocks({ parts }: Call): Response {
  const list = parts.view.blocks().map(({ pair, until }) => ({ ...pair, until: iso(until)! }));
  const answer: BlockList = { blocks: list, total: list.length };
  return json(answer);
}

function recheck(call: Call): Response {
  const pair = pairIn(call), { view } = call.parts;
  const refusal = view.refusal(pair);
  if (refusal !== null) {
    const { text, next } = refusedHere(pair, refusal);
    throw new Problem(409, refusal.cause, `nothing is tried: ${text}`, next);
  }
  const done = view.recheck(pair);
  if (done === null) throw noPair();
  const answer: Rechecked = { rechecked: pair, ...done };
  return json(answer);
}

async function reload({ parts }: Call): Promise<Response> {
  const { mistakes, ...done } = await parts.view.reload();
  if (mistakes.length === 0) return json(done);
  const title = "the new configuration has mistakes; everything stays as it was";
  throw new Problem(422, "config.mistakes", title, mistakes.join("\n"));
}
