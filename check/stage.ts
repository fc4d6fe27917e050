/** One stage of a check, and what stages are made of. console.md 3.5. */
import type { ShownLink } from "../facts/chain.ts";
import { type Cause, CAUSES } from "../facts/cause.ts";
import type { Detail, RecordedEvent } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import type { Depth } from "./depth.ts";

/** All stages, stable: scripts name them. */
export const STAGES = {
  "policy": "May the pair federate?",
  "dns.srv": "Which servers act for the domain?",
  "dns.secure": "Is that signed with DNSSEC?",
  "dns.addresses": "Do they have addresses?",
  "tcp.reach": "Can one be reached?",
  "tcp.ipv6": "Also over IPv6?",
  "stream.open": "Does it speak XMPP between servers?",
  "tls.offered": "Does it encrypt?",
  "tls.version": "With which TLS?",
  "tls.chain": "Does an authority vouch for its certificate?",
  "tls.names": "Whose names does the certificate carry?",
  "tls.expiry": "How long is it good?",
  "tls.client-cert": "What do we show?",
  "proof.delegation": "Is it proven to act for the domain?",
  "proof.expiry": "How long does that hold?",
  "dialback.offered": "Does it take dialback?",
  "dialback.errors": "Does it say why it refuses?",
  "dialback.result": "Does it let us in?",
  "pair.both-ways": "Can it reach us too?",
  "clock.skew": "Is this machine's clock right?",
} as const;

export type StageId = keyof typeof STAGES;

/** One address that was tried, in the attempt or after it. */
export interface Reached {
  readonly address: string;
  readonly port: number;
  readonly elapsedMs: number;
  /** Why not. */
  readonly cause: Cause | null;
}

export interface Outcome {
  /** It came as far as it was to go. */
  readonly good: boolean;
  readonly cause: Cause | null;
  /** Its time was over before anything was decided. */
  readonly late: boolean;
}

/** Everything that is known when stages are made; more of it makes more stages. */
export interface Seen {
  readonly local: string;
  readonly remote: string;
  readonly depth: Depth;
  /** In their order. */
  readonly events: readonly RecordedEvent[];
  /** Null while the attempt is under way. */
  readonly outcome: Outcome | null;
  /** Every address of its servers; null while they are not all tried. */
  readonly reached: readonly Reached[] | null;
  /** The walk down to where the chain of trust ends, of an answer that proves nothing; null while it is not done. */
  readonly trust: readonly ShownLink[] | null;
  /** Of a host whose addresses or TLSA DNSSEC refuses, the way down to them; null where there is none, or it is not done. */
  readonly refused?: { readonly chain: Detail; readonly broken: Detail } | null;
  /** Whether the peer can reach us; null where nobody looked. */
  readonly back: Stage | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Of the attempt's last connection, or of none. */
export interface View extends Seen {
  of(...types: RecordedEvent["type"][]): RecordedEvent | undefined;
}

/** @param cause Why, where it is not good: its advice is the stage's hint. */
export function stage(
  id: StageId,
  verdict: Stage["verdict"],
  evidence: Detail,
  { cause = null, elapsedMs = null, hint = null }: {
    readonly cause?: Cause | null;
    readonly elapsedMs?: number | null;
    readonly hint?: string | null;
  } = {},
): Stage {
  const why = cause === null || verdict === "ok" ? hint : hint ?? CAUSES[cause].next;
  return { id, title: STAGES[id], verdict, evidence, elapsedMs, hint: why };
}

/** The stage at which a cause belongs. */
export function stageOf(cause: Cause): StageId {
  const exact: Partial<Record<Cause, StageId>> = {
    "dns.bogus": "dns.secure",
    "dns.insecure": "dns.secure",
    "dns.witness": "dns.secure",
    "dns.witness-unavailable": "dns.secure",
    "dns.no-address": "dns.addresses",
    "tcp.forbidden": "dns.addresses",
    "tls.refused": "tls.offered",
    "tls.required": "tls.offered",
    "tls.names": "tls.names",
    "tls.expired": "tls.expiry",
    "tls.not-yet-valid": "tls.expiry",
    "tls.handshake": "tls.version",
    "tls.timeout": "tls.version",
    "tls.injection": "tls.version",
    "tls.truncated": "tls.version",
    "policy.dialback": "proof.delegation",
    "policy.dns": "dns.secure",
  };
  const groups: Readonly<Record<string, StageId>> = {
    dns: "dns.srv",
    tcp: "tcp.reach",
    tls: "tls.chain",
    xml: "stream.open",
    stream: "stream.open",
    sasl: "dialback.result",
    proof: "proof.delegation",
    dane: "proof.delegation",
    posh: "proof.delegation",
    dialback: "dialback.result",
    peer: "dialback.result",
    policy: "policy",
  };
  return exact[cause] ?? groups[cause.split(".")[0]!] ?? "policy";
}
