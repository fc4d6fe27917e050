/** What the API asks of a running server. design.md 2.4; the shapes of its answers are in contract.ts. */
import type { Block } from "../config/blocks.ts";
import type { Refusal } from "../facts/refusal.ts";
import type { Scene } from "../facts/see_for_yourself.ts";
import type { HostedDomain, ProofPolicy } from "../config/config.ts";
import type { Domain, DomainPair } from "../xmpp/domain.ts";
import type { ConnectionRow, DomainRow, Readiness } from "./contract.ts";
import type { LiveConnection, LiveDomain, LiveExplanation, LiveRoute, Sources } from "./live.ts";

/** Stanzas and bytes since the start. */
export interface TrafficView {
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly kinds: Readonly<Record<"in" | "out", Readonly<Record<"message" | "presence" | "iq", number>>>>;
  /** On the wire. */
  readonly bytes: Readonly<Record<"in" | "out", number>>;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since when the oldest of them waits; null when none does. Milliseconds since the epoch. */
  readonly queuedSince: number | null;
  readonly acknowledged: number;
  readonly unacknowledged: number;
  readonly writtenUnconfirmed: number;
}

/** One pair that is open. */
export interface OpenPair {
  readonly local: string;
  readonly sends: boolean;
  readonly receives: boolean;
  readonly prooftype: string;
}

export type Surroundings = Pick<Scene, "resolver" | "anchor" | "console">;

/** So many connections, of one direction, state and address family. */
export interface ConnectionKindView {
  readonly direction: "in" | "out";
  readonly state: ConnectionRow["state"];
  readonly family: "ipv4" | "ipv6" | "none";
  readonly count: number;
}

export interface CertificateView {
  readonly names: readonly string[];
  /** Milliseconds since the epoch; the earliest of its chain. */
  readonly notAfter: number;
}

export interface PeerProof {
  /** A domain, as the file has it. */
  readonly remote: string;
  readonly proof: ProofPolicy;
  readonly origin: "file" | "run time";
  readonly inFile: ProofPolicy | null;
  /** Milliseconds since the epoch; null when that is not known. */
  readonly since: number | null;
}

export interface ServerView {
  readonly sources: Sources;
  /** One that is there, or one of those that are remembered; null when there is none. */
  connection(id: string): LiveConnection | null;
  route(local: string, remote: string): LiveRoute | null;
  /** These three are counted as it happens: nothing is walked. */
  traffic(): TrafficView;
  connectionKinds(): Iterable<ConnectionKindView>;
  components(): Readonly<Record<DomainRow["component"], number>>;
  /** Domains hosted here whose component is not connected. */
  away(): Iterable<Pick<LiveDomain, "name" | "since">>;
  /** Rows may come and go while it is walked. */
  openPairs(): Iterable<OpenPair>;
  /** What the resolver keeps, and how many questions it has asked. */
  resolving(): { readonly cached: number; readonly questions: number };
  /** Ours; each is read as it is walked. */
  certificates(): Iterable<CertificateView>;
  /** Touches nothing live: tables are only read; DNS may be asked. */
  explain(local: string, remote: string): Promise<LiveExplanation | null>;
  /** Asks the resolver. */
  readiness(): Promise<Readiness>;
  /** What commands that see for themselves need: the resolver, and where the console listens. */
  surroundings(): Surroundings;
  /** False when there is no such connection. */
  close(connection: string): boolean;
  /** Null when there is no such pair. `blockMs` 0: revoked, and blocked no longer. */
  revoke(pair: DomainPair, blockMs: number): { readonly blockedUntil: number | null } | null;
  /** False when it is not blocked. */
  lift(pair: DomainPair): boolean;
  /** Pairs that are kept apart, the first to end first. */
  blocks(): readonly Block[];
  /** Whether we refuse the pair ourselves now, whatever is proven. */
  refusal(pair: DomainPair): Refusal | null;
  putDomain(domain: HostedDomain): "created" | "replaced";
  /** What `config check` would say of it as it is hosted now. */
  domainWarnings(name: Domain): readonly { readonly key: string; readonly text: string }[];
  /** These three: false when it is not hosted here, or not set at run time. */
  deleteDomain(name: Domain): boolean;
  setSuspended(name: Domain, suspended: boolean): boolean;
  deletePolicy(remote: Domain): boolean;
  /** Of single peers: what holds, and what the file says. */
  peerProofs(): Iterable<PeerProof>;
  /** Hosted here before, as the file says (`server.gone`). */
  wasGone(name: Domain): boolean;
  putPolicy(remote: Domain, proof: ProofPolicy): "created" | "replaced";
  /** Null when there is no such pair. */
  recheck(pair: DomainPair): { proofs: number; retried: boolean } | null;
  /** What changed, and what needs a restart; mistakes leave everything as it was. */
  reload(): Promise<{ applied: string[]; restart: string[]; mistakes: string[] }>;
}
