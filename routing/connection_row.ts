/** One row of the connection table: what is known of one TCP connection. dna-01 4; protocol.md 2.2. */
import type { PeerCertificate } from "../facts/certificate.ts";
import { machineNames, matchesName, serverNames } from "../policy/names.ts";
import type { Proof } from "../policy/proof.ts";
import type { Domain, PairKey } from "../xmpp/domain.ts";
import { BoundedSet } from "../bounded/set.ts";
import type { ConnectionCensus, ConnectionKind, Family } from "./connection_census.ts";
import { Ledger, type LedgerSums } from "./ledger.ts";
import type { NameIndex } from "./name_index.ts";
import type { PendingRequest } from "./pending_request.ts";
import { StrangerWindow } from "./stranger_window.ts";

/** Our own handle: stream ids are chosen by the peer. */
export type ConnectionId = `c-${number}`;

export type ConnectionState = "connecting" | "negotiating" | "established" | "closing" | "closed";

/** What connections are found by. Only rows write to it. */
export interface ConnectionIndexes {
  /** Certificate names, wildcards as patterns. */
  readonly byName: NameIndex<ConnectionRow>;
  readonly byDelegated: NameIndex<ConnectionRow>;
}

/** What is counted of all connections together. */
export interface ConnectionSums {
  readonly census: ConnectionCensus;
  readonly ledgers: LedgerSums;
}

/** How much of the past one connection remembers (F3, F6). A peer with more lapses than this is not in good faith. */
const MEMORY = 50_000;

export class ConnectionRow {
  readonly id: ConnectionId;
  /** `out`: we opened it. */
  readonly direction: "in" | "out";
  /** `verify`: opened to ask the authoritative server of a domain (7.4); no pair is ever requested on it. */
  purpose: "federation" | "verify" = "federation";
  /** Of the latest response header (RFC 6120 4.3.3). */
  streamId: string | null = null;
  mode: "server-name" | "classic" | null = null;
  /** The names of the stream header. */
  local: Domain | null = null;
  remote: Domain | null = null;
  bidi = false;
  /** The peer announced `urn:x-dna:0`, in its features or inside `<bidi/>`. */
  peerDna = false;
  /** The peer announced `<dialback><errors/></dialback>`. */
  peerErrors = false;
  /** It takes dialback: the feature, or the namespace in its header. */
  peerDialback = false;
  /** XEP-0478; null when not announced. */
  peerMaxBytes: number | null = null;
  /** XEP-0478: how long the peer bears silence. */
  peerIdleMs: number | null = null;
  /** `valid` verdicts that nobody asked for. */
  unsolicited = 0;
  /** The peer refuted a key of ours while nothing else is valid here: it is about to close the stream (7.6). */
  refuted = false;
  /** Some pair was authorised here, now or earlier (F2). The pair of the server names does not count. */
  everAuthorised = false;

  /** Our requests without a verdict. Filled by `sendRequest`. */
  readonly pendingOut: Map<PairKey, PendingRequest> = new Map();
  /** The peer's requests that are being proven. */
  readonly pendingIn: Set<PairKey> = new Set();
  /** Domains that were proven here and are no longer: their stanzas in flight fall under F5 (F3, exception). */
  readonly provenBefore: BoundedSet<Domain> = new BoundedSet(MEMORY);
  /** Pairs that were authorised here and are no longer (F6). */
  readonly lapsed: BoundedSet<PairKey> = new BoundedSet(MEMORY);
  /** The window of F6. */
  readonly strangers: StrangerWindow = new StrangerWindow();
  /** What was written and what of it is known to have arrived (8.3). */
  readonly ledger: Ledger;

  #state: ConnectionState = "connecting";
  #family: Family = "none";
  readonly #census: ConnectionCensus;
  readonly #indexes: ConnectionIndexes;
  readonly #delegated = new Map<Domain, Proof>();
  #certificate: PeerCertificate = { state: "absent" };
  #serverNames: readonly string[] = [];
  #machineNames: readonly string[] = [];

  constructor(id: ConnectionId, direction: "in" | "out", indexes: ConnectionIndexes, sums: ConnectionSums) {
    this.id = id;
    this.direction = direction;
    this.#indexes = indexes;
    this.#census = sums.census;
    this.ledger = new Ledger(sums.ledgers);
    this.#census.move(null, this.#kind);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  set state(state: ConnectionState) {
    this.#become(state, this.#family);
  }

  /** TCP is there. */
  reached(ip: string): void {
    this.#become(this.#state, ip.includes(":") ? "ipv6" : "ipv4");
  }

  #become(state: ConnectionState, family: Family): void {
    const before = this.#kind;
    [this.#state, this.#family] = [state, family];
    this.#census.move(before, this.#kind);
  }

