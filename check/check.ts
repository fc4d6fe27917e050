/** Whether we can federate with a domain, and why not: an attempt, the addresses that it did not need, and a report. console.md 3.5. */
import type { Cause } from "../facts/cause.ts";
import { CAUSES } from "../facts/cause.ts";
import type { RecordedEvent } from "../facts/event.ts";
import { seeForYourself } from "../facts/see_for_yourself.ts";
import type { CheckReport, Stage } from "../observe/contract.ts";
import { reach } from "../wire/dial.ts";
import { type DomainPair, toAscii } from "../xmpp/domain.ts";
import { type Attempt, attempt, type AttemptParts } from "./attempt.ts";
import type { Reached } from "./stage.ts";
import { stagesOf } from "./stages.ts";
import { isUntold } from "./untold.ts";

export interface CheckOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** `proof`: nothing is asked of the peer; what it proves to be is all. */
  readonly upTo: "proof" | "pair";
  /** Hears each stage as it is decided. */
  readonly heard: (stage: Stage) => void;
}

/** Of the addresses that the attempt did not need. */
const MOST_ADDRESSES = 8;

/** Makes one real attempt; nothing of a running server is touched. Never rejects but for a bug. */
export async function check(
  parts: AttemptParts,
  pair: DomainPair,
  options: CheckOptions,
): Promise<CheckReport> {
  const started = Date.now();
  const names = { local: pair.local, remote: pair.remote };
  const [events, heard] = [[] as RecordedEvent[], new Set<string>()];
  const say = (stages: readonly Stage[]) => {
    for (const stage of stages.filter(({ id }) => !heard.has(id))) {
      heard.add(stage.id);
      options.heard(stage);
    }
  };
  const made = await attempt(parts, pair, {
    ...options,
    heard: (event) => {
      events.push(event);
      say(stagesOf({ ...names, events, outcome: null, reached: null, now: Date.now() }));
    },
  });
  const reached = await tryOthers(made.events, parts.config.limits.connectTimeoutMs);
  const cause = made.cause ?? waitedFor(made);
  const outcome = { open: made.state === "authorised", cause, late: made.late, upTo: options.upTo };
  const stages = stagesOf({ ...names, events: made.events, outcome, reached, now: Date.now() });
  say(stages);
  return report(parts, pair, started, options.upTo, stages, { ...made, cause });
}

/** Whom it waited for when its time was over: one that was asked and keeps silent is named, be it a resolver, not the network. */
const waitedFor = ({ late, state }: Attempt): Cause | null => late ? WAITED_FOR[state] ?? null : null;

const WAITED_FOR: Partial<Record<Attempt["state"], Cause>> = {
  resolving: "dns.timeout",
  requesting: "peer.verdict-timeout",
};

/** IPv6 addresses that nobody dialled: peers will. */
async function tryOthers(events: readonly RecordedEvent[], timeoutMs: number): Promise<Reached[]> {
  const ports = new Map<string, number>();
  for (const { type, detail } of events) {
    if (type !== "delegation.resolved") continue;
    for (const { host, port } of detail!.targets as unknown as { host: string; port: number }[]) {
      ports.set(host, port);
    }
  }
  const known = events.filter(({ type }) => type === "address.tried").map(({ detail, cause }): Reached => ({
    address: String(detail!.address),
    port: Number(detail!.port),
    elapsedMs: Number(detail!.elapsedMs),
    cause: cause ?? null,
  }));
  const others = events.filter(({ type }) => type === "addresses.resolved").flatMap(({ detail }) =>
    (detail!.addresses as readonly string[]).map((address) => ({
      address,
      port: ports.get(String(detail!.host)) ?? 5269,
    }))
  );
  const untried = new Map(others.map((one) => [`${one.address} ${one.port}`, one]));
  for (const { address, port } of known) untried.delete(`${address} ${port}`);
  const dialled = [...untried.values()].filter(({ address }) => address.includes(":")).slice(
    0,
    MOST_ADDRESSES,
  )
    .map(async (one): Promise<Reached> => ({ ...one, ...await reach(one.address, one.port, timeoutMs) }));
  return [...known, ...await Promise.all(dialled)];
}

function report(
  { config }: AttemptParts,
  pair: DomainPair,
  started: number,
  upTo: CheckOptions["upTo"],
  stages: readonly Stage[],
  { state, cause: found, late, events }: Attempt,
): CheckReport {
  const failed = stages.find(({ verdict }) => verdict === "fail");
  const proven = upTo === "proof" &&
    stages.some(({ id, verdict }) => id === "proof.delegation" && verdict === "ok");
  const open = state === "authorised" || proven;
  const cause = open ? null : late ? found ?? "proof.timeout" : found;
  const untold = late || cause === null || isUntold(cause);
  const target = events.findLast(({ type }) => type === "address.tried");
  const resolver = config.dns.servers[0];
  return {
    schema: "verona.check/1",
    domain: pair.remote,
    from: upTo === "pair" ? pair.local : null,
    started: new Date(started).toISOString(),
    elapsedMs: Date.now() - started,
    verdict: open ? "open" : untold && failed === undefined ? "unknown" : "closed",
    warnings: stages.filter(({ verdict }) => verdict === "warn").length,
    cause,
    text: cause === null ? null : CAUSES[cause].text,
    fault: cause === null ? null : CAUSES[cause].fault,
    next: cause === null ? null : CAUSES[cause].next,
    verify: cause === null ? null : seeForYourself(cause, {
      resolver: resolver === undefined ? null : { host: resolver.ip, port: resolver.port },
      local: toAscii(pair.local),
      remote: toAscii(pair.remote),
      host: target === undefined ? null : String(target.detail!.host),
      port: target === undefined ? null : Number(target.detail!.port),
    }),
    stages,
    notTested: notTested(pair, upTo),
  };
}

function notTested({ local, remote }: DomainPair, upTo: CheckOptions["upTo"]): string[] {
  const theirs = `whether ${remote} can reach us`;
  if (upTo === "proof") {
    return ["whether it lets us in (say as whom: --from)", theirs, "the delivery of a stanza"];
  }
  return [`${theirs} as ${local}`, "the delivery of a stanza"];
}
