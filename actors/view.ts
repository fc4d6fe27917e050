/** What the API sees of a server. design.md 2.4. Reads tables; touches nothing live but what it is asked to. */
import type { Config, HostedDomain, ProofPolicy } from "../config/config.ts";
import type { Block } from "../config/blocks.ts";
import type { Refusal } from "../facts/refusal.ts";
import type { RunTime } from "../config/run_time.ts";
import type { Ask } from "../dnssec/resolver.ts";
import type { Readiness } from "../observe/contract.ts";
import type { LiveConnection, LiveDomain, LiveExplanation, LiveRoute, Sources } from "../observe/live.ts";
import type {
  CertificateView,
  ConnectionKindView,
  OpenPair,
  PeerProof,
  ServerView,
  Surroundings,
  TrafficView,
} from "../observe/view.ts";
import { warningsOf } from "../policy/warnings.ts";
import { AddressFault, type Domain, type DomainPair, parseDomain } from "../xmpp/domain.ts";
import { explain, surroundings } from "./explain.ts";
import { isThere, lift, recheck, resumed, revoke } from "./intervention.ts";
import { ConnectionNow } from "./live_connection.ts";
import { RouteNow } from "./live_route.ts";
import { readiness } from "./readiness.ts";
import { govern, reload } from "./reload.ts";
import type { Server } from "./server.ts";
import { routeOf, sourcesOf } from "./sources.ts";

/** Reads the configuration anew; its mistakes, one line each, when it cannot be used. */
export type Reread = () => { config: Config } | { mistakes: string[] };

export class View implements ServerView {
  readonly #server: Server;
  readonly #reread: Reread;
  readonly sources: Sources;

  readonly #runTime: RunTime;
  /** The file's own, without what was set at run time. */
  #file: Config;
  readonly #looking: Ask;

  /** @param looking How DNS is asked for those who only look. */
  constructor(server: Server, reread: Reread, runTime: RunTime, file: Config, looking: Ask) {
    this.#server = server;
    this.#looking = looking;
    this.#runTime = runTime;
    this.#file = file;
    this.#reread = reread;
    this.sources = sourcesOf(server, () => runTime.removed);
  }

