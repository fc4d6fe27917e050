/** Our requests on one connection, and what the peer's verdicts make of them. protocol.md 2.5 I-14, I-15, 2.7. */
import type { Cause } from "../facts/cause.ts";
import { type PendingRequest, sendRequest } from "../routing/pending_request.ts";
import { readVerdict, type VerdictMeaning } from "../routing/verdict.ts";
import type { DialbackVerdict } from "../xmpp/dialback.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { type AssertionListener, AssertionOut } from "./assertion_out.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { triedBy } from "./tried.ts";

export class OurRequests {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #assertions = new Map<PairKey, AssertionOut>();
  readonly #turns: AssertionOut[] = [];
  #claim: PendingRequest | null = null;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
  }

  all(): Iterable<AssertionOut> {
    return this.#assertions.values();
  }

  /** Asks for a pair; it waits when too many of ours are unanswered. Idempotent per pair. */
  ask(pair: DomainPair, listener: AssertionListener): void {
    const assertion = new AssertionOut(this.#server, this.#shell, pair, listener);
    this.#assertions.set(pairKey(pair), assertion);
    this.#turns.push(assertion);
    this.#nextTurns();
  }

  #nextTurns(): void {
    if (this.#shell.row.refuted) return;
    const { unansweredRequests } = this.#server.config.limits;
    while (this.#shell.row.pendingOut.size < unansweredRequests) {
      const next = this.#turns.findIndex(({ pair }) => this.#mayAsk(pair));
      if (next === -1) return;
      this.#turns.splice(next, 1)[0]!.turnCame();
    }
  }

  /** COMPAT: Prosody tells requests on one stream apart by their sender alone (protocol.md, appendix A). */
  #mayAsk({ local }: DomainPair): boolean {
    const { peerErrors, peerDna, pendingOut } = this.#shell.row;
    return peerErrors || peerDna || ![...pendingOut.values()].some(({ pair }) => pair.local === local);
  }

  /** SASL EXTERNAL asks for the pair of the header in words of its own (7.1); it is pending like any request. */
  claim(pair: DomainPair): void {
    this.#claim = sendRequest(this.#shell.row, pair);
  }

  /** `<failure/>`: a request with a key may follow. */
  unclaimed(): void {
    this.#claim?.settle();
    this.#claim = null;
  }

  /** `<success/>`. False when our own proof or our leave ended meanwhile: then nothing is authorised. */
  claimed(): boolean {
    const claim = this.#claim;
    this.#claim = null;
    return claim !== null && this.authorise(claim.pair, claim);
  }

  /** A verdict of the peer; only one that we asked for may open anything. */
  verdict({ from, to, verdict, condition, text }: DialbackVerdict): void {
    const pair = { local: to.domain, remote: from.domain };
    const meaning = verdict === "other"
      ? null
      : readVerdict(this.#server.bindings, this.#shell.row, pair, verdict);
    const unsolicited = meaning?.is === "unsolicited";
    const cause = causeOf(meaning, verdict);
    this.#server.host.tell({
      type: "verdict.received",
      level: unsolicited ? "warning" : "info",
      connection: this.#shell.id,
      pair,
      detail: {
        verdict,
        condition,
        text,
        meaning: meaning?.is ?? "ignored",
        peer: this.#shell.connection.peer.ip,
      },
      ...(cause === null ? {} : { cause }),
    });
    if (meaning === null || meaning.is === "repetition") return;
    if (meaning.is === "unsolicited") {
      return meaning.flood ? this.#shell.fault("policy-violation", "peer.unsolicited") : undefined;
    }
    const assertion = this.#assertions.get(pairKey(pair));
    if (assertion !== undefined) assertion.verdict(verdict, condition);
    // Opened as the inverse of a grant of ours: there is no request of ours that it could answer.
    else if (meaning.is === "revocation") {
      this.withdrawn(pair, "peer", "peer.revoked");
      this.#server.routes.closed(pair, "peer.revoked");
    }
    this.#nextTurns();
  }

  /** The peer answered `valid`. False when our own proof or our leave ended meanwhile: then nothing is authorised. */
  authorise(pair: DomainPair, pending: PendingRequest): boolean {
    const permission = pending.accept();
    // What I-1 said may hold no more.
    if (!this.#server.hosted.isHosted(pair.local) || this.#server.refusalFor(pair) !== null) return false;
    if (!this.#shell.carries(pair)) return false;
    const grant = permission && this.#server.bindings.authorise(permission, this.#server.host.clock.now());
    if (!grant) return false;
    this.#shell.row.refuted = false;
    this.#shell.pairOpened();
    this.#server.host.tell({
      type: "pair.authorised",
      connection: this.#shell.id,
      pair,
      detail: this.#shell.proofs.describe(this.#shell.row.delegated.get(pair.remote)!),
    });
    return true;
  }

  /** Takes a pair off this connection (2.7, 2.11 T5). */
  withdrawn(pair: DomainPair, by: "peer" | "us" | "connection", cause: Cause): void {
    this.#assertions.delete(pairKey(pair));
    // By us: it left the tables before its assertion was told.
    if (by !== "peer") return;
    const proof = this.#shell.row.delegated.get(pair.remote);
    const { unused } = this.#server.bindings.revoke(this.#shell.row, pair);
    if (unused) this.#shell.proofs.forget(pair.remote);
    this.#server.host.tell({
      type: "pair.revoked",
      level: "warning",
      connection: this.#shell.id,
      pair,
      cause,
      detail: { by, direction: "out", ...triedBy(proof), peer: this.#shell.connection.peer.ip },
    });
  }

  /** Our request was denied. */
  denied(pair: DomainPair, pending: PendingRequest | null, cause: Cause, condition: string | null): void {
    pending?.settle();
    this.#assertions.delete(pairKey(pair));
    const { row } = this.#shell;
    if (cause === "peer.invalid" && this.#server.bindings.pairsOn(row) === 0) row.refuted = true;
    this.#server.host.tell({
      type: "pair.denied",
      level: "warning",
      connection: this.#shell.id,
      pair,
      cause,
      detail: {
        direction: "out",
        condition,
        ...triedBy(this.#shell.row.delegated.get(pair.remote)),
        peer: this.#shell.connection.peer.ip,
      },
    });
    this.#nextTurns();
    // 7.6: nothing of ours is valid or can become so: the peer closes the stream, and so do we.
    if (row.refuted && row.pendingOut.size === 0) this.#shell.close("peer.invalid");
  }

  /** Our assertion of a pair, while there is one. */
  of(pair: DomainPair): AssertionOut | undefined {
    return this.#assertions.get(pairKey(pair));
  }

  connectionOver(cause: Cause): void {
    for (const assertion of [...this.#assertions.values()]) assertion.connectionOver(cause);
  }
}

/** Why nothing is open by it; null where something is, or nothing was said. */
function causeOf(meaning: VerdictMeaning | null, verdict: DialbackVerdict["verdict"]): Cause | null {
  if (meaning?.is === "unsolicited") return "peer.unsolicited";
  if (meaning?.is === "revocation") return "peer.revoked";
  if (meaning?.is !== "answer" || verdict === "valid") return null;
  return verdict === "invalid" ? "peer.invalid" : "peer.denied";
}
