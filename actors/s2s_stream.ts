/** What both directions of a stream between servers share: what is said on it, the bytes, the end. protocol.md 2.2 to 2.8. */
import type { Cause } from "../facts/cause.ts";
import type { Grant } from "../routing/grant.ts";
import type { Batch } from "../wire/connection.ts";
import type { Element } from "../xml/element.ts";
import { type DialbackAnswer, type DialbackVerify, parseDialback } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { Refusal } from "../xmpp/stream_error.ts";
import { parseManagement } from "../xmpp/stream_management.ts";
import { Acks } from "./acks.ts";
import { network } from "../xmpp/network.ts";
import { Authoritative } from "./authoritative.ts";
import type { ServerContext } from "./context.ts";
import { Inward } from "./inward.ts";
import { Liveness } from "./liveness.ts";
import { answerFor } from "./losses.ts";
import { OurRequests } from "./our_requests.ts";
import type { Outgoing } from "./outgoing.ts";
import { PeerRequests } from "./peer_requests.ts";
import type { ProofLife } from "./proof.ts";
import { Proofs } from "./proofs.ts";
import { Questions } from "./questions.ts";
import { RowShell } from "./row_stream.ts";
import { saidWith } from "./stream.ts";
import { Window } from "./window.ts";

export abstract class S2sShell extends RowShell {
  lastStanzaAt = 0;
  /** How long the peer took for its last answer to "are you there", in ms. */
  rttMs: number | null = null;
  /** The peer's requests, and ours. */
  readonly theirs: PeerRequests;
  readonly ours: OurRequests;
  readonly proofs: Proofs;
  readonly acks: Acks;
  readonly #liveness: Liveness;
  /** How much may go out now. */
  readonly window: Window;
  /** What we ask about the peer's keys. */
  readonly questions = new Questions();
  /** What the peer asks about our own keys. */
  readonly #authoritative: Authoritative;
  readonly #inward: Inward;
  /** Whose the peer's address is: every request asks. */
  #network: string | null = null;
  /** Pairs that stopped here and whose routes do not know it yet. */
  #stopped: readonly DomainPair[] = [];

  constructor(server: ServerContext, direction: "in" | "out") {
    super(server, direction);
    this.theirs = new PeerRequests(server, this);
    this.ours = new OurRequests(server, this);
    this.proofs = new Proofs(server, this);
    this.acks = new Acks(server, this);
    this.#liveness = new Liveness(server, this);
    this.window = new Window(server, this);
    this.#authoritative = new Authoritative(server, this);
    this.#inward = new Inward(server, this);
    server.shells.set(this.row.id, this);
  }

  /** What proves the name of the peer's machine where its certificate does not. */
  get machineProof(): ProofLife | null {
    return null;
  }

  protected override onStanzas(batch: Batch, first: number, end: number): void | Promise<void> {
    if (this.connection.tls === null && !this.mayBeClear) {
      return this.fault("policy-violation", "tls.required"); // 4.6
    }
    return this.#inward.stanzas(batch, first, end);
  }

  /** First-level elements that mean the same in both directions. */
  protected onFederationElement(element: Element): void | Promise<void> {
    const management = parseManagement(element);
    if (management !== null) return this.acks.handle(management);
    const dialback = parseDialback(element);
    switch (dialback?.kind) {
      case "request":
        this.requestReceived();
        return this.theirs.handle(dialback);
      case "verdict":
        return this.ours.verdict(dialback);
      case undefined:
        return this.fault("unsupported-stanza-type", "stream.unsupported");
      case "verify":
        // On our own one-way stream the peer speaks only to answer (4.3).
        return this.row.receives ? this.#authoritative.verify(dialback) : this.#unasked(dialback);
      case "answer":
        return this.questions.answer(dialback) ? undefined : this.#unasked(dialback);
    }
  }

