/** One real attempt to open a pair, by a server of its own that nobody else uses: what it tells is the evidence. console.md 3.5. */
import { systemClock } from "../actors/host.ts";
import { Server, type ServerParts } from "../actors/server.ts";
import type { RouteState } from "../machines/route.ts";
import type { Cause } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { Config } from "../config/config.ts";
import { Recorder } from "../observe/recorder.ts";
import type { DomainPair } from "../xmpp/domain.ts";

/** As the running server has them; the configuration's listeners are left alone. */
export type AttemptParts = Omit<ServerParts, "host">;

export interface AttemptOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** `proof`: it ends before anything is asked of the peer. */
  readonly upTo: "proof" | "pair";
  /** Hears each decision as it comes. */
  readonly heard: (decision: RecordedEvent) => void;
}

/** What became of it. */
export interface Attempt {
  readonly state: RouteState;
  readonly cause: Cause | null;
  /** Nothing was decided within the time. */
  readonly late: boolean;
  /** Decisions, and the steps of the pair and its connections, in their order. */
  readonly events: readonly RecordedEvent[];
}

const DECIDED: readonly RouteState[] = ["authorised", "denied", "backoff", "draining"];

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
  const over = Promise.withResolvers<void>();
  let proven = false;
  const end = recorder.listen((event) => {
    options.heard(event);
    proven ||= options.upTo === "proof" && event.type === "connection.established";
    if (proven || (event.type === "route.state" && isOf(event, pair) && isDecided(event))) over.resolve();
  });
  const timer = setTimeout(over.resolve, options.timeoutMs);
  options.signal.addEventListener("abort", () => over.resolve());
  try {
    const route = server.routes.urge(pair);
    await over.promise;
    const { state, cause } = route;
    return { state, cause, late: !proven && !DECIDED.includes(state), events: everything(recorder) };
  } finally {
    clearTimeout(timer);
    end();
    await server.drain(null); // the peer saw one stream, and no server that goes
  }
}

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

/** Decisions, and the steps of all connections. */
function everything(recorder: Recorder): RecordedEvent[] {
  const decisions = recorder.since(0);
  const connections = new Set(decisions.flatMap(({ connection }) => connection ?? []));
  const traced = [...connections].flatMap((connection) => recorder.trace({ connection })?.events ?? []);
  const all = new Map([...decisions, ...traced].map((event) => [event.seq, event]));
  return [...all.values()].sort((a, b) => a.seq - b.seq);
}
