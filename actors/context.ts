/** What the shells share: one server. Only `actors/server.ts` implements it. */
import type { Config } from "../config/config.ts";
import type { Cause } from "../facts/cause.ts";
import type { Answers } from "../dnssec/resolver.ts";
import type { PairPolicy } from "../policy/admission.ts";
import type { Timing } from "../policy/proof.ts";
import type { BindingTable } from "../routing/binding_table.ts";
import type { ClassicOnly } from "../routing/classic_only.ts";
import type { ConnectionTable } from "../routing/connection_table.ts";
import type { Grant } from "../routing/grant.ts";
import type { HostedDomains } from "../routing/hosted.ts";
import type { NegativeTable } from "../routing/negative.ts";
import type { QueueBudget } from "../routing/outbox.ts";
import type { ConnectionOptions, FrameLimits } from "../wire/connection.ts";
import type { Identities } from "../wire/identity.ts";
import type { Trust } from "../wire/trust.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import type { StanzaError } from "../xmpp/stanza_error.ts";
import type { StreamLimits } from "../xmpp/stream_limits.ts";
import type { Admission } from "./admission.ts";
import type { Census } from "./census.ts";
import type { ComponentShell } from "./component.ts";
import type { Digest } from "./digest.ts";
import type { Expiry } from "./expiry.ts";
import type { Familiar } from "./familiar.ts";
import type { Evidence } from "./evidence.ts";
import type { Graves } from "./graves.ts";
import type { Host } from "./host.ts";
import type { Links } from "./links.ts";
import type { Local } from "./local.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Pings } from "./pings.ts";
import type { ProviderBackoff } from "./provider_backoff.ts";
import type { Shortage } from "./shortage.ts";
import type { Routes } from "./routes.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { Traffic } from "./traffic.ts";
import type { Verifications } from "./verifications.ts";

export interface ServerContext {
  readonly host: Host;
  readonly version: string;
  /** Replaced by a reload. */
  readonly config: Config;
  readonly draining: boolean;
  readonly resolver: Answers;
  readonly identities: Identities;
  readonly trust: Trust;
  readonly dialbackSecret: string;

  readonly connections: ConnectionTable;
  readonly bindings: BindingTable;
  readonly hosted: HostedDomains;
  readonly negatives: NegativeTable;
  readonly blocks: NegativeTable;
  /** Machines that do not speak between server names (2.10). */
  readonly classicOnly: ClassicOnly;
  readonly queues: QueueBudget;

  /** By connection id. */
  readonly shells: Map<string, S2sShell>;
  readonly components: Map<string, ComponentShell>;
  /** What all connections with peers have carried. */
  readonly traffic: Traffic;
  /** How many domains are proven, on all connections together. */
  readonly held: { proofs: number };
  readonly admission: Admission;
  readonly expiry: Expiry;
  readonly familiar: Familiar;
  /** For what a peer or a component can cause many times over. */
  readonly digest: Digest;
  readonly shortage: Shortage;
  readonly evidence: Evidence;
  readonly links: Links;
  readonly verifications: Verifications;
  readonly routes: Routes;
  readonly census: Census;
  /** Connections that are gone. */
  readonly graves: Graves;
  readonly local: Local;
  readonly pings: Pings;
  readonly providers: ProviderBackoff;

  policyFor(pair: DomainPair): PairPolicy;
  /** Whether a stream between the two may do without TLS (policy `legacy`); null: the header names nobody. */
  takesCleartext(local: Domain | null, remote: Domain | null): boolean;
  /** Why a pair may not federate (lists, operator's block); null when it may. */
  refusalFor(pair: DomainPair): Cause | null;
  blockedUntil(pair: DomainPair): number | null;
  timing(): Timing;
  connectionOptions(content: "server" | "component"): ConnectionOptions;
  frameLimits(peer: "proven" | "unproven"): FrameLimits;
  advertisedLimits(): StreamLimits;

  /** Writes one stanza of ours past its grant, or bounces what the peer would not take (LIM-6). */
  write(stanza: Outgoing, grant: Grant): void;
  /** Returns a stanza of ours to its sender with what the cause says. */
  bounce(stanza: Outgoing, cause: Cause, permanent?: boolean): void;
  /** Returns a stanza as it stands in a component's own stream. */
  returnTo(local: Domain, text: string, error: StanzaError, cause: Cause): void;
  /** A connection is out of every row; `lost` stanzas were written to it and are not confirmed. */
  closed(shell: S2sShell, lost: number): void;
  crashed(id: string, error: unknown): void;
}