  connection(id: string): LiveConnection | null {
    const { shells, graves } = this.#server;
    const shell = shells.get(id);
    return shell === undefined ? graves.find(id) ?? null : new ConnectionNow(this.#server, shell);
  }

  route(from: string, to: string): LiveRoute | null {
    const pair = readPair(from, to);
    if (pair === null) return null;
    // Of what an operator keeps away there may be no row.
    const blocked = this.#server.blockedUntil(pair) !== null;
    return routeOf(this.#server, pair) ?? (blocked ? new RouteNow(this.#server, pair, undefined) : null);
  }

  traffic(): TrafficView {
    const { traffic, connections, queues } = this.#server;
    return {
      ...traffic.read(connections.sums.ledgers),
      queued: queues.stanzas,
      queuedBytes: queues.bytes,
      queuedSince: queues.since,
    };
  }

  connectionKinds(): Iterable<ConnectionKindView> {
    return this.#server.connections.sums.census.kinds();
  }

  components(): { connected: number; away: number; none: number } {
    const { attached: connected, away, none } = this.#server.hosted.answerers;
    return { connected, away, none };
  }

  *away(): Iterable<Pick<LiveDomain, "name" | "since">> {
    for (const { domain: name, since } of this.#server.hosted.away()) yield { name, since };
  }

  *openPairs(): Iterable<OpenPair> {
    for (const { local, remote, send, recv } of this.#server.bindings.rows()) {
      const [grant = recv[0]] = send;
      const prooftype = grant?.connection.delegated.get(remote)?.prooftype ?? "none";
      yield { local, sends: send.length > 0, receives: recv.length > 0, prooftype };
    }
  }

  resolving(): { cached: number; questions: number } {
    const { cached = 0, questions = 0 } = this.#server.resolver.stats();
    return { cached, questions };
  }

  *certificates(): Iterable<CertificateView> {
    for (const { identifiers, notAfter } of this.#server.identities.facts) {
      yield { names: identifiers.map(({ name }) => name), notAfter };
    }
  }

  async explain(from: string, to: string): Promise<LiveExplanation | null> {
    const pair = readPair(from, to);
    return pair === null ? null : await explain(this.#server, pair, this.#looking);
  }

  readiness(): Promise<Readiness> {
    return readiness(this.#server);
  }

  surroundings(): Surroundings {
    return surroundings(this.#server);
  }

  close(id: string): boolean {
    const { shells, components, host } = this.#server;
    const shell = shells.get(id) ?? components.get(id);
    if (shell === undefined) return false;
    host.tell({ type: "operator.acted", connection: id, detail: { action: "close" } });
    shell.close("operator.closed");
    return true;
  }

  async reload(): Promise<{ applied: string[]; restart: string[]; mistakes: string[] }> {
    const read = this.#reread();
    const done = "mistakes" in read
      ? { applied: [], restart: [], mistakes: read.mistakes }
      : reload(this.#server, this.#runTime.over(read.config));
    const { mistakes } = done;
    if ("config" in read && mistakes.length === 0) this.#file = read.config;
    if (mistakes.length > 0) this.#refused(mistakes);
    return await Promise.resolve(done);
  }

  #refused(mistakes: readonly string[]): void {
    this.#server.host.tell({ type: "config.refused", level: "warning", detail: { mistakes } });
  }

  // ---- set at run time: on disk first, then in force (docs/decisions/0180)

  putDomain(domain: HostedDomain): "created" | "replaced" {
    const { name } = domain;
    const before = this.#server.hosted.isHosted(name);
    const empty = domain.componentSecret === null && domain.policy.proof === null &&
      domain.policy.allow.length + domain.policy.block.length === 0;
    if (empty && this.#inFile(name)) this.#runTime.restoreDomain(name);
    else this.#runTime.addDomain(domain);
    this.#govern({ action: before ? "domain.replace" : "domain.add", domain: name });
    return before ? "replaced" : "created";
  }

  domainWarnings(name: Domain): { key: string; text: string }[] {
    return this.#server.config.domains.filter((one) => one.name === name).flatMap(warningsOf);
  }

  deleteDomain(name: Domain): boolean {
    if (!this.#server.hosted.isHosted(name)) return false;
    this.#runTime.removeDomain(name, this.#inFile(name));
    this.#govern({ action: "domain.remove", domain: name });
    return true;
  }

  setSuspended(name: Domain, suspended: boolean): boolean {
    if (!this.#server.hosted.isHosted(name)) return false;
    if (suspended) this.#runTime.suspend(name);
    else this.#runTime.resume(name);
    this.#govern({ action: suspended ? "domain.suspend" : "domain.resume", domain: name });
    if (!suspended) resumed(this.#server, name);
    return true;
  }

  wasGone(name: Domain): boolean {
    return this.#server.config.server.gone.includes(name);
  }

  *peerProofs(): Iterable<PeerProof> {
    const ofFile = this.#file.policy.peer;
    for (const [remote, { proof }] of this.#server.config.policy.peer) {
      if (proof === null) continue;
      const origin = this.#runTime.policies.has(remote as Domain) ? "run time" : "file";
      const since = this.#runTime.policySince(remote as Domain);
      yield { remote, proof, origin, inFile: ofFile.get(remote)?.proof ?? null, since };
    }
  }

  putPolicy(remote: Domain, proof: ProofPolicy): "created" | "replaced" {
    const replaces = this.#runTime.policies.has(remote);
    this.#runTime.setPolicy(remote, proof, this.#server.host.clock.now());
    this.#govern({ action: "policy.set", remote, proof });
    return replaces ? "replaced" : "created";
  }

  deletePolicy(remote: Domain): boolean {
    if (!this.#runTime.policies.has(remote)) return false;
    this.#runTime.forgetPolicy(remote);
    this.#govern({ action: "policy.forget", remote });
    return true;
  }

  revoke(pair: DomainPair, blockMs: number): { blockedUntil: number | null } | null {
    if (!isThere(this.#server, pair)) return null;
    const now = this.#server.host.clock.now(), blockedUntil = blockMs > 0 ? now + blockMs : null;
    if (blockedUntil === null) this.#runTime.blocks.lift(pair);
    else this.#runTime.blocks.put(pair, blockedUntil, now);
    revoke(this.#server, pair, blockedUntil);
    return { blockedUntil };
  }

  lift(pair: DomainPair): boolean {
    if (this.#server.blockedUntil(pair) === null) return false;
    this.#runTime.blocks.lift(pair);
    lift(this.#server, pair);
    return true;
  }

  blocks(): readonly Block[] {
    return this.#runTime.blocks.list(this.#server.host.clock.now());
  }

  refusal(pair: DomainPair): Refusal | null {
    return this.#server.refusal(pair);
  }

  recheck(pair: DomainPair): { proofs: number; retried: boolean } | null {
    const done = recheck(this.#server, pair);
    if (done !== null) {
      this.#server.host.tell({ type: "operator.acted", pair, detail: { action: "recheck", ...done } });
    }
    return done;
  }

  #inFile(name: Domain): boolean {
    return this.#file.domains.some((one) => one.name === name);
  }

  #govern(detail: Readonly<Record<string, string>>): void {
    const { domains, policy } = this.#runTime.over(this.#file);
    this.#server.host.tell({ type: "operator.acted", detail });
    govern(this.#server, { ...this.#server.config, domains, policy });
  }
}

function readPair(from: string, to: string): DomainPair | null {
  try {
    return { local: parseDomain(from), remote: parseDomain(to) };
  } catch (error) {
    if (error instanceof AddressFault) return null;
    throw error;
  }
}
