/** Why a pair is open or not, in both directions: what stands now and, where nothing does, what was decided last. */
import { type Cause, CAUSES } from "../../facts/cause.ts";
import { refusedHere } from "../../facts/refusal.ts";
import { type Scene, seeForYourself } from "../../facts/see_for_yourself.ts";
import { toAscii } from "../../xmpp/domain.ts";
import type { Explanation, Openness, Stage, Way } from "../contract.ts";
import type { Failures } from "../failures/failures.ts";
import type { LiveExplanation, LiveWay } from "../live.ts";
import type { Recorder } from "../recorder.ts";
import type { ServerView } from "../view.ts";
import { type Attempted, attempted, failedToConnect, hintFor, withAttempts } from "./attempts.ts";
import { type Decision, lastDecisions } from "./decisions.ts";
import { type Facts, factsOf } from "./facts.ts";
import { remembered } from "./remembered.ts";
import { seenOn } from "./seen.ts";
import { headlineOf, sentenceOf, type Settled } from "./sentence.ts";

export interface ExplanationParts {
  readonly view: ServerView;
  readonly recorder: Recorder;
  readonly failures: Failures;
}

export function explanationOf(live: LiveExplanation, parts: ExplanationParts): Explanation {
  const { local, remote } = live;
  const events = parts.recorder.trace({ pair: { local, remote } })?.events ?? [];
  const kept = lastDecisions(events);
  const [out, inward] = (["out", "in"] as const).map((way) => {
    const last = latest(kept[way], remembered(parts.failures, live, way));
    const settled = settle(live.directions[way], last, way === "out" && dnsAnswers(live));
    const { pending, standing } = live.directions[way];
    const sentence = sentenceOf(settled, way, pending, last, live.refusal);
    return { last, standing, next: nextOf(settled, live), way: { ...settled, sentence } };
  }) as [Told, Told];
  const attempt = attempted(events);
  const fails = failingOf(live, out, attempt);
  const scene = sceneOf(live, parts.view);
  return {
    local,
    remote,
    verdict: bothOf(out.way.verdict, inward.way.verdict),
    cause: out.way.cause ?? inward.way.cause,
    headline: headlineOf([out.way, inward.way]),
    directions: { out: out.way, in: inward.way },
    stages: [
      ...live.stages.map((stage) =>
        stage.id === "connection"
          ? withAttempts(stage, attempt, fails === "connection" ? connecting(out, attempt, parts) : null)
          : stage
      ),
      outgoing(live, out, attempt, fails, scene),
      decidedStage("incoming", `Do we let ${remote} in for ${local}?`, inward, scene),
    ],
  };
}

/** At which stage our own direction fails; null when it does not. */
function failingOf(
  { stages }: LiveExplanation,
  { way: { verdict, cause }, last }: Told,
  attempt: Attempted,
): string | null {
  if (verdict !== "closed" || cause === null) return null;
  const before = stages.find(({ id, verdict }) => id !== "connection" && verdict === "fail");
  if (before !== undefined) return before.id;
  return failedToConnect(cause, attempt, last) ? "connection" : "pair";
}

/** What is to be said of a connection that did not come about. */
function connecting({ way, last }: Told, attempt: Attempted, { recorder }: ExplanationParts) {
  const cause = way.cause!;
  const told = last?.cause === cause ? decisionFacts(last, "out") : {};
  return { cause, hint: hintFor(cause, attempt), seen: { ...seenOn(recorder, attempt.connection), ...told } };
}

/** The last of our own direction's stages: where it failed before, the peer was never asked. */
function outgoing(
  { local, remote }: LiveExplanation,
  out: Told,
  attempt: Attempted,
  fails: string | null,
  scene: Scene,
): Stage {
  const connection = ON_CONNECTION.test(out.way.cause ?? "") ? attempt.connection : null;
  const stage = decidedStage("pair", `Does ${remote} let ${local} in?`, out, { ...scene, connection });
  return fails === null || fails === "pair" ? stage : { ...stage, verdict: "skip", hint: null };
}

/** Causes whose evidence is what was said on one connection. */
const ON_CONNECTION = /^(?:stream|xml|redirect|tcp|sasl)\./;

