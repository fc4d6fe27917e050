/** Everything about one failure, for whoever has to mend it. console.md 3.5, 6 E. */
import { type Cause, CAUSES } from "../../facts/cause.ts";
import type { Detail } from "../../facts/event.ts";
import { type Scene, seeForYourself } from "../../facts/see_for_yourself.ts";
import { AddressFault, parseDomain, toAscii } from "../../xmpp/domain.ts";
import type { Why } from "../contract.ts";
import { eventRow } from "../event_row.ts";
import { attempted } from "../explain/attempts.ts";
import { seenOn } from "../explain/seen.ts";
import { printable } from "../printable.ts";
import type { Recorder } from "../recorder.ts";
import { iso } from "../tables/table.ts";
import type { ServerView } from "../view.ts";
import { WHO } from "../who.ts";
import type { Failure } from "./failure.ts";
import type { Failures } from "./failures.ts";
import { stagesOf } from "./stages.ts";

const MOST_PAIRS = 50;
const MOST_EVENTS = 20;

export interface WhyParts {
  readonly view: ServerView;
  readonly recorder: Recorder;
  readonly failures: Failures;
  readonly now: () => number;
}

export function whyOf(failure: Failure, parts: WhyParts): Why {
  const { cause, direction, attempt, event, recovered } = failure;
  const { local, remote, peer, connection } = attempt;
  const { text, fault, next } = CAUSES[cause];
  const evidence = evidenceOf(failure, parts);
  const route = local === null || remote === null ? null : parts.view.route(local, remote);
  const subject = local !== null && remote !== null
    ? { pair: { local, remote } }
    : { connection: connection ?? "" };
  const why: Omit<Why, "report"> = {
    id: failure.id,
    cause,
    what: whatFailed(failure),
    text,
    fault,
    who: WHO[fault],
    next,
    retryAt: direction === "out" ? iso(route?.nextAttemptAt ?? null) : null,
    verify: seeForYourself(cause, sceneOf(failure, parts)),
    local,
    remote,
    peer,
    direction,
    stages: stagesOf(cause, direction, event.detail ?? null, next, recovered),
    evidence,
    history: {
      attempts: failure.attempts,
      first: iso(failure.first)!,
      last: iso(failure.last)!,
      lastSuccess: iso(failure.lastSuccess),
      series: failure.series(parts.now()),
    },
    pairs: failure.pairs(MOST_PAIRS),
    pairCount: failure.pairCount,
    connection,
    events: (parts.recorder.trace(subject)?.events ?? []).slice(-MOST_EVENTS).map(eventRow),
    recovered,
  };
  return { ...why, report: reportOf(why) };
}

/** One sentence with the names in it. */
function whatFailed({ cause, direction, attempt: { local, remote, peer } }: Failure): string {
  const { text } = CAUSES[cause];
  if (direction === "out") return `${local} cannot reach ${remote}: ${text}`;
  if (direction === null) return `The component of ${local} is not let in: ${text}`;
  if (remote !== null && local !== null) return `We do not let ${remote} in for ${local}: ${text}`;
  return `A connection from ${remote ?? peer ?? "a peer"} failed: ${text}`;
}

/** What was seen, and for what DNS decided, what it said. */
function evidenceOf({ cause, event, direction, remote, attempt }: Failure, parts: WhyParts): Detail {
  const { failures, recorder } = parts;
  const answer = remote === null ? null : failures.answerFor(remote);
  const dns = /^(?:dns|proof|policy\.dns)/.test(cause) && answer?.detail !== undefined;
  const pair = attempt.local === null || attempt.remote === null
    ? null
    : { local: attempt.local, remote: attempt.remote };
  const outward = direction === "out" ? pair : null;
  const { tried, connection } = attempted(
    outward === null ? [] : recorder.trace({ pair: outward })?.events ?? [],
  );
  return {
    ...event.detail,
    ...(outward === null ? {} : failures.refusalOf(outward, cause)?.detail),
    ...(tried.length === 0 ? {} : { tried }),
    ...seenOn(recorder, attempt.connection ?? connection),
    ...(dns ? { delegation: answer.detail as Detail } : {}),
  };
}

function sceneOf(
  { attempt: { local, remote }, remote: domain }: Failure,
  { view, failures }: WhyParts,
): Scene {
  const targets = domain === null ? undefined : failures.answerFor(domain)?.detail?.targets;
  const [target] = Array.isArray(targets) ? targets as readonly { host?: unknown; port?: unknown }[] : [];
  return {
    ...view.surroundings(),
    local: ascii(local),
    remote: ascii(remote),
    host: typeof target?.host === "string" ? target.host : null,
    port: typeof target?.port === "number" ? target.port : null,
  };
}

function ascii(domain: string | null): string | null {
  if (domain === null) return null;
  try {
    return toAscii(parseDomain(domain));
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}

/** Pasteable anywhere: no secrets are in events, and nothing in it moves a cursor. */
function reportOf(why: Omit<Why, "report">): string {
  const { history, stages, pairCount } = why;
  const where = stages.map(({ title, verdict }) => `${title} ${verdict}`).join(", ");
  return [
    why.what,
    "",
    `Cause:     ${why.cause satisfies Cause}`,
    `Where:     ${where}`,
    `Who:       ${why.who}`,
    `Next:      ${why.next}${why.retryAt === null ? "" : ` (tried again at ${why.retryAt})`}`,
    `Verify:    ${why.verify}`,
    `History:   ${history.attempts} attempts since ${history.first}, the last at ${history.last}; ` +
    `${pairCount} pairs; last success ${history.lastSuccess ?? "not known"}`,
    `Evidence:  ${JSON.stringify(why.evidence)}`,
  ].map(printable).join("\n");
}
