/**
 * Whether a domain can reach us too: a ping goes out by a server of its own that takes no answer back, so that the peer has
 * to find its way to the running server, which alone knows the answer. console.md 3.5 `pair.both-ways`; XEP-0199.
 */
import { aborted } from "../actors/aborted.ts";
import { systemClock } from "../actors/host.ts";
import type { Pings } from "../actors/pings.ts";
import type { Server } from "../actors/server.ts";
import type { Cause } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { attempt, type AttemptParts } from "./attempt.ts";
import { stage } from "./stage.ts";

/** The running server, which hosts the local domain. */
export interface Receiver {
  readonly pings: Pick<Pings, "make" | "forget">;
  /** Why it lets the pair in under no circumstances, or null. */
  refusalFor(pair: DomainPair): Cause | null;
  /** Hears its decisions; what is returned ends that. */
  listen(heard: (event: RecordedEvent) => void): () => void;
}

export interface BothWaysOptions {
  /** For the way out. */
  readonly timeoutMs: number;
  /** For the way back. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly by: { readonly connection: { readonly id: string; readonly direction: "in" | "out" } };
  readonly elapsedMs: number;
}

/** Of decisions about the way back: strangers make some too. */
const MOST_SEEN = 1000;

/** Never rejects but for a bug. */
export async function bothWays(
  parts: AttemptParts,
  pair: DomainPair,
  receiver: Receiver,
  { timeoutMs, answerMs, signal }: BothWaysOptions,
): Promise<Stage> {
  const seen: RecordedEvent[] = [];
  const denied = Promise.withResolvers<null>();
  const stop = receiver.listen((event) => {
    if (!isOfWayBack(event, pair) || seen.length >= MOST_SEEN) return;
    seen.push(event);
    if (event.type === "pair.denied") denied.resolve(null);
  });
  const heard: Answer[] = [];
  try {
    const made = await attempt(oneWay(parts), pair, {
      ...{ timeoutMs, signal, depth: "pair", heard: () => {} },
      then: async (server) => {
        const ended = Promise.race([denied.promise, aborted(signal).promise]);
        const answer = await ping(server, pair, receiver, answerMs, ended);
        if (answer !== null) heard.push(answer);
      },
    });
    if (!made.good) return unsent(made.cause ?? "proof.timeout", receiver.refusalFor(pair));
    const [answer] = heard;
    return answer === undefined ? silence(seen, answerMs, receiver.refusalFor(pair)) : answered(answer);
  } finally {
    stop();
  }
}

/** A pair that we refuse ourselves has no way back either: a suspended domain, of which whoever checks need not know. */
function unsent(cause: Cause, refusal: Cause | null): Stage {
  if (refusal === null) return unasked(cause);
  return stage("pair.both-ways", "fail", { cause: refusal, came: "nothing" }, { cause: refusal });
}

/** What keeps the ping from getting there is said by the stages before. */
export const unasked = (cause: string): Stage =>
  stage("pair.both-ways", "skip", `not asked: nothing of ours gets there (${cause})`);

/** Whoever asked does not want to know any more. */
export async function givenUp(signal: AbortSignal): Promise<Stage> {
  await aborted(signal).promise;
  return stage("pair.both-ways", "unknown", "not waited for");
}

/** XEP-0288 would let it answer on the connection that we opened. */
function oneWay(parts: AttemptParts): AttemptParts {
  const { config } = parts;
  return { ...parts, config: { ...config, policy: { ...config.policy, bidi: false } } };
}

async function ping(
  server: Server,
  pair: DomainPair,
  { pings }: Receiver,
  answerMs: number,
  ended: Promise<null>,
): Promise<Answer | null> {
  const began = systemClock.now();
  const returned = Promise.withResolvers<Answer | null>();
  const { id, bytes } = pings.make(pair, (by) => {
    returned.resolve({ by, elapsedMs: systemClock.now() - began });
  });
  const timer = systemClock.setTimeout(() => returned.resolve(null), answerMs);
  server.routes.submit(pair, { bytes, since: began, local: pair.local });
  try {
    return await Promise.race([returned.promise, ended]);
  } finally {
    systemClock.clearTimeout(timer);
    pings.forget(id);
  }
}

/** A stranger's failed connection says whom it claimed to be, and no more. */
function isOfWayBack({ type, pair: of, detail }: RecordedEvent, { local, remote }: DomainPair): boolean {
  if (type === "connection.failed") return detail?.direction === "in" && detail.remote === remote;
  if (of?.local !== local || of.remote !== remote) return false;
  return type === "request.received" || type === "pair.granted" ||
    (type === "pair.denied" && detail?.direction === "in");
}

function answered({ by: { connection }, elapsedMs }: Answer): Stage {
  const openedBy = connection.direction === "in" ? "it" : "us";
  return stage("pair.both-ways", "ok", { connection: connection.id, openedBy }, { elapsedMs });
}

/** Nothing came back: how far it got. */
function silence(seen: readonly RecordedEvent[], waitedMs: number, refusal: Cause | null): Stage {
  const last = (type: RecordedEvent["type"]) => seen.findLast((event) => event.type === type);
  const refused = last("pair.denied") ?? last("connection.failed");
  if (refused?.cause !== undefined) {
    const { cause, connection = null, detail } = refused;
    const evidence = { cause, connection, condition: detail?.condition ?? null, peer: detail?.peer ?? null };
    return stage("pair.both-ways", "fail", evidence, { cause });
  }
  // A peer that was denied before does not ask again at once.
  if (refusal !== null) {
    return stage("pair.both-ways", "fail", { cause: refusal, came: "nothing", waitedMs }, { cause: refusal });
  }
  const granted = last("pair.granted");
  if (granted !== undefined) {
    const hint =
      "it is let in, so it reaches us; its server has to answer a ping (RFC 6120 8.2.3), and did not";
    return stage("pair.both-ways", "warn", {
      ...{ came: "granted", connection: granted.connection ?? null, waitedMs },
    }, { hint });
  }
  const asked = last("request.received");
  if (asked !== undefined) {
    const hint = "it asked to be let in; what it is was not proven in that time, nor refuted: look again";
    return stage("pair.both-ways", "unknown", {
      ...{ came: "requested", connection: asked.connection ?? null, waitedMs },
    }, { hint });
  }
  const hint =
    "it took our ping and opened nothing to us: see that the local domain's SRV records name this server, " +
    "and that its port is reached from outside";
  return stage("pair.both-ways", "unknown", { came: "nothing", waitedMs }, { hint });
}