/** What the recorder kept of a pair are its first events and its last ones: the failures may know of a later decision. */
function latest(kept: Decision | null, later: Decision | null): Decision | null {
  if (kept === null || later === null) return kept ?? later;
  // A success since would have ended the failure.
  if (kept.what === "granted") return later;
  return Date.parse(later.at) - Date.parse(kept.at) > SAME_MS ? later : kept;
}

/** Two notes of one event. */
const SAME_MS = 1000;

/** One direction, and what was decided of it last. */
interface Told {
  readonly way: Way;
  readonly standing: Facts;
  readonly last: Decision | null;
  /** What to do about it; null: nothing is wrong. */
  readonly next: string | null;
}

function nextOf({ cause }: Settled, { refusal, ...pair }: LiveExplanation): string | null {
  if (cause === null) return null;
  return refusal?.cause === cause ? refusedHere(pair, refusal).next : CAUSES[cause].next;
}

function bothOf(...verdicts: readonly Openness[]): Openness {
  return (["closed", "open"] as const).find((one) => verdicts.includes(one)) ?? "unknown";
}

/** What refuses a pair before anything is looked at. The tables say it as long as it holds, and memory no longer. */
const REFUSALS: ReadonlySet<Cause> = new Set(["policy.blocked", "policy.not-allowed", "policy.suspended"]);
/** What DNS says before anybody is called. */
const ANSWERS: ReadonlySet<Cause> = new Set([
  ...["dns.nxdomain", "dns.no-service", "dns.bogus", "dns.servfail", "dns.timeout"] as const,
  ...["dns.unreachable", "dns.busy", "dns.budget", "dns.loop", "dns.too-large"] as const,
  ...["dns.witness", "dns.witness-unavailable", "dns.internal"] as const,
]);

/** @param dnsAnswers DNS was asked just now, for this very direction, and has nothing against it any more. */
function settle(
  { from, to, verdict, cause, pending }: LiveWay,
  last: Decision | null,
  dnsAnswers: boolean,
): Settled {
  const now = { from, to, verdict, cause };
  if (verdict !== "unknown" || pending || last === null || last.cause === null) return now;
  if (last.what === "granted" || REFUSALS.has(last.cause)) return now;
  if (dnsAnswers && ANSWERS.has(last.cause)) return now;
  return { from, to, verdict: "closed", cause: last.cause };
}

function dnsAnswers({ stages }: LiveExplanation): boolean {
  return stages.find(({ id }) => id === "dns")?.verdict === "ok";
}

const VERDICTS = { open: "ok", closed: "fail", unknown: "unknown" } as const;

/** What a direction ends with: what stands, the last decision as evidence, the cause in words, and how to see it. */
function decidedStage(
  id: string,
  title: string,
  { way: { verdict, cause }, standing, last, next }: Told,
  scene: Scene,
): Stage {
  const told = verdict !== "open" && last !== null && (cause === null || last.cause === cause);
  const evidence: Facts = {
    ...standing,
    ...(told ? decisionFacts(last, id === "pair" ? "out" : "in") : {}),
    cause,
    text: cause === null ? null : CAUSES[cause].text,
    fault: cause === null ? null : CAUSES[cause].fault,
    verify: cause === null ? null : seeForYourself(cause, scene),
  };
  return { id, title, verdict: VERDICTS[verdict], evidence, elapsedMs: null, hint: next };
}

/** The proof that was tried is that of who asks us: the peer's own look at us nobody knows here. */
function decisionFacts({ what, at, connection, detail, words }: Decision, way: "in" | "out"): Facts {
  const { condition = null, by = null, peer = null } = detail;
  const { prooftype = null, dns = null } = way === "in" ? detail : {};
  return {
    decision: what,
    decidedAt: at,
    decidedOn: connection,
    by,
    condition,
    peerText: words,
    peer,
    proofTried: prooftype,
    dns,
  };
}

function sceneOf(live: LiveExplanation, view: ServerView): Scene {
  const dns = live.stages.find(({ id }) => id === "dns");
  const targets = dns === undefined ? null : factsOf(dns).targets;
  const [target] = Array.isArray(targets) ? targets as readonly { host?: unknown; port?: unknown }[] : [];
  return {
    ...view.surroundings(),
    local: toAscii(live.local),
    remote: toAscii(live.remote),
    host: typeof target?.host === "string" ? target.host : null,
    port: typeof target?.port === "number" ? target.port : null,
  };
}
