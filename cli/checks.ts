/** What `POST /api/v1/check` and the ping of a pair run: attempts as the running server, by servers of their own. */
import { loadIdentities, loadTrust } from "../actors/material.ts";
import type { Server } from "../actors/server.ts";
import type { AttemptParts } from "../check/attempt.ts";
import { bothWays } from "../check/both_ways.ts";
import { check } from "../check/check.ts";
import type { Answers } from "../dnssec/resolver.ts";
import type { Stage } from "../observe/contract.ts";
import type { Checks } from "../observe/api/check.ts";
import type { Recorder } from "../observe/recorder.ts";
import type { DomainPair } from "../xmpp/domain.ts";

const TIMEOUT_MS = 40_000;

/** @param resolver Not the server's own: nothing that is counted or kept there is a check's. */
export function checksOf(server: Server, resolver: Answers, recorder: Recorder): Checks {
  const receiver = {
    pings: server.pings,
    listen: recorder.listen.bind(recorder),
    refusalFor: server.refusalFor.bind(server),
  };
  const back = (parts: AttemptParts, pair: DomainPair, signal: AbortSignal): Promise<Stage> =>
    bothWays(parts, pair, receiver, {
      timeoutMs: TIMEOUT_MS,
      answerMs: server.config.limits.ackTimeoutMs,
      signal,
    });
  return {
    isHosted: (local) => server.hosted.isHosted(local),
    run: (pair, { depth, both }, signal, heard) =>
      borrowed(server, resolver, (parts) =>
        check(parts, pair, {
          ...{ timeoutMs: TIMEOUT_MS, signal, depth, heard },
          ...(both ? { back: () => back(parts, pair, signal) } : {}),
        })),
    back: (pair, signal) => borrowed(server, resolver, (parts) => back(parts, pair, signal)),
  };
}

/** Keys and trust of its own: a reload lets ours go. */
async function borrowed<T>(
  server: Server,
  resolver: Answers,
  work: (parts: AttemptParts) => Promise<T>,
): Promise<T> {
  const { version, config, dialbackSecret } = server;
  const [identities, trust] = [loadIdentities(config), loadTrust(config)];
  try {
    return await work({ version, config, resolver, dialbackSecret, identities, trust });
  } finally {
    identities.free();
    trust.free();
  }
}
