/** What a check concludes from its stages, for people and for scripts. console.md 3.5. */
import { type Cause, CAUSES } from "../facts/cause.ts";
import type { Config } from "../config/config.ts";
import { seeForYourself } from "../facts/see_for_yourself.ts";
import type { RecordedEvent } from "../facts/event.ts";
import type { CheckReport, Stage } from "../observe/contract.ts";
import { type DomainPair, toAscii } from "../xmpp/domain.ts";
import type { Ended } from "./attempt.ts";
import { type Depth, groupOf } from "./depth.ts";
import type { StageId } from "./stage.ts";
import { isUntold } from "./untold.ts";

export interface Findings extends Ended {
  readonly pair: DomainPair;
  readonly depth: Depth;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly stages: readonly Stage[];
  /** Whether the peer can reach us; null where nobody asked. */
  readonly back: Stage | null;
  readonly events: readonly RecordedEvent[];
  /** Who was asked, and by which keys of the root. */
  readonly dns: Pick<Config["dns"], "servers" | "trustAnchor">;
}

export function report(found: Findings): CheckReport {
  const { pair, depth, started, stages, late, back } = found;
  const cause = found.good ? refusal(back) : found.cause ?? (late ? "proof.timeout" : null);
  return {
    schema: "verona.check/1",
    domain: pair.remote,
    from: depth === "pair" ? pair.local : null,
    stage: depth,
    started: new Date(started).toISOString(),
    elapsedMs: Date.now() - started,
    verdict: verdict(found, cause),
    warnings: stages.filter(({ verdict }) => verdict === "warn").length,
    cause,
    text: cause === null ? null : CAUSES[cause].text,
    fault: cause === null ? null : CAUSES[cause].fault,
    next: cause === null ? null : CAUSES[cause].next,
    verify: cause === null ? null : verify(found, cause),
    stages,
    notTested: notTested(pair, depth, back),
  };
}

/** Why we do not let it in. */
function refusal(back: Stage | null): Cause | null {
  return back?.verdict === "fail" ? (back.evidence as unknown as { cause: Cause }).cause : null;
}

/** Where nothing of its last group was judged, nobody can say that it is good. */
function verdict({ good, late, depth, stages, back }: Findings, cause: Cause | null): CheckReport["verdict"] {
  const failed = stages.some(({ verdict }) => verdict === "fail");
  const judged = stages.some(({ id, verdict }) => groupOf(id as StageId) === depth && verdict !== "skip");
  if (good && !failed) return judged && back?.verdict !== "unknown" ? "open" : "unknown";
  const untold = late || cause === null || isUntold(cause);
  return untold && !failed ? "unknown" : "closed";
}

type Fields = Readonly<Record<string, unknown>>;

function verify({ pair, events, dns }: Findings, cause: Cause): string {
  const [resolver] = dns.servers;
  const tried = events.findLast(({ type }) => type === "address.tried")?.detail;
  const named = events.findLast(({ type }) => type === "delegation.resolved")?.detail?.targets;
  const target = (tried ?? (named as readonly Fields[] | undefined)?.[0] ?? null) as Fields | null;
  return seeForYourself(cause, {
    resolver: resolver === undefined ? null : { host: resolver.ip, port: resolver.port },
    anchor: dns.trustAnchor === "iana" ? null : dns.trustAnchor,
    question: questionOf(events, cause),
    local: toAscii(pair.local),
    remote: toAscii(pair.remote),
    host: target === null ? null : String(target.host),
    port: target === null ? null : Number(target.port),
  });
}

/** Not every answer that DNS refuses is the one about SRV. */
function questionOf(
  events: readonly RecordedEvent[],
  cause: Cause,
): { readonly name: string; readonly type: string } | null {
  const refused = events.find((event) => event.cause === cause && event.type in ASKED);
  const { host, port } = (refused?.detail ?? {}) as Fields;
  if (refused === undefined || typeof host !== "string") return null;
  return refused.type === "tlsa.resolved"
    ? { name: `_${port}._tcp.${host}`, type: "TLSA" }
    : { name: host, type: "A" };
}

const ASKED: { readonly [type in RecordedEvent["type"]]?: true } = {
  "addresses.resolved": true,
  "tlsa.resolved": true,
};

const UNTRIED = "whether it can open a connection to us (it had one of ours to answer by)";

const DELIVERY = "the delivery of a stanza";

/** What lies beyond each depth, the nearest first. */
const BEYOND: readonly (readonly [Depth, string])[] = [
  ["tcp", "whether its servers can be reached"],
  ["tls", "whether they encrypt, and with which certificate"],
  ["proof", "whether that proves who they are"],
  ["pair", "whether it lets us in"],
];

function notTested({ local, remote }: DomainPair, depth: Depth, back: Stage | null): string[] {
  const theirs = `whether ${remote} can reach us`;
  if (back?.verdict === "ok") return (back.evidence as Fields).openedBy === "us" ? [UNTRIED] : [];
  if (back?.verdict === "fail" || back?.verdict === "warn") return [DELIVERY];
  if (back !== null) return [`${theirs} as ${local}`, DELIVERY];
  if (depth === "pair") return [`${theirs} as ${local} (add --both-ways)`, DELIVERY];
  const from = BEYOND.findIndex(([beyond]) => beyond === depth) + 1;
  const beyond = BEYOND.slice(from).map(([, text]) => text);
  return [
    ...beyond.slice(0, -1),
    `${beyond.at(-1)} (say as whom: --from)`,
    theirs,
    DELIVERY,
  ];
}
