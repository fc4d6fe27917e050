/** One Verona server: its tables, its shells, its listeners. docs/architecture.md. */
import { randomBytes } from "node:crypto";
import type { Config, HostedDomain } from "../config/config.ts";
import type { Answers } from "../dnssec/resolver.ts";
import type { Cause } from "../facts/cause.ts";
import type { Refusal } from "../facts/refusal.ts";
import type { PairPolicy } from "../policy/admission.ts";
import { Policies } from "../policy/policies.ts";
import type { Timing } from "../policy/proof.ts";
import { BindingTable, standing } from "../routing/binding_table.ts";
import { ClassicOnly } from "../routing/classic_only.ts";
import { ConnectionTable } from "../routing/connection_table.ts";
import type { Grant } from "../routing/grant.ts";
import { HostedDomains } from "../routing/hosted.ts";
import { NegativeTable } from "../routing/negative.ts";
import { QueueBudget } from "../routing/outbox.ts";
import type { ConnectionOptions, FrameLimits, Surroundings } from "../wire/connection.ts";
import type { Identities } from "../wire/identity.ts";
import type { Trust } from "../wire/trust.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import { bounce, bounceFor, type StanzaError } from "../xmpp/stanza_error.ts";
import type { StreamLimits } from "../xmpp/stream_limits.ts";
import { pairOf } from "./addressee.ts";
import { Admission } from "./admission.ts";
import { Census } from "./census.ts";
import { Certificates } from "./certificates.ts";
import type { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { Familiar } from "./familiar.ts";
import { Digest } from "./digest.ts";
import { Doors, type Listening } from "./doors.ts";
import { frameLimits } from "./frame_limits.ts";
import { warn } from "./governance.ts";
import { Graves } from "./graves.ts";
import type { Expiry } from "./expiry.ts";
import { Evidence } from "./evidence.ts";
import type { Host } from "./host.ts";
import { Links } from "./links.ts";
import { Traffic } from "./traffic.ts";
import { Local } from "./local.ts";
import type { Outgoing } from "./outgoing.ts";
import { Pings } from "./pings.ts";
import { ProviderBackoff } from "./provider_backoff.ts";
import { Routes } from "./routes.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { encode } from "./encode.ts";
import { Shortage } from "./shortage.ts";
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
  readonly shortage: Shortage;
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

  readonly traffic = new Traffic();
  listening = false;
  /** Milliseconds since the epoch. */
  readonly started: number;
  policies: Policies;
  readonly #doors: Doors;

  constructor(parts: ServerParts) {
    this.host = parts.host;
    this.started = parts.host.clock.now();
    this.version = parts.version;
    this.config = parts.config;
    this.resolver = parts.resolver;
    this.identities = parts.identities;
    this.trust = parts.trust;
    this.dialbackSecret = parts.dialbackSecret;
    const { server, domains } = this.config;
    this.policies = new Policies(this.config.policy, domains);
    this.hosted = new HostedDomains(server.names, server.gone);
    this.queues = new QueueBudget(() => this.config.limits.queuesBytes);
    this.admission = new Admission(() => this.config.limits, () => this.host.clock.now());
    this.digest = new Digest(this.host);
    this.shortage = new Shortage(this.host);
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
    this.#doors = new Doors(this);
    this.hostAll(domains);
  }

  hostAll(domains: readonly HostedDomain[]): void {
    for (const { name, componentSecret, suspended } of domains) {
      this.local.add(name, componentSecret);
      this.hosted.setSuspended(name, suspended ?? false);
    }
  }

  // ---- listeners

  /**
   * Opens every configured listener; the result says where each really listens.
   *
   * @param watches Takes up certificates whose files change, and frees those before: not for who has only borrowed them.
   */
  listen({ watches } = { watches: true }): Listening {
    warn(this);
    const opened = this.#doors.open();
    this.listening = true;
    if (watches) this.certificates.watch();
    const print = ({ hostname, port }: Deno.NetAddr) => `${hostname}:${port}`;
    const detail = {
      s2s: opened.s2s.map(print),
      s2sTls: opened.s2sTls.map(print),
      component: opened.component.map(print),
    };
    this.host.tell({ type: "server.listening", detail });
    return opened;
  }

  connectionOptions(content: "server" | "component"): ConnectionOptions {
    // Nobody has proven anything yet; a component is bound by its secret, and by loopback (9.1).
    const frame = content === "server"
      ? this.frameLimits("unproven")
      : { ...this.frameLimits("proven"), bytesPerSecond: 0 };
    const carried = content === "server" ? this.traffic.bytes : null;
    return { content, frame, surroundings: this.#surroundings, carried };
  }

  readonly #surroundings: Surroundings = {
    identities: () => this.identities,
    trust: () => this.trust,
    now: () => this.host.clock.now(),
    closeNotifyTimeoutMs: () => this.config.limits.closeNotifyTimeoutMs,
  };

  // ---- what the shells ask

  policyFor(pair: DomainPair): PairPolicy {
    return this.policies.of(pair);
  }

  takesCleartext(local: Domain | null, remote: Domain | null): boolean {
    return this.policies.takesCleartext(local, remote);
  }

  refusalFor(pair: DomainPair): Cause | null {
    if (this.hosted.isSuspended(pair.local)) return "policy.suspended";
    if (this.blockedUntil(pair) !== null) return "policy.revoked";
    return this.policies.refusal(pair)?.cause ?? null;
  }

  refusal(pair: DomainPair): Refusal | null {
    const cause = this.refusalFor(pair);
    return cause === null ? null : { cause, blockedUntil: this.blockedUntil(pair) };
  }

  /** By an operator; null: it is not. Milliseconds since the epoch. */
  blockedUntil(pair: DomainPair): number | null {
    return this.blocks.find(pair, this.host.clock.now())?.until ?? null;
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
    this.traffic.writtenUnconfirmed += lost;
    if (shell.row.direction === "in") this.admission.left(shell.connection);
  }

  crashed(id: string, error: unknown): void {
    this.host.tell({ type: "actor.crashed", level: "error", detail: { id, error: String(error) } });
  }

  // ---- shutdown

  /**
   * Refuses what is new, flushes what is authorised, bounces the rest, closes every stream. Resolves when all are gone.
   *
   * @param condition Null: peers have their closing tag and no stream error; nothing that they know is shut down.
   */
  async drain(condition: "system-shutdown" | null = "system-shutdown"): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    this.host.tell({ type: "server.draining" });
    this.certificates.stop();
    this.#doors.close();
    for (const route of [...this.routes.all()]) route.drain("server.shutdown");
    for (const component of this.components.values()) component.close("server.shutdown", "system-shutdown");
    for (const shell of this.shells.values()) shell.close("server.shutdown", condition ?? undefined);
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

const decoder = new TextDecoder();

/** A secret of 256 bits, when none is configured (protocol.md 7.3). */
export const newSecret = (): string => randomBytes(32).toString("hex");
