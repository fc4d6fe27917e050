/** What fails, grouped, and why. console.md 6 E. */
import { parseDuration } from "../../config/units.ts";
import type { FailureGrouping, FailureList } from "../contract.ts";
import { whyOf } from "../failures/why.ts";
import { Problem } from "../problem.ts";
import { json, whole } from "./answers.ts";
import type { Call, Endpoint } from "./endpoint.ts";

export const FAILURES: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/api/v1/failures",
    role: "viewer",
    about: "what fails, `group=cause|remote|peer`, `since=24h` (or a time)",
    answer: failures,
  },
  {
    method: "GET",
    path: "/api/v1/failures/:id",
    role: "viewer",
    about: "why: what was seen, who can mend it, what next, a command to see it for oneself, the history",
    answer: why,
  },
];

function failures(call: Call): Response {
  const { parts, url } = call;
  const group = url.searchParams.get("group") ?? "cause";
  if (!isGrouping(group)) {
    throw new Problem(400, "api.query", "group is not cause, remote or peer", "group=remote");
  }
  const [limit, cursor] = [whole(call, "limit", 500, 10_000), whole(call, "cursor", 0, 1_000_000)];
  const since = sinceOf(call);
  const groups = parts.failures.groups(group, since);
  const page = groups.slice(cursor, cursor + limit);
  const seen = cursor + page.length;
  const list: FailureList = {
    epoch: parts.recorder.epoch,
    now: new Date(parts.now()).toISOString(),
    group,
    since: new Date(since).toISOString(),
    total: groups.length,
    next: seen < groups.length ? String(seen) : null,
    attempts: groups.reduce((sum, { attempts }) => sum + attempts, 0),
    failures: page,
  };
  return json(list);
}

function isGrouping(text: string): text is FailureGrouping {
  return text === "cause" || text === "remote" || text === "peer";
}

/** `24h` ago, or a time. */
function sinceOf({ parts, url }: Call): number {
  const text = url.searchParams.get("since") ?? "24h";
  const ago = parseDuration(text.replace(/^-/, ""));
  const since = ago === null ? Date.parse(text) : parts.now() - ago;
  if (Number.isFinite(since) && Math.abs(since) < 8e15) return since;
  throw new Problem(400, "api.query", "since is neither a duration nor a time", "since=24h");
}

function why({ parts, params }: Call): Response {
  const failure = parts.failures.find(params[0]!);
  if (failure !== null) return json(whyOf(failure, parts));
  throw new Problem(
    404,
    "api.no-failure",
    "there is no such failure, or not any more",
    "the Failures page lists them, /api/v1/failures too",
  );
}
