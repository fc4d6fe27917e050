/** `verona config show --effective LOCAL REMOTE`: what applies to one pair, and whose word each value is. */
import type { Good, Origin } from "../config/load.ts";
import type { RunTime } from "../config/run_time.ts";
import { accepts, type Refusal, type Setting, type Source } from "../policy/admission.ts";
import { takesCleartext } from "../policy/cleartext.ts";
import { type Prooftype, STRENGTH } from "../policy/judge.ts";
import { Policies } from "../policy/policies.ts";
import { AddressFault, type DomainPair, parseDomain } from "../xmpp/domain.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { table } from "./terminal.ts";

/** One line of the answer. */
export interface Applied {
  readonly key: string;
  readonly value: string | boolean | readonly string[];
  /** `default`: nobody said anything. */
  readonly source: Source | "default";
  /** The key that said it, as it stands in the file; or what was set at run time. */
  readonly at: string | null;
  readonly line: number | null;
  /** The environment's, when it was said there. */
  readonly variable: string | null;
}

export interface EffectiveAnswer {
  readonly local: string;
  readonly remote: string;
  readonly allowed: boolean;
  /** Why not. */
  readonly cause: Refusal["cause"] | "policy.suspended" | null;
  readonly settings: readonly Applied[];
  /** Prooftypes that open the pair, strongest first. */
  readonly accepts: readonly Prooftype[];
  readonly tls: "required" | "optional";
}

/**
 * @param runTime What was set at run time, which wins over the file.
 * @throws {CommandFault} when a domain is none, or LOCAL is not hosted here.
 */
export function effective(
  good: Omit<Good, "mistakes">,
  local: string,
  remote: string,
  runTime: RunTime | null = null,
): EffectiveAnswer {
  const pair = readPair(local, remote);
  const config = runTime?.over(good.config) ?? good.config;
  if (!config.domains.some(({ name }) => name === pair.local)) throw notHosted(pair, runTime);
  const suspended = runTime?.suspended.has(pair.local) ?? false;
  const policies = new Policies(config.policy, config.domains);
  const refusal = policies.refusal(pair);
  const { proof, allowInsecureDelegation, daneInbound } = policies.effective(pair);
  const policy = policies.of(pair);
  const where = new Where(good, pair, runTime);
  const server = (key: string, value: string | boolean) => where.of(key, { value, source: "server" });
  const { bidi, onLoss } = config.policy;
  return {
    ...pair,
    allowed: refusal === null && !suspended,
    cause: suspended ? "policy.suspended" : refusal?.cause ?? null,
    settings: [
      suspended ? SUSPENDED : where.ofLists(refusal),
      where.of("proof", proof),
      where.of("allow_insecure_delegation", allowInsecureDelegation),
      where.of("dane_inbound", daneInbound),
      server("bidi", bidi),
      server("on_loss", onLoss),
    ],
    accepts: (Object.keys(STRENGTH) as Prooftype[])
      .filter((prooftype) => accepts(policy, prooftype))
      .sort((a, b) => STRENGTH[b] - STRENGTH[a]),
    tls: takesCleartext(policy) ? "optional" : "required",
  };
}

const SUSPENDED: Applied = {
  key: "federation",
  value: "refused: suspended",
  source: "tenant",
  at: "run time, verona domains suspend",
  line: null,
  variable: null,
};

function notHosted({ local }: DomainPair, runTime: RunTime | null): CommandFault {
  const removed = runTime?.removed.has(local) ?? false;
  return new CommandFault(
    EXIT.wrongUse,
    `"${local}" is not hosted here`,
    removed
      ? "it was removed at run time: `verona domains add` gives it back to the file"
      : "add a [[domain]] for it",
  );
}

/** As a person reads it. */
export function printEffective(answer: EffectiveAnswer, width: number): string {
  const { settings, accepts, tls } = answer;
  const rows = [
    ...settings.map(({ key, value, ...from }) => ({ key, value: String(value), from: said(from) })),
    { key: "proofs that count", value: accepts.join(", "), from: "follows from proof" },
    { key: "TLS", value: tls, from: "follows from proof" },
  ];
  const columns = [
    { title: `${answer.local} - ${answer.remote}`, cell: (row: typeof rows[0]) => row.key },
    { title: "VALUE", cell: (row: typeof rows[0]) => row.value },
    { title: "FROM", cell: (row: typeof rows[0]) => row.from },
  ];
  return table(columns, rows, width);
}

function said({ source, at, line, variable }: Omit<Applied, "key" | "value">): string {
  if (variable !== null) return variable;
  return source === "default" ? "default" : `${at}${line === null ? "" : `, line ${line}`}`;
}

/** Where in the file a value of this pair was said. */
class Where {
  readonly #good: Omit<Good, "mistakes">;
  readonly #tenant: readonly PropertyKey[];
  readonly #peer: readonly PropertyKey[];
  readonly #names: { readonly tenant: string; readonly peer: string };
  /** What was set at run time of the two, and so stands in no line. */
  readonly #unwritten: { readonly tenant: string | null; readonly proof: string | null };

  constructor(good: Omit<Good, "mistakes">, { local, remote }: DomainPair, runTime: RunTime | null) {
    this.#good = good;
    this.#unwritten = {
      tenant: runTime?.added.has(local) === true ? `run time, policy of the domain "${local}"` : null,
      proof: runTime?.policies.has(remote) === true ? `run time, policy of "${remote}"` : null,
    };
    this.#tenant = ["domain", good.config.domains.findIndex(({ name }) => name === local), "policy"];
    const spelt = Object.keys(good.file.policy.peer).find((name) => parseDomain(name) === remote) ?? remote;
    this.#peer = ["policy", "peer", spelt];
    this.#names = { tenant: `[[domain]] "${local}" policy`, peer: `policy.peer."${spelt}"` };
  }

  of(key: string, { value, source }: Setting<string | boolean>): Applied {
    if (source === "server") {
      return { key, value, ...byServer(`policy.${key}`, this.#good.originOf("policy", key)) };
    }
    const unwritten = source === "tenant"
      ? this.#unwritten.tenant
      : key === "proof"
      ? this.#unwritten.proof
      : null;
    if (unwritten !== null) return { key, value, source, at: unwritten, line: null, variable: null };
    const line = this.#good.lineOf([...(source === "tenant" ? this.#tenant : this.#peer), key]);
    return { key, value, source, at: `${this.#names[source]}.${key}`, line, variable: null };
  }

  /** The lists as one line: who lets the peer in, or does not. */
  ofLists(refusal: Refusal | null): Applied {
    const key = refusal?.cause === "policy.blocked" ? "block" : "allow";
    const value = refusal === null
      ? "allowed"
      : refusal.pattern === null
      ? "refused: named by no pattern"
      : `refused: "${refusal.pattern}"`;
    return { ...this.of(key, { value, source: refusal?.source ?? "server" }), key: "federation" };
  }
}

function byServer(at: string, origin: Origin): Omit<Applied, "key" | "value"> {
  if (origin === null) return { source: "default", at: null, line: null, variable: null };
  return "variable" in origin
    ? { source: "server", at, line: null, variable: origin.variable }
    : { source: "server", at, line: origin.line, variable: null };
}

function readPair(local: string, remote: string): DomainPair {
  try {
    return { local: parseDomain(local), remote: parseDomain(remote) };
  } catch (error) {
    if (error instanceof AddressFault) throw new CommandFault(EXIT.wrongUse, error.message);
    throw error;
  }
}