  /** Null: it is closed, and in nobody's count. */
  get #kind(): ConnectionKind | null {
    if (!this.open) return null;
    return { direction: this.direction, state: this.#state, family: this.#family };
  }

  get open(): boolean {
    return this.state !== "closed";
  }

  /** The peer may send stanzas and requests here. */
  get receives(): boolean {
    return this.direction === "in" || this.bidi;
  }

  /** We may send requests here: our own direction, or bidi towards a peer with the marker (2.8). */
  get requests(): boolean {
    if (this.purpose === "verify" || this.refuted) return false;
    return this.direction === "out" || (this.bidi && this.peerDna);
  }

  get certificate(): PeerCertificate {
    return this.#certificate;
  }

  /** The header's `remote` is proven to be a name of the peer, by its certificate or its own records. */
  get remoteProven(): boolean {
    const names = this.mode === "server-name" ? this.#machineNames : this.#serverNames;
    return this.remote !== null && matchesName(names, this.remote);
  }

  /** The stream itself is authenticated (F2): between server names by its certificate, classic ones by SASL, that is by a pair. */
  get authenticated(): boolean {
    return this.mode === "server-name" && this.remoteProven;
  }

  /** The names of an accepted peer certificate, wildcards stay patterns; and what TLSA proves beside or in place of them. */
  get serverNames(): readonly string[] {
    return this.#serverNames;
  }

  /** Those of them by which the peer's machine may go, as the `remote` of a server-name stream (6.5). */
  get machineNames(): readonly string[] {
    return this.#machineNames;
  }

  /** Domains that are proven to be delegated to this peer. */
  get delegated(): ReadonlyMap<Domain, Proof> {
    return this.#delegated;
  }

  /** TLS is done. Once only: renegotiation is off (protocol.md 3.8). */
  secured(certificate: PeerCertificate): void {
    if (this.#certificate.state !== "absent") throw new Error(`Cannot secure ${this.id}: it is secured`);
    this.#certificate = certificate;
    this.#serverNames = serverNames(certificate);
    this.#machineNames = machineNames(certificate);
    for (const name of this.#serverNames) this.#indexes.byName.add(name, this);
  }

  /** A name that something else than an accepted chain proves to be the peer's: a TLSA record (protocol.md 3.4, R-7). */
  vouch(name: string): void {
    if (!this.#machineNames.includes(name)) this.#machineNames = [...this.#machineNames, name];
    if (this.#serverNames.includes(name)) return;
    this.#serverNames = [...this.#serverNames, name];
    this.#indexes.byName.add(name, this);
  }

  /** the one name that its own records prove is all that the peer is; what else its certificate says is dropped. */
  vouchAlone(name: string): void {
    for (const other of this.#serverNames) this.#indexes.byName.remove(other, this);
    this.#serverNames = this.#machineNames = [];
    this.vouch(name);
  }

  /**
   * Enters or replaces the proof of one domain.
   *
   * @throws {Error} when the connection is closed, or the proof is over or was made for another certificate or stream.
   */
  delegate(proof: Proof, now: number): void {
    if (!this.open) throw new Error(`Cannot delegate ${proof.domain} to ${this.id}: it is closed`);
    if (!proof.holds(now)) {
      throw new Error(`Cannot delegate ${proof.domain} to ${this.id}: the proof is over`);
    }
    if (!this.#bears(proof)) {
      throw new Error(`Cannot delegate ${proof.domain} to ${this.id}: the proof is for another peer`);
    }
    if (!this.#delegated.has(proof.domain)) this.#indexes.byDelegated.add(proof.domain, this);
    this.#delegated.set(proof.domain, proof);
  }

  /**
   * protocol.md 3.1: a proof is never shared between connections whose peer certificates differ.
   *
   * One by dialback key holds for the stream whose id the key was made with, one by both for both (3.7).
   */
  #bears({ certificate, streamId }: Proof): boolean {
    if (certificate === null && streamId === null) return false;
    const shown = this.#certificate.state === "absent" ? null : this.#certificate.facts?.sha256 ?? null;
    return (certificate === null || certificate === shown) &&
      (streamId === null || streamId === this.streamId);
  }

  /** Forgets the proof of one domain, but remembers that there was one. */
  undelegate(domain: Domain): void {
    if (!this.#delegated.delete(domain)) return;
    this.#indexes.byDelegated.remove(domain, this);
    this.provenBefore.add(domain);
  }

  /** The last step of {@link ConnectionTable.close}: nothing is found by this connection's names any more. */
  forget(): void {
    this.state = "closed";
    for (const name of this.#serverNames) this.#indexes.byName.remove(name, this);
    for (const domain of this.#delegated.keys()) this.#indexes.byDelegated.remove(domain, this);
    this.#delegated.clear();
    this.pendingOut.clear();
    this.pendingIn.clear();
  }
}