  /** 7.5, DB-8: what is said on a connection where it has no place says nothing. */
  #unasked({ kind, from, to }: DialbackVerify | DialbackAnswer): void {
    this.server.host.tell({
      type: "verify.ignored",
      level: "warning",
      connection: this.id,
      cause: "peer.unsolicited",
      pair: { local: to.domain, remote: from.domain },
      detail: { kind, peer: this.connection.peer.ip },
    });
  }

  protected requestReceived(): void {}

  /** A pair was opened on this connection; the inbound machine stops its negotiation timer by it. */
  pairOpened(): void {
    this.acks.begin();
  }

  /** The negotiation timer of the initiator ends with its first request (8.5). */
  requestWritten(): void {}

  asPeer(): { address: string; proven: boolean } {
    this.#network ??= network(this.connection.peer.ip);
    return { address: this.#network, proven: this.proven };
  }

  /** What the peer takes at most; without its word, what we would take ourselves. */
  get mostBytes(): number {
    return this.row.peerMaxBytes ?? this.server.config.limits.stanzaBytes;
  }

  /**
   * Gathers framed stanzas into the next write, as far as the peer's window goes. The caller holds a live grant for each.
   *
   * @returns The first that was not taken, or `end`.
   */
  forward(batch: Batch, first: number, end: number): number {
    this.acks.begin();
    const until = this.window.reach(batch, first, end);
    if (until === first) return first;
    this.connection.forward(batch, first, until);
    batch.tally(first, until, this.server.traffic.kindsOut);
    this.lastStanzaAt = this.connection.lastWriteAt;
    this.#wrote(batch.bytes, batch.start(first), batch.end(until - 1), until - first);
    return until;
  }

  /** Writes one stanza of ours past its grant. */
  deliver(stanza: Outgoing, grant: Grant): void {
    if (!grant.live || grant.connection !== this.row) {
      throw new Error(`Cannot deliver on ${this.id}: no live grant`);
    }
    this.say(stanza.bytes);
  }

  /** Writes one stanza that needs no grant: from machine to machine, or a question of our own. */
  say(stanza: Uint8Array): void {
    this.ask(stanza);
    this.lastStanzaAt = this.server.host.clock.now();
  }

  /** Writes a question of our own, which is no traffic (4.10). */
  ask(stanza: Uint8Array): void {
    this.acks.begin();
    this.connection.write(stanza);
    this.server.traffic.kindsOut[kindOf(stanza)]!++;
    this.#wrote(stanza, 0, stanza.length, 1);
  }

  /** `stanzas` stanzas left: those that stand in `bytes` from `start` to `end`. */
  #wrote(bytes: Uint8Array, start: number, end: number, stanzas: number): void {
    this.stanzasOut += stanzas;
    this.row.ledger.wrote(bytes, start, end, stanzas, this.connection.lastWriteAt);
    this.acks.wrote();
  }

  /** 4.9: what is queued for this connection leaves, then nothing more is taken for it; its pairs go other ways. */
  protected override lastWords(): void | Promise<void> {
    this.window.flush();
    this.row.state = "closing"; // found by nobody from now on
    const rows = this.server.bindings.stopSending(this.row);
    this.theirs.connectionOver();
    // What may have to go again goes before whatever comes now: its routes hear of the end when the last count is in.
    const undecided = this.row.ledger.unacknowledged > 0 && this.server.config.policy.onLoss === "resend";
    if (undecided) this.#stopped = rows;
    else this.#tellRoutes(rows, this.leaving);
    return this.acks.lastWords();
  }

  #tellRoutes(rows: readonly DomainPair[], cause: Cause): void {
    this.ours.connectionOver(cause);
    // Routes that were opened by the inverse of a grant have no request of ours that could tell them.
    for (const { local, remote } of rows) this.server.routes.closed({ local, remote }, cause);
  }

  protected override onLateElement(element: Element): void {
    const management = parseManagement(element);
    if (management?.kind === "answer") this.acks.handle(management);
  }

  protected override errorDetail(refusal: Refusal) {
    const { tooHigh } = this.acks;
    return tooHigh !== null && refusal.cause === "stream.handled-count"
      ? { application: tooHigh }
      : super.errorDetail(refusal);
  }

  /** 4.10, 8.5: what is due is done; closing is the machine's. */
  protected idleAnswer(): { type: "close.requested"; cause: "stream.idle" } | {
    type: "traffic.seen";
    leftMs: number;
  } {
    const { act, leftMs } = this.#liveness.look();
    return act === "close"
      ? { type: "close.requested", cause: "stream.idle" }
      : { type: "traffic.seen", leftMs };
  }

  /** The peer has acknowledged something: what waited may go. */
  roomCame(): void {
    this.window.roomCame();
  }

  /** The policies changed: without TLS a stream that is of no use any more ends, whatever is pending on it. */
  policyChanged(): void {
    const { row, server } = this;
    const clear = this.mayBeClear && this.connection.tls === null;
    const ofUse = server.bindings.pairsOn(row) > 0 || server.takesCleartext(row.local, row.remote);
    if (clear && !ofUse) this.close("tls.required", "policy-violation");
  }

  /** Ends the stream in good order. */
  close(
    cause: Cause,
    condition?: "reset" | "system-shutdown" | "policy-violation" | "connection-timeout",
  ): void {
    this.leaving = cause;
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
    const { wasUp } = this;
    const [kept, held] = [row.ledger.takeUnacknowledged(), this.window.takeAll()];
    const lost = row.ledger.writtenUnconfirmed;
    server.graves.add(this, cause);
    // Out of every row before anybody is told (dna-01 4: MUST).
    const sent = server.connections.close(row);
    server.shells.delete(row.id);
    server.closed(this, lost);
    this.acks.over();
    this.#liveness.over();
    // Before the routes are told: what they find waiting is why they connect again.
    const answered = answerFor(server, this.id, kept, held);
    this.theirs.connectionOver();
    this.proofs.connectionOver();
    this.#inward.connectionOver();
    this.#tellRoutes([...this.#stopped, ...sent], cause);
    server.host.tell({
      type: wasUp ? "connection.closed" : "connection.failed",
      level: wasUp ? this.level : "warning",
      connection: this.id,
      cause,
      detail: {
        direction: row.direction,
        peer: this.connection?.peer.ip ?? null,
        local: row.local,
        remote: row.remote,
        ...saidWith(this.peerError),
        unconfirmed: lost,
        ...answered,
      },
    });
    this.trace.tracer?.ended();
  }
}

/** As the framer numbers them. What we write ourselves begins with its name: `<message`, `<presence`, `<iq`. */
function kindOf(stanza: Uint8Array): number {
  return stanza[1] === 0x6d ? 1 : stanza[1] === 0x70 ? 2 : 3;
}
