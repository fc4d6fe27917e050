/** One Verona server: its tables, its shells, its listeners. docs/architecture.md. */
import { randomBytes } from "node:crypto";
import type { Config, HostedDomain, Limits } from "../config/config.ts";
import type { Answers } from "../dnssec/resolver.ts";
import type { Cause } from "../facts/cause.ts";
import { type PairPolicy, survives } from "../policy/admission.ts";
import { Policies } from "../policy/policies.ts";
import { warnings } from "../policy/warnings.ts";
import type { Timing } from "../policy/proof.ts";
import { type BindingRow, BindingTable, standing } from "../routing/binding_table.ts";
import { ClassicOnly } from "../routing/classic_only.ts";
import { ConnectionTable } from "../routing/connection_table.ts";
import type { Grant } from "../routing/grant.ts";
import { HostedDomains } from "../routing/hosted.ts";
import { NegativeTable } from "../routing/negative.ts";
import { QueueBudget } from "../routing/outbox.ts";
import type { Connection, ConnectionOptions, FrameLimits, Surroundings } from "../wire/connection.ts";
import type { Identities } from "../wire/identity.ts";
import { listen, type Listener } from "../wire/listener.ts";
import { listening } from "../wire/listening.ts";
import type { Trust } from "../wire/trust.ts";
import { type Domain, type DomainPair, pairKey, toAscii } from "../xmpp/domain.ts";
import { bounce, bounceFor, type StanzaError } from "../xmpp/stanza_error.ts";
import type { StreamLimits } from "../xmpp/stream_limits.ts";
import { pairOf } from "./addressee.ts";
import { Admission } from "./admission.ts";
import { network } from "./network.ts";
import { Census } from "./census.ts";
import { Certificates } from "./certificates.ts";
import { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { Familiar } from "./familiar.ts";
import { Digest } from "./digest.ts";
import { Graves } from "./graves.ts";
import type { Expiry } from "./expiry.ts";
import { Evidence } from "./evidence.ts";
import type { Host } from "./host.ts";
import { InboundShell } from "./inbound_stream.ts";
import { Links } from "./links.ts";
import { Past } from "./past.ts";
import { Local } from "./local.ts";
import type { Outgoing } from "./outgoing.ts";
import { Pings } from "./pings.ts";
import { ProviderBackoff } from "./provider_backoff.ts";
import { Routes } from "./routes.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./stream.ts";
import { Verifications } from "./verifications.ts";

export interface ServerParts {
  readonly host: Host;
  readonly version: string;
  readonly config: Config;
  readonly resolver: Answers;
  readonly identities: Identities;
  readonly trust: Trust;
  readonly dialbackSecret: string;
}

/** The keys of `[listen]` for streams. */
type ListenerKind = "s2s" | "s2s_tls" | "component";

/** Where each listener really listens. */
export interface Listening {
  readonly s2s: Deno.NetAddr[];
  readonly s2sTls: Deno.NetAddr[];
  readonly component: Deno.NetAddr[];
}

export class Server implements ServerContext {
  readonly host: Host;
  readonly version: string;
  config: Config;
  draining = false;
  readonly resolver: Answers;
  identities: Identities;
  trust: Trust;
  readonly dialbackSecret: string;

  readonly bindings = new BindingTable();
  readonly connections = new ConnectionTable(this.bindings);
  readonly hosted: HostedDomains;
  readonly negatives = new NegativeTable();
  readonly blocks = new NegativeTable();
  readonly classicOnly = new ClassicOnly();
  readonly queues: QueueBudget;

  readonly shells = new Map<string, S2sShell>();
  readonly components = new Map<string, ComponentShell>();
  readonly held = { proofs: 0 };
  readonly admission: Admission;
  readonly digest: Digest;
  readonly evidence: Evidence;
  readonly links: Links;
  readonly verifications: Verifications;
  readonly routes: Routes;
  readonly census: Census;
  readonly graves: Graves;
  readonly local: Local;
  readonly pings: Pings;
  readonly providers: ProviderBackoff;
  readonly certificates: Certificates;
  readonly familiar: Familiar;

  get expiry(): Expiry {
    return this.certificates.expiry;
  }

  /** Stanzas of connections that are gone; the living count for themselves. */
  readonly past = new Past();
  listening = false;
  policies: Policies;
  readonly #listeners: Listener[] = [];
  #components = 0;

  constructor(parts: ServerParts) {
    this.host = parts.host;
    this.version = parts.version;
    this.config = parts.config;
    this.resolver = parts.resolver;
    this.identities = parts.identities;
    this.trust = parts.trust;
    this.dialbackSecret = parts.dialbackSecret;
    const { server, domains, limits } = this.config;
    this.policies = new Policies(this.config.policy, domains);
    this.hosted = new HostedDomains(server.names, server.gone);
    this.queues = new QueueBudget(limits.queuesBytes);
    this.admission = new Admission(() => this.config.limits, () => this.host.clock.now());
    this.digest = new Digest(this.host);
    this.evidence = new Evidence(this);
    this.links = new Links(this);
    this.verifications = new Verifications(this);
    this.routes = new Routes(this);
    this.census = new Census(
      (pair) => this.routes.get(pair),
      (pair) => standing(this.bindings.get(pair)),
    );
    this.bindings.watch = (...change) => this.census.bound(...change);
    this.graves = new Graves(this);
    this.local = new Local(this);
    this.pings = new Pings(this.dialbackSecret);
    this.providers = new ProviderBackoff(this.host, () => this.config.limits.backoffMaxMs);
    this.certificates = new Certificates(this);
    this.familiar = new Familiar(this.host);
    this.hostAll(domains);
  }

  hostAll(domains: readonly HostedDomain[]): void {
    for (const { name, componentSecret, suspended } of domains) {
      this.local.add(name, componentSecret);
      this.hosted.setSuspended(name, suspended ?? false);
    }
  }

  // ---- listeners

  /** Opens every configured listener; the result says where each really listens. */
  listen(): Listening {
    const { s2s, s2sTls, component } = this.config.listen;
    this.#warn();
    const opened = {
      s2s: s2s.map((at) => this.#open("s2s", at)),
      s2sTls: s2sTls.map((at) => this.#open("s2s_tls", at)),
      component: component.map((at) => this.#open("component", at)),
    };
    this.listening = true;
    this.certificates.watch();
    const print = ({ hostname, port }: Deno.NetAddr) => `${hostname}:${port}`;
    const detail = {
      s2s: opened.s2s.map(print),
      s2sTls: opened.s2sTls.map(print),
      component: opened.component.map(print),
    };
    this.host.tell({ type: "server.listening", detail });
    return opened;
  }

  #open(kind: ListenerKind, at: { host: string; port: number }): Deno.NetAddr {
    const content = kind === "component" ? "component" : "server";
    const listener = listening(
      `listen.${kind}`,
      at,
      () => listen(at, () => this.connectionOptions(content), (c) => this.#accepted(c, kind)),
    );
    this.#listeners.push(listener);
    return listener.address;
  }

  connectionOptions(content: "server" | "component"): ConnectionOptions {
    // Nobody has proven anything yet; a component is bound by its secret, and by loopback (9.1).
    const frame = content === "server"
      ? this.frameLimits("unproven")
      : { ...this.frameLimits("proven"), bytesPerSecond: 0 };
    return { content, frame, surroundings: this.#surroundings };
  }

  readonly #surroundings: Surroundings = {
    identities: () => this.identities,
    trust: () => this.trust,
    now: () => this.host.clock.now(),
    closeNotifyTimeoutMs: () => this.config.limits.closeNotifyTimeoutMs,
  };

  #accepted(connection: Connection, kind: ListenerKind): void {
    if (this.draining) return connection.drop();
    if (kind === "component") return void new ComponentShell(this, connection, `k-${++this.#components}`);
    const refused = this.admission.enter(connection);
    if (refused !== null) {
      this.digest.tell(network(connection.peer.ip), {
        type: "connection.failed",
        level: "warning",
        cause: refused,
        detail: { direction: "in", peer: connection.peer.ip, local: null, remote: null },
      });
      return connection.drop();
    }
    new InboundShell(this, connection, kind === "s2s_tls");
  }

  // ---- what the shells ask

  policyFor(pair: DomainPair): PairPolicy {
    return this.policies.of(pair);
  }

  takesCleartext(local: Domain | null, remote: Domain | null): boolean {
    return this.policies.takesCleartext(local, remote);
  }

  refusalFor(pair: DomainPair): Cause | null {
    if (this.hosted.isSuspended(pair.local)) return "policy.suspended";
    const blocked = this.blocks.find(pair, this.host.clock.now());
    return blocked?.cause ?? this.policies.refusal(pair)?.cause ?? null;
  }

  timing(): Timing {
    const { recheckMinMs, recheckMaxMs } = this.config.limits;
    return { recheckMinMs, recheckMaxMs, jitter: this.host.random() };
  }

  frameLimits(peer: "proven" | "unproven"): FrameLimits {
    return frameLimits(this.config.limits, peer);
  }

  advertisedLimits(): StreamLimits {
    const { stanzaBytes, idleTimeoutMs } = this.config.limits;
    return { maxBytes: stanzaBytes, idleSeconds: Math.max(1, Math.floor(idleTimeoutMs / 1000)) };
  }

  write(stanza: Outgoing, grant: Grant): void {
    const shell = this.shells.get(grant.connection.id);
    if (!grant.live || shell === undefined) return this.bounce(stanza, "tcp.lost");
    if (!shell.carries(grant.pair)) return this.bounce(stanza, "tls.required");
    if (shell.window.stuck) return this.bounce(stanza, "route.slow-sink");
    if (stanza.bytes.length > shell.mostBytes) return this.bounce(stanza, "route.too-big");
    if (shell.window.admits(stanza, grant.pair)) shell.deliver(stanza, grant);
  }

  bounce(stanza: Outgoing, cause: Cause, permanent?: boolean): void {
    const error = bounceFor(cause);
    const type = permanent === true && error.type === "wait" ? "cancel" : error.type;
    this.returnTo(stanza.local, decoder.decode(stanza.bytes), { ...error, type }, cause);
  }

  returnTo(local: Domain, text: string, error: StanzaError, cause: Cause): void {
    const component = this.local.domain(local)?.component ?? null;
    const reply = component === null ? null : bounce(text, error, { local: true });
    this.digest.tell(`to ${local} ${cause}`, {
      type: reply === null ? "stanza.discarded" : "stanza.bounced",
      cause,
      ...pairOf(local, text, "to"),
      detail: { condition: error.condition, type: error.type, to: "component", local },
    });
    if (reply !== null) component?.connection.write(encode(reply));
  }

  closed(shell: S2sShell, lost: number): void {
    this.past.add(shell);
    this.past.writtenUnconfirmed += lost;
    if (shell.row.direction === "in") this.admission.left(shell.connection);
  }

  crashed(id: string, error: unknown): void {
    this.host.tell({ type: "actor.crashed", level: "error", detail: { id, error: String(error) } });
  }

  // ---- what the operator asks

  /** Takes a new configuration; connections keep the certificates that they began with. */
  apply(config: Config, identities: Identities, trust: Trust): void {
    const old = this.trust;
    this.config = config;
    this.trust = trust;
    old.free();
    this.replaceIdentities(identities);
    this.certificates.watch();
    this.#warn();
    this.govern(config);
  }

  /** Takes other policies and domains alone: what they do not concern never notices. */
  govern(config: Config): void {
    const old = this.policies;
    this.config = config;
    this.policies = new Policies(config.policy, config.domains);
    for (const row of [...this.bindings.rows()]) this.#judgeAnew(row, old);
    for (const shell of [...this.shells.values()]) shell.policyChanged();
  }

  #warn(): void {
    for (const { key, text } of warnings(this.config)) {
      this.host.tell({ type: "config.warned", level: "warning", detail: { key, text } });
    }
  }

  /** New connections use them at once; streams in the name of one that is gone begin anew (protocol.md 6.6). */
  replaceIdentities(identities: Identities): void {
    const old = this.identities;
    this.identities = identities;
    for (const shell of [...this.shells.values()]) {
      const own = shell.row.local === null ? null : toAscii(shell.row.local);
      if (own !== null && old.carries(own) && !identities.carries(own)) shell.close("tls.own-name", "reset");
    }
    old.free();
  }

  /** Lists and policies count at once, for what is open too. */
  #judgeAnew(row: BindingRow, old: Policies): void {
    const refused = this.refusalFor(row);
    if (refused !== null) return this.#revokeEverywhere(row, refused);
    const [before, after] = [old.of(row), this.policies.of(row)];
    for (const { connection } of [...row.send, ...row.recv]) {
      const shell = this.shells.get(connection.id);
      const proof = connection.delegated.get(row.remote);
      if (shell?.carries(row) === false) shell.proofs.revoke(row, "tls.required");
      else if (proof !== undefined && !survives(before, after, proof)) {
        shell?.proofs.revoke(row, "policy.proof");
      }
    }
  }

  /** Hosts a domain no longer: its pairs stop, the peers keep their links (F4). */
  removeDomain(name: Domain): void {
    for (const row of [...this.bindings.rowsOf(name)]) this.#revokeEverywhere(row, "route.not-hosted");
    for (const route of [...this.routes.all()]) {
      if (route.pair.local === name) route.drain("route.not-hosted");
    }
    this.local.remove(name);
  }

  /** False when there is no such pair. */
  revoke(pair: DomainPair, blockMs: number): boolean {
    const asked = () => [...this.shells.values()].some(({ row }) => row.pendingIn.has(pairKey(pair)));
    const known = this.bindings.get(pair) !== undefined || this.routes.get(pair) !== undefined || asked();
    if (!known) return false;
    const detail = { action: "revoke", blockMs };
    this.host.tell({ type: "operator.acted", pair, detail });
    if (blockMs > 0) this.blocks.add(pair, "policy.revoked", this.host.clock.now() + blockMs);
    this.#revokeEverywhere(pair, "policy.revoked");
    return true;
  }

  /** Looks at the pair's proofs afresh; one of ours that waits after a failure is tried at once. Null: no such pair. */
  recheck(pair: DomainPair): { proofs: number; retried: boolean } | null {
    const row = this.bindings.get(pair), route = this.routes.get(pair);
    const failed = this.negatives.find(pair, this.host.clock.now()) !== null;
    if (row === undefined && route === undefined && !failed) return null;
    const connections = new Set([...row?.send ?? [], ...row?.recv ?? []].map((grant) => grant.connection.id));
    const lives = [...connections].flatMap((id) => this.shells.get(id)?.proofs.life(pair.remote) ?? []);
    for (const life of lives) life.recheckWanted();
    const retried = route === undefined ? failed : route.state === "denied" || route.state === "backoff";
    if (retried) this.routes.urge(pair);
    return { proofs: lives.length, retried };
  }

  #revokeEverywhere(pair: DomainPair, cause: Cause): void {
    const row = this.bindings.get(pair);
    const connections = new Set([...row?.send ?? [], ...row?.recv ?? []].map((grant) => grant.connection.id));
    for (const id of connections) this.shells.get(id)?.proofs.revoke(pair, cause);
  }

  // ---- shutdown

  /** Refuses what is new, flushes what is authorised, bounces the rest, closes every stream. Resolves when all are gone. */
  async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    this.host.tell({ type: "server.draining" });
    this.certificates.stop();
    for (const listener of this.#listeners) listener.close();
    for (const route of [...this.routes.all()]) route.drain("server.shutdown");
    for (const component of this.components.values()) component.close("server.shutdown", "system-shutdown");
    for (const shell of this.shells.values()) shell.close("server.shutdown", "system-shutdown");
    await this.#allGone(this.config.limits.shutdownGraceMs);
    for (const shell of [...this.shells.values(), ...this.components.values()]) shell.connection?.drop();
    this.digest.close();
    this.host.tell({ type: "server.stopped" });
  }

  async #allGone(graceMs: number): Promise<void> {
    const { clock } = this.host;
    const until = clock.now() + graceMs;
    while (this.shells.size + this.components.size > 0 && clock.now() < until) {
      await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), 20));
    }
  }
}

function frameLimits(limits: Limits, peer: "proven" | "unproven"): FrameLimits {
  const { headerBytes, valueBytes, nameBytes, namespaceBytes } = limits;
  const common = { headerBytes, valueBytes, nameBytes, namespaceBytes };
  if (peer === "proven") {
    const { stanzaBytes, depth, attributes, elements, bytesPerSecond } = limits;
    // 4.12: under twice the limit it can be answered.
    const oversizeBytes = 2 * stanzaBytes - 1;
    return { ...common, stanzaBytes, oversizeBytes, depth, attributes, elements, bytesPerSecond };
  }
  return {
    ...common,
    stanzaBytes: Math.min(limits.unprovenElementBytes, limits.stanzaBytes),
    oversizeBytes: 0,
    depth: limits.unprovenDepth,
    attributes: limits.unprovenAttributes,
    elements: limits.unprovenElements,
    bytesPerSecond: limits.unprovenBytesPerSecond,
  };
}

const decoder = new TextDecoder();

/** A secret of 256 bits, when none is configured (protocol.md 7.3). */
export const newSecret = (): string => randomBytes(32).toString("hex");
