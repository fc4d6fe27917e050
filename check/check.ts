/** Whether we can federate with a domain, and why not: an attempt, the addresses that it did not need, and a report. console.md 3.5. */
import type { Ask } from "../dnssec/resolver.ts";
import { traceTrust } from "../dnssec/trust.ts";
import type { ShownLink } from "../facts/chain.ts";
import type { RecordType } from "../facts/dns.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { CheckReport, Stage } from "../observe/contract.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { attempt, type AttemptParts } from "./attempt.ts";
import { givenUp, unasked } from "./both_ways.ts";
import type { Depth } from "./depth.ts";
import { nameToTrace } from "./dns_stages.ts";
import { tryOthers } from "./others.ts";
import { refusedAnswer } from "./refused_answer.ts";
import { report } from "./report.ts";
import type { Outcome, Reached, Seen } from "./stage.ts";
import { stagesOf } from "./stages.ts";
import { Telling } from "./telling.ts";

export interface CheckOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly depth: Depth;
  /** Asks whether the peer can reach us too, once we can reach it. */
  readonly back?: () => Promise<Stage>;
  /** Hears each stage as it is decided, group by group. */
  readonly heard: (stage: Stage) => void;
}

/** Makes one real attempt; nothing of a running server is touched. Never rejects but for a bug. */
export async function check(
  parts: AttemptParts,
  pair: DomainPair,
  options: CheckOptions,
): Promise<CheckReport> {
  const started = Date.now();
  const { depth } = options;
  const events: RecordedEvent[] = [];
  const telling = new Telling(options.heard);
  let reached: readonly Reached[] | null = null;
  let trust: readonly ShownLink[] | null = null;
  let others: Promise<void> | null = null;
  let walk: Promise<void> | null = null;
  let back: Stage | null = null;
  let refused: Seen["refused"] = null;
  let closerLook: Promise<void> | null = null;
  const stages = (outcome: Outcome | null) =>
    stagesOf({ ...pair, depth, events, outcome, reached, trust, back, refused, now: Date.now() });
  const say = () => telling.decided(stages(null));
  const ask: Ask = (name, type) => parts.resolver.lookup(name, type, { signal: options.signal });
  const follow = (name: string) =>
    // It only rejects with the signal's reason.
    walk ??= traceTrust(name, ask).catch(() => []).then((links) => {
      trust = links;
      say();
    });
  const lookCloser = (name: string, ...types: RecordType[]) =>
    closerLook ??= refusedAnswer(name, types, ask).catch(() => null).then((found) => {
      refused = found;
    });
  // As soon as one address has answered, so that its lines come in their place.
  const reachOthers = () =>
    others ??= tryOthers(events, parts.config.limits.connectTimeoutMs).then((all) => {
      reached = all;
      say();
    });
  const made = await attempt(parts, pair, {
    ...options,
    heard: (event) => {
      events.push(event);
      if (event.type === "connection.opened") void reachOthers();
      const unproven = event.type === "delegation.resolved" ? nameToTrace(event) : null;
      if (unproven !== null) void follow(unproven);
      if (event.cause === "dns.bogus") {
        const { host, port } = event.detail ?? {};
        if (event.type === "addresses.resolved") void lookCloser(String(host), "AAAA", "A");
        if (event.type === "tlsa.resolved") void lookCloser(`_${port}._tcp.${host}`, "TLSA");
      }
      say();
    },
  });
  await Promise.all([depth === "dns" ? null : reachOthers(), walk, closerLook]);
  if (options.back !== undefined) {
    // What is known stands there while the peer looks for its way.
    telling.decided(stages(made).filter(({ id }) => id !== "pair.both-ways"));
    back = made.good
      ? await Promise.race([options.back(), givenUp(options.signal)])
      : unasked(made.cause ?? "proof.timeout");
  }
  const all = stages(made);
  telling.over(all);
  return report({ ...made, pair, depth, started, stages: all, back, dns: parts.config.dns });
}
