/** One real attempt to open a pair, by a server of its own that nobody else uses: what it tells is the evidence. console.md 3.5. */
import { systemClock } from "../actors/host.ts";
import { Server, type ServerParts } from "../actors/server.ts";
import type { RouteState } from "../machines/route.ts";
import type { Cause } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { Config } from "../config/config.ts";
import { Recorder } from "../observe/recorder.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { Depth } from "./depth.ts";
import { askDns } from "./dns_attempt.ts";
import { hearing } from "./hearing.ts";

/** As the running server has them; the configuration's listeners are left alone. */
export type AttemptParts = Omit<ServerParts, "host">;

export interface AttemptOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Where it ends; nothing is asked of the peer before `pair`. */
  readonly depth: Depth;
  /** Hears each decision as it comes. */
  readonly heard: (decision: RecordedEvent) => void;
  /** When it has come as far as it was to go; the server and its connections end afterwards. */
  readonly then?: (server: Server) => Promise<void>;
}

/** What became of it. */
export interface Attempt {
  /** It came as far as it was to go. */
  readonly good: boolean;
  readonly cause: Cause | null;
  /** Nothing was decided within the time. */
  readonly late: boolean;
  /** Decisions, and the steps of the pair and its connections, in their order. */
  readonly events: readonly RecordedEvent[];
}

/** How it ended, without what was seen. */
export type Ended = Omit<Attempt, "events">;

const DECIDED: readonly RouteState[] = ["authorised", "denied", "backoff", "draining"];

/** What is seen of a peer that was reached so far. TLS is only judged when its certificate is. */
const GOAL: Readonly<Record<Exclude<Depth, "dns" | "pair">, readonly RecordedEvent["type"][]>> = {
  tcp: ["stream.opened"],
  tls: ["endpoint.judged", "connection.established"],
  proof: ["connection.established"],
};

/** Opens the pair or learns why not, then closes everything again. Never rejects but for a bug. */
export async function attempt(
  parts: AttemptParts,
  pair: DomainPair,
  options: AttemptOptions,
): Promise<Attempt> {
  const recorder = new Recorder(() => Date.now(), { perSecond: Infinity });
  const host = {
    clock: systemClock,
    random: Math.random,
    tell: recorder.tell.bind(recorder),
    trace: recorder,
  };
  const server = new Server({ ...parts, config: quiet(parts.config, pair), host });
  const events: RecordedEvent[] = [];
  const watches = new Set<Watch>();
  const stop = hearing(recorder, pair, (event) => {
    events.push(event);
    options.heard(event);
    watches.forEach((watch) => watch(event));
  });
  try {
    const ended = options.depth === "dns"
      ? await askDns(server, pair, options)
      : await open(server, watches, pair, options);
    if (ended.good) await options.then?.(server);
    return { ...ended, events: [...events] };
  } finally {
    stop();
    await server.drain(null); // the peer saw one stream, and no server that goes
  }
}

type Watch = (event: RecordedEvent) => void;

async function open(
  server: Server,
  watches: Set<Watch>,
  pair: DomainPair,
  { depth, timeoutMs, signal }: AttemptOptions,
): Promise<Ended> {
  const over = Promise.withResolvers<void>();
  const goal = depth === "dns" || depth === "pair" ? [] : GOAL[depth];
  let reached = false;
  const watch: Watch = (event) => {
    reached ||= goal.includes(event.type) && isGood(event, depth);
    if (reached || (event.type === "route.state" && isOf(event, pair) && isDecided(event))) over.resolve();
  };
  watches.add(watch);
  const timer = setTimeout(over.resolve, timeoutMs);
  signal.addEventListener("abort", () => over.resolve());
  try {
    const route = server.routes.urge(pair);
    await over.promise;
    const good = reached || (depth === "pair" && route.state === "authorised");
    const late = !good && !DECIDED.includes(route.state);
    const waited = late ? WAITED_FOR[route.state] ?? null : null;
    return { good, late, cause: good ? null : route.cause ?? waited };
  } finally {
    clearTimeout(timer);
    watches.delete(watch);
  }
}

/** A header that is refused is no stream; whether a certificate is the right one is for the proof to say. */
const isGood = ({ cause }: RecordedEvent, depth: Depth) => depth === "tls" || cause === undefined;

/** Whom it waited for when its time was over: one that was asked and keeps silent is named, be it a resolver, not the network. */
const WAITED_FOR: Partial<Record<RouteState, Cause>> = {
  resolving: "dns.timeout",
  requesting: "peer.verdict-timeout",
};

/** For the peer's closing tags: nothing of ours hangs on them. */
const LAST_WORDS_MS = 1000;

/** Hosts the local domain, listens nowhere. */
function quiet(config: Config, { local }: DomainPair): Config {
  const nobody = { name: local, componentSecret: null, policy: { proof: null, allow: [], block: [] } };
  const hosted = config.domains.some(({ name }) => name === local);
  return {
    ...config,
    listen: { s2s: [], s2sTls: [], component: [], console: null },
    limits: { ...config.limits, shutdownGraceMs: LAST_WORDS_MS },
    domains: hosted ? config.domains : [...config.domains, nobody],
  };
}

function isOf({ pair }: RecordedEvent, { local, remote }: DomainPair): boolean {
  return pair?.local === local && pair.remote === remote;
}

function isDecided({ detail }: RecordedEvent): boolean {
  return DECIDED.includes(detail?.state as RouteState);
}
