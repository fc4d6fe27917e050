/** The peer's requests on one connection: checked, proven, answered. protocol.md 2.6.1, section 10. */
import type { Cause } from "../facts/cause.ts";
import { checkRequest } from "../policy/request.ts";
import type { DialbackRequest } from "../xmpp/dialback.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import type { Denial } from "../xmpp/verdict_error.ts";
import { AssertionIn } from "./assertion_in.ts";
import type { ServerContext } from "./context.ts";
import { Digest } from "./digest.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { Rate } from "./turnstile.ts";
import type { Tried } from "./tried.ts";

export class PeerRequests {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #assertions = new Map<PairKey, AssertionIn>();
  #denials: number[] = [];
  readonly #proofs: { rate: Rate | null } = { rate: null };
  /** What is refused for a limit costs a verdict and log lines each time. */
  readonly #refusals: { rate: Rate | null } = { rate: null };
  readonly #digest: Digest;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
    this.#digest = new Digest(server.host);
  }

  all(): Iterable<AssertionIn> {
    return this.#assertions.values();
  }

  /** Q1 to Q9, then an actor that proves it. The result pauses reading while a peer asks beyond its limits. */
  handle(request: DialbackRequest): void | Promise<void> {
    const [server, shell, row] = [this.#server, this.#shell, this.#shell.row];
    const check = checkRequest({
      sender: request.sender.domain,
      target: request.target.domain,
      receives: row.receives,
      securedEnough: (pair) => shell.carries(pair),
      isHosted: (domain) => server.hosted.isHosted(domain),
      isServerName: (domain) => server.hosted.isServerName(domain),
      refusal: (pair) => server.refusalFor(pair),
      limit: (pair) => this.#requestLimit(pair),
      isGranted: (pair) => this.#holds(pair),
      isPending: (pair) => row.pendingIn.has(pairKey(pair)),
    });
    if (check.result === "fault") return shell.fault(check.condition, check.cause);
    if (check.result === "duplicate") return;
    const pair = check.result === "refused" ? { local: check.target, remote: check.sender } : check.pair;
    this.#digest.tell(`request ${pairKey(pair)}`, { type: "request.received", connection: shell.id, pair });
    const assertion = new AssertionIn(server, shell, pair, request);
    if (check.result === "admitted") {
      this.#assertions.set(pairKey(pair), assertion);
      row.pendingIn.add(pairKey(pair));
    }
    assertion.checked(check);
    if (check.result === "refused" && check.denial.type === "wait") return this.#turn(this.#refusals);
  }

  /** Q8: granted here, by a proof that still holds. */
  #holds(pair: DomainPair): boolean {
    const held = this.#shell.proofs.held(pair.remote);
    return held !== null && this.#server.bindings.receiving(pair, this.#shell.row) !== null;
  }

  #requestLimit({ remote }: DomainPair): Cause | null {
    const { limits } = this.#server.config;
    const { proofs } = this.#shell;
    if (proofs.held(remote) === null && proofs.full) return "limit.domains";
    if (this.#server.bindings.pairsOn(this.#shell.row) >= limits.pairsPerConnection) return "limit.pairs";
    const most = this.#shell.proven ? limits.pendingRequests : limits.pendingRequestsUnproven;
    return this.#shell.row.pendingIn.size >= most ? "limit.requests" : null;
  }

  /** Waits for this connection's turn to cause proof work (protocol.md 10: 50/s, burst ten times). */
  async proofTurn(): Promise<void> {
    await this.#turn(this.#proofs);
  }

  #turn(turns: { rate: Rate | null }): Promise<void> | void {
    const { clock } = this.#server.host;
    const { limits } = this.#server.config;
    const perSecond = this.#shell.proven
      ? limits.proofRequestsPerSecond
      : limits.proofRequestsPerSecondUnproven;
    if (turns.rate?.perSecond !== perSecond) turns.rate = new Rate(perSecond, 10 * perSecond, clock.now());
    const ms = turns.rate.waitMs(clock.now());
    if (ms > 0) return new Promise<void>((resolve) => clock.setTimeout(() => resolve(), ms));
  }

  /** It is answered, or nobody waits for it any more. */
  forget(pair: DomainPair): void {
    this.#assertions.delete(pairKey(pair));
    this.#shell.row.pendingIn.delete(pairKey(pair));
  }

  /** Behind the verdict: what it means for others. */
  answered(pair: DomainPair, denial: Denial | null, cause: Cause | null, tried: Tried): void {
    const { host } = this.#server;
    const verdict = denial === null ? "valid" : denial.type === "invalid" ? "invalid" : "error";
    const detail = { verdict, condition: denial?.condition ?? null };
    this.#digest.tell(`${verdict} ${pairKey(pair)}`, {
      type: "verdict.sent",
      connection: this.#shell.id,
      pair,
      detail,
      ...(cause ? { cause } : {}),
    });
    // Behind the verdict: with bidi the inverse pair is open now too, whatever waits for it may go (2.8, BID-6).
    if (denial === null) return this.#server.routes.opened(pair);
    host.tell({
      type: "pair.denied",
      level: "warning",
      connection: this.#shell.id,
      pair,
      cause: cause!,
      detail: {
        direction: "in",
        condition: denial.condition,
        ...tried,
        peer: this.#shell.connection.peer.ip,
      },
    });
    if (denial.type === "auth" || denial.type === "cancel") this.#countDenial();
  }

  /** `wait` never counts: our own DNS trouble must not cost a peer its link (protocol.md 10). */
  #countDenial(): void {
    const now = this.#server.host.clock.now();
    this.#denials = [...this.#denials.filter((at) => at > now - 60_000), now];
    if (this.#denials.length > this.#server.config.limits.denialsPerMinute) {
      this.#shell.fault("policy-violation", "limit.denials");
    }
  }

  connectionOver(): void {
    for (const assertion of this.#assertions.values()) assertion.connectionOver();
    this.#digest.close();
  }
}
