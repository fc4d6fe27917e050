/** What both directions of a stream between servers share: the row, requests, verdicts, proofs. protocol.md 2.2 to 2.8. */
import type { Cause } from "../facts/cause.ts";
import type { PeerCertificate, TlsFacts } from "../facts/certificate.ts";
import type { Delegation } from "../facts/delegation.ts";
import { decide, type Verdict } from "../policy/decide.ts";
import type { Denial } from "../xmpp/verdict_error.ts";
import type { Proof } from "../policy/proof.ts";
import { checkRequest } from "../policy/request.ts";
import type { ConnectionRow, ConnectionState } from "../routing/connection_row.ts";
import type { Grant } from "../routing/grant.ts";
import type { PendingRequest } from "../routing/pending_request.ts";
import { readVerdict } from "../routing/verdict.ts";
import type { Batch, Connection, StartTls } from "../wire/connection.ts";
import { WireFault } from "../wire/fault.ts";
import type { Element } from "../xml/element.ts";
import {
  type DialbackRequest,
  type DialbackVerdict,
  parseDialback,
  printRevocation,
} from "../xmpp/dialback.ts";
import { type Domain, type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { NS } from "../xmpp/namespaces.ts";
import { AssertionIn } from "./assertion_in.ts";
import { type AssertionListener, AssertionOut } from "./assertion_out.ts";
import type { ServerContext } from "./context.ts";
import { Inward } from "./inward.ts";
import { ProofLife } from "./proof.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Drains } from "./sink.ts";
import { encode, StreamShell } from "./stream.ts";
import { Rate } from "./turnstile.ts";

export abstract class S2sShell extends StreamShell implements Drains {
  readonly row: ConnectionRow;
  readonly since: number;
  stalled = false;
  readonly assertionsOut = new Map<PairKey, AssertionOut>();
  readonly proofs = new Map<Domain, ProofLife>();
  readonly #assertionsIn = new Map<PairKey, AssertionIn>();
  readonly #turns: AssertionOut[] = [];
  readonly #inward: Inward;
  #wasUp = false;
  #denials: number[] = [];
  #proofRate: Rate | null = null;

  constructor(server: ServerContext, direction: "in" | "out") {
    super(server, NS.server);
    this.row = server.connections.open(direction);
    this.since = server.host.clock.now();
    this.#inward = new Inward(server, this);
    server.shells.set(this.row.id, this);
  }

  override get id(): string {
    return this.row.id;
  }

  get peerCertificate(): PeerCertificate {
    return this.row.certificate;
  }

  /** Whether the peer counts as proven. */
  get proven(): boolean {
    return this.row.remoteProven || this.row.everAuthorised;
  }

  /** TCP is there: from now on it is read. */
  protected opened(connection: Connection): void {
    this.connection = connection;
    this.server.host.tell({
      type: "connection.opened",
      connection: this.id,
      detail: { direction: this.row.direction, peer: connection.peer.ip, port: connection.peer.port },
    });
    void this.pump(connection);
  }

  protected startTls(options: StartTls): void {
    try {
      this.connection.startTls(options);
    } catch (error) {
      if (!(error instanceof WireFault)) throw error;
      this.tlsFailed(error.cause);
    }
  }

  /** The row follows the machine; only the connection table closes it. */
  protected track(tags: ReadonlySet<string>): void {
    const [state] = tags as ReadonlySet<ConnectionState>;
    if (state !== undefined && state !== "closed" && this.row.open) this.row.state = state;
  }

  /** For the API: `established`, `negotiating.securing`. */
  abstract get machineState(): string;

  protected abstract tlsFailed(cause: Cause): void;

  protected override tlsBroken(cause: Cause, detail: string): void {
    if (this.connection.tls === null) {
      this.tell("stream.error", { by: "peer", found: detail }, cause, "warning");
      return this.tlsFailed(cause);
    }
    super.tlsBroken(cause, detail);
  }

  protected rememberTls(facts: TlsFacts): void {
    this.row.secured(facts.peer);
    const certificate = facts.peer;
    this.tell("connection.secured", {
      version: facts.version,
      cipher: facts.cipher,
      own: facts.own,
      certificate: certificate.state,
      names: this.row.serverNames,
      subject: certificate.state === "absent" ? null : certificate.facts?.subject ?? null,
    }, certificate.state === "refused" ? certificate.cause : undefined);
  }

  protected established(): void {
    this.#wasUp = true;
    const { local, remote, bidi, peerDna, serverNames, direction } = this.row;
    this.tell("connection.established", { direction, local, remote, bidi, dna: peerDna, serverNames });
  }

  protected override onStanzas(batch: Batch, first: number, end: number): void | Promise<void> {
    if (this.connection.tls === null) return this.fault("policy-violation", "tls.required"); // 4.6
    return this.#inward.stanzas(batch, first, end);
  }

  /** First-level elements that mean the same in both directions. */
  protected onFederationElement(element: Element): void {
    const dialback = parseDialback(element);
    switch (dialback?.kind) {
      case "request":
        return this.#request(dialback);
      case "verdict":
        return this.#verdict(dialback);
      case undefined:
        return this.fault("unsupported-stanza-type", "stream.unsupported");
      default:
        // Verify comes with dialback itself: until then nobody here has asked, and nobody here answers (7.5).
        return;
    }
  }

  // ---- the peer's requests (2.6.1)

  protected requestReceived(): void {}

  #request(request: DialbackRequest): void {
    this.requestReceived();
    const { server, row } = this;
    const check = checkRequest({
      sender: request.sender.domain,
      target: request.target.domain,
      receives: row.receives,
      securedEnough: () => this.connection.tls !== null,
      isHosted: (domain) => server.hosted.isHosted(domain),
      isServerName: (domain) => server.hosted.isServerName(domain),
      refusal: (pair) => server.refusalFor(pair),
      limit: () => this.#requestLimit(),
      isGranted: (pair) => this.#holds(pair),
      isPending: (pair) => row.pendingIn.has(pairKey(pair)),
    });
    if (check.result === "fault") return this.fault(check.condition, check.cause);
    if (check.result === "duplicate") return;
    const pair = check.result === "refused" ? { local: check.target, remote: check.sender } : check.pair;
    server.host.tell({ type: "request.received", connection: this.id, pair });
    const assertion = new AssertionIn(server, this, pair, request);
    if (check.result === "admitted") {
      this.#assertionsIn.set(pairKey(pair), assertion);
      row.pendingIn.add(pairKey(pair));
    }
    assertion.checked(check);
  }

  /** Q8: granted here, by a proof that still holds. */
  #holds(pair: DomainPair): boolean {
    return this.server.bindings.receiving(pair, this.row) !== null && this.heldProof(pair.remote) !== null;
  }

  #requestLimit(): Cause | null {
    const { limits } = this.server.config;
    if (this.server.bindings.pairsOn(this.row) >= limits.pairsPerConnection) return "limit.pairs";
    const most = this.proven ? limits.pendingRequests : limits.pendingRequestsUnproven;
    return this.row.pendingIn.size >= most ? "limit.requests" : null;
  }

  /** Waits for this connection's turn to cause proof work (protocol.md 10: 50/s, burst ten times). */
  async proofTurn(): Promise<void> {
    const { clock } = this.server.host;
    const { limits } = this.server.config;
    const perSecond = this.proven ? limits.proofRequestsPerSecond : limits.proofRequestsPerSecondUnproven;
    if (this.#proofRate?.perSecond !== perSecond) {
      this.#proofRate = new Rate(perSecond, 10 * perSecond, clock.now());
    }
    const ms = this.#proofRate.waitMs(clock.now());
    if (ms > 0) await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), ms));
  }

  heldProof(domain: Domain): Proof | null {
    const proof = this.row.delegated.get(domain);
    return proof?.holds(this.server.host.clock.now()) ? proof : null;
  }

  asPeer(): { address: string; proven: boolean } {
    return { address: this.connection.peer.ip, proven: this.proven };
  }

  forgetRequest(pair: DomainPair): void {
    this.#assertionsIn.delete(pairKey(pair));
    this.row.pendingIn.delete(pairKey(pair));
  }

  /** Q12: the tables first; the verdict follows. */
  grant(pair: DomainPair, proof: Proof): void {
    const { server } = this;
    const known = this.proofs.has(proof.domain);
    server.bindings.grant(this.row, pair, proof, server.host.clock.now());
    if (!known) this.#watch(proof, (delegation) => this.#judgeClaim(pair, delegation));
    this.pairOpened();
    server.host.tell({ type: "pair.granted", connection: this.id, pair, detail: this.#describe(proof) });
  }

  verdictSent(pair: DomainPair, denial: Denial | null, cause: Cause | null): void {
    const { host } = this.server;
    const detail = { verdict: denial === null ? "valid" : "error", condition: denial?.condition ?? null };
    host.tell({ type: "verdict.sent", connection: this.id, pair, detail, ...(cause ? { cause } : {}) });
    // Behind the verdict: with bidi the inverse pair is open now too, whatever waits for it may go (2.8, BID-6).
    if (denial === null) return this.server.routes.opened(pair);
    host.tell({
      type: "pair.denied",
      level: "warning",
      connection: this.id,
      pair,
      cause: cause!,
      detail: { direction: "in", condition: denial.condition, peer: this.connection.peer.ip },
    });
    if (denial.type === "auth" || denial.type === "cancel") this.#countDenial();
  }

  /** `wait` never counts: our own DNS trouble must not cost a peer its link (protocol.md 10). */
  #countDenial(): void {
    const now = this.server.host.clock.now();
    this.#denials = [...this.#denials.filter((at) => at > now - 60_000), now];
    if (this.#denials.length > this.server.config.limits.denialsPerMinute) {
      this.fault("policy-violation", "limit.denials");
    }
  }

  /** A pair was opened on this connection; the inbound machine stops its negotiation timer by it. */
  protected pairOpened(): void {}

  // ---- our requests (2.7)

  /** Asks for a pair; it waits when too many of ours are unanswered. Idempotent per pair. */
  request(pair: DomainPair, listener: AssertionListener): void {
    const assertion = new AssertionOut(this.server, this, pair, listener);
    this.assertionsOut.set(pairKey(pair), assertion);
    this.#turns.push(assertion);
    this.#nextTurns();
  }

  /** The negotiation timer of the initiator ends with its first request (8.5). */
  requestWritten(): void {}

  #nextTurns(): void {
    const { unansweredRequests } = this.server.config.limits;
    while (this.#turns.length > 0 && this.row.pendingOut.size < unansweredRequests) {
      this.#turns.shift()!.turnCame();
    }
  }

  #verdict({ from, to, verdict, condition }: DialbackVerdict): void {
    const pair = { local: to.domain, remote: from.domain };
    const meaning = verdict === "other" ? null : readVerdict(this.server.bindings, this.row, pair, verdict);
    const unsolicited = meaning?.is === "unsolicited";
    this.server.host.tell({
      type: "verdict.received",
      level: unsolicited ? "warning" : "info",
      connection: this.id,
      pair,
      detail: { verdict, condition, meaning: meaning?.is ?? "ignored", peer: this.connection.peer.ip },
      ...(unsolicited ? { cause: "peer.unsolicited" } : {}),
    });
    if (meaning === null || meaning.is === "repetition") return;
    if (meaning.is === "unsolicited") {
      return meaning.flood ? this.fault("policy-violation", "peer.unsolicited") : undefined;
    }
    const assertion = this.assertionsOut.get(pairKey(pair));
    if (assertion !== undefined) assertion.verdict(verdict, condition);
    // Opened as the inverse of a grant of ours: there is no request of ours that it could answer.
    else if (meaning.is === "revocation") this.withdrawn(pair, "peer", "peer.revoked");
    this.#nextTurns();
  }

  /** Remembers that this peer speaks for a remote domain, before a request to it is sent (I-4, I-11). */
  delegate(proof: Proof, judge: (delegation: Delegation) => Verdict): void {
    this.row.delegate(proof, this.server.host.clock.now());
    if (!this.proofs.has(proof.domain)) this.#watch(proof, judge);
  }

  /** The peer answered `valid`. False when our own proof ended meanwhile: then nothing is authorised. */
  authorise(pair: DomainPair, pending: PendingRequest): boolean {
    const permission = pending.accept();
    const grant = permission && this.server.bindings.authorise(permission, this.server.host.clock.now());
    if (!grant) return false;
    this.pairOpened();
    this.server.host.tell({
      type: "pair.authorised",
      connection: this.id,
      pair,
      detail: this.#describe(this.row.delegated.get(pair.remote)!),
    });
    return true;
  }

  /** Takes a pair off this connection (2.7, 2.11 T5). */
  withdrawn(pair: DomainPair, by: "peer" | "us" | "connection", cause: Cause): void {
    this.assertionsOut.delete(pairKey(pair));
    // By us: it left the tables before its assertion was told.
    if (by !== "peer") return;
    const { unused } = this.server.bindings.revoke(this.row, pair);
    if (unused) this.#forgetProof(pair.remote);
    this.server.host.tell({
      type: "pair.revoked",
      level: "warning",
      connection: this.id,
      pair,
      cause,
      detail: { by, direction: "out" },
    });
  }

  /** Our request was denied. */
  denied(pair: DomainPair, pending: PendingRequest | null, cause: Cause, condition: string | null): void {
    pending?.settle();
    this.assertionsOut.delete(pairKey(pair));
    this.server.host.tell({
      type: "pair.denied",
      level: "warning",
      connection: this.id,
      pair,
      cause,
      detail: { direction: "out", condition },
    });
    this.#nextTurns();
  }

  // ---- proofs and revocation (3.9, 2.11 T5)

  #watch(proof: Proof, judge: (delegation: Delegation) => Verdict): void {
    this.proofs.set(proof.domain, new ProofLife(this.server, this, proof, judge));
  }

  #forgetProof(domain: Domain): void {
    this.proofs.get(domain)?.unused();
    this.proofs.delete(domain);
  }

  proofRenewed(proof: Proof): void {
    this.row.delegate(proof, this.server.host.clock.now());
  }

  /** The proof of a domain ended: every pair with it stops here, the others never notice. */
  proofEnded(domain: Domain, cause: Cause): void {
    const life = this.proofs.get(domain);
    this.proofs.delete(domain);
    if (life?.proof.endsWith === "certificate" && cause === "proof.expired") {
      return this.close("tls.expired", "reset"); // RFC 6120 13.7.2.3
    }
    const gone = this.server.bindings.expire(this.row, domain);
    for (const { local, remote } of gone) this.#revoked({ local, remote }, cause);
  }

  /** The operator takes a pair away. */
  revoke(pair: DomainPair, cause: Cause): boolean {
    const { sent, received, unused } = this.server.bindings.revoke(this.row, pair);
    if (unused) this.#forgetProof(pair.remote);
    if (sent || received) this.#revoked(pair, cause);
    return sent || received;
  }

  /** After the tables: the peer is told if it was let in by its own request, our own assertion ends. */
  #revoked(pair: DomainPair, cause: Cause): void {
    const { local, remote } = pair;
    const assertion = this.assertionsOut.get(pairKey(pair));
    this.server.host.tell({
      type: "pair.revoked",
      level: "warning",
      connection: this.id,
      pair,
      cause,
      detail: { by: "us", direction: assertion === undefined ? "in" : "out", peer: this.connection.peer.ip },
    });
    if (assertion === undefined) {
      this.connection.write(encode(printRevocation(local, remote)));
    }
    assertion?.proofEnded(cause);
    this.server.routes.closed(pair, cause);
  }

  #judgeClaim(pair: DomainPair, delegation: Delegation): Verdict {
    const { server } = this;
    return decide({
      domain: pair.remote,
      certificate: this.peerCertificate,
      delegation,
      policy: server.policyFor(pair),
      now: server.host.clock.now(),
      timing: server.timing(),
    });
  }

  #describe(proof: Proof) {
    const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString();
    return {
      prooftype: proof.prooftype,
      dns: proof.insecure ? "insecure" : proof.prooftype === "pkix" ? "not needed" : "secure",
      target: proof.target?.host ?? null,
      checkedAt: iso(proof.checkedAt),
      recheckAt: iso(proof.recheckAt),
      expires: iso(proof.expiresAt),
      peer: this.connection.peer.ip,
    };
  }

  // ---- stanzas out

  /** What the peer takes at most; without its word, what we would take ourselves. */
  get mostBytes(): number {
    return this.row.peerMaxBytes ?? this.server.config.limits.stanzaBytes;
  }

  drained(): Promise<void> | undefined {
    return this.connection.drained();
  }

  /** Gathers framed stanzas into the next write. The caller holds a live grant for each. True when it is enough for now. */
  forward(batch: Batch, first: number, end: number): boolean {
    this.connection.forward(batch, first, end);
    this.#wrote(end - first);
    return this.connection.drained() !== undefined;
  }

  /** Writes one stanza of ours past its grant. */
  deliver(stanza: Outgoing, grant: Grant): void {
    if (!grant.live || grant.connection !== this.row) {
      throw new Error(`Cannot deliver on ${this.id}: no live grant`);
    }
    this.connection.write(stanza.bytes);
    this.#wrote(1);
  }

  #wrote(stanzas: number): void {
    this.stanzasOut += stanzas;
    this.row.ledger.wrote(stanzas);
    this.lastStanzaAt = this.server.host.clock.now();
  }

  lastStanzaAt = 0;

  /** 4.10: idle means no stanza either way and nothing pending. */
  protected idleAnswer(): { type: "close.requested"; cause: "stream.idle" } | {
    type: "traffic.seen";
    leftMs: number;
  } {
    const now = this.server.host.clock.now();
    const { idleTimeoutMs } = this.server.config.limits;
    const pending = this.row.pendingIn.size + this.row.pendingOut.size > 0;
    const quietMs = now - Math.max(this.connection.lastReadAt, this.lastStanzaAt, this.since);
    if (pending || quietMs < idleTimeoutMs) {
      return { type: "traffic.seen", leftMs: Math.max(1, idleTimeoutMs - quietMs) };
    }
    return { type: "close.requested", cause: "stream.idle" };
  }

  // ---- the end

  /** Ends the stream in good order. */
  close(cause: Cause, condition?: "reset" | "system-shutdown" | "policy-violation"): void {
    this.send({ type: "close.requested", cause, ...(condition ? { condition } : {}) });
  }

  crashed(): void {
    this.connection?.drop();
    if (!this.over) {
      this.over = true;
      this.onOver("server.internal");
    }
  }

  protected override onOver(cause: Cause): void {
    const { server, row } = this;
    const wasUp = this.#wasUp;
    const lost = row.ledger.writtenUnconfirmed;
    // Out of every row before anybody is told (dna-01 4: MUST).
    server.connections.close(row);
    server.shells.delete(row.id);
    server.closed(this, lost);
    for (const assertion of this.#assertionsIn.values()) assertion.connectionOver();
    for (const life of this.proofs.values()) life.connectionOver();
    for (const assertion of [...this.assertionsOut.values()]) assertion.connectionOver(cause);
    server.host.tell({
      type: wasUp ? "connection.closed" : "connection.failed",
      level: wasUp ? "info" : "warning",
      connection: this.id,
      cause,
      detail: {
        direction: row.direction,
        peer: this.connection?.peer.ip ?? null,
        local: row.local,
        remote: row.remote,
      },
    });
  }
}
