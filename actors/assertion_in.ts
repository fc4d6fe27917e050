/** The peer's request on one connection: performs `machines/assertion_in`. protocol.md 2.6.1 Q10 to Q12. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { assertionIn, type AssertionInEffect } from "../machines/assertion_in.ts";
import { fits } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import { type Denial, DENIALS, INVALID } from "../xmpp/verdict_error.ts";
import type { Proof } from "../policy/proof.ts";
import type { RequestCheck } from "../policy/request.ts";
import { type DialbackRequest, printDenial, printVerdict } from "../xmpp/dialback.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { Budget } from "./budget.ts";
import { PeerClaim } from "./claim.ts";
import { NOTHING_FOUND } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import { NOTHING_TRIED, type Tried } from "./tried.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import { stateOf } from "./state_of.ts";
import { encode } from "./encode.ts";

export class AssertionIn {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #pair: DomainPair;
  /** Its spelling is echoed by the verdict. */
  readonly #request: DialbackRequest;
  readonly #claim: PeerClaim;
  readonly #actor: Actor<typeof assertionIn>;
  readonly #budget = new Budget();
  /** It is answered, or nobody waits for the answer any more. */
  readonly #over = new AbortController();
  #proof: Proof | null = null;
  #tried: Tried = NOTHING_TRIED;

  constructor(server: ServerContext, shell: S2sShell, pair: DomainPair, request: DialbackRequest) {
    this.#server = server;
    this.#shell = shell;
    this.#pair = pair;
    this.#request = request;
    this.#claim = new PeerClaim(server, shell, pair, request);
    this.#actor = actorOf(
      assertionIn,
      `${shell.id} asserts ${pair.remote} to ${pair.local}`,
      { connection: shell.id, pair },
      { timers: { proofTimeoutMs: server.config.limits.proofTimeoutMs } },
      (effect) => this.#perform(effect),
      server.host,
      () => this.#crashed(),
    );
    this.#actor.subscribe({ complete: () => this.#over.abort(null) });
    this.#actor.start();
  }

  /** As the chart has it. */
  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  /** What Q1 to Q9 said; `duplicate` never comes here: the request under way answers it. */
  checked(check: Exclude<RequestCheck, { result: "fault" | "duplicate" }>): void {
    switch (check.result) {
      case "admitted":
        return this.#actor.send({ type: "request.admitted" });
      case "known":
        return this.#actor.send({ type: "request.known" });
      case "refused":
        return this.#actor.send({ type: "request.refused", cause: check.cause, denial: check.denial });
    }
  }

  /** The peer hears nothing and will ask again: unknown is never yes. */
  #crashed(): void {
    this.#over.abort(null);
    this.#shell.theirs.forget(this.#pair);
  }

  connectionOver(): void {
    this.#actor.send({ type: "connection.over" });
  }

  #perform(effect: AssertionInEffect): void {
    switch (effect.type) {
      case "collect evidence":
        return background(
          this.#server.host,
          `proof of ${this.#pair.remote}`,
          this.#collect(),
          () => this.#crashed(),
        );
      case "grant":
        return this.#shell.proofs.grant(this.#pair, this.#proof!, this.#claim);
      case "send valid":
        return this.#answer(printVerdict(this.#request, "valid"), null, null);
      // The words of T3; no host names, no addresses.
      case "send error":
        return this.#answer(printDenial(this.#request, effect.denial), effect.denial, effect.cause);
      case "send invalid":
        return this.#answer(printVerdict(this.#request, "invalid"), INVALID, effect.cause);
      case "close stream":
        return this.#shell.close(effect.cause);
    }
  }

  /** Cheap first: the certificate in hand, a proof already held, and only then what has to be fetched (3.2). */
  async #collect(): Promise<void> {
    const held = this.#shell.proofs.held(this.#pair.remote);
    if (held !== null && fits(this.#server.policyFor(this.#pair), held)) return this.#found(held);
    const atHand = this.#claim.judge(NOTHING_FOUND);
    if (!atHand.proved && atHand.needs.length === 0) return this.#decided(atHand, "not asked");
    // Also for what is at hand: else a wildcard certificate would open domains without a rate.
    await this.#shell.theirs.proofTurn();
    if (!this.#wanted()) return;
    if (atHand.proved) return this.#decided(this.#claim.judge(NOTHING_FOUND), "not asked");
    const passage = await this.#claim.collected(this.#budget, () => this.#wanted(), this.#over.signal);
    if (!passage.passed) {
      return passage.why === "full" ? this.#missing("limit.proofs", DENIALS.limits) : undefined;
    }
    const collected = passage.value;
    if (collected === null || this.#shell.over) return;
    this.#decided(collected.verdict, collected.found.delegation?.security ?? "not asked");
  }

  /** Nobody waits for the answer any more: the connection is gone, or its time was up. */
  #wanted(): boolean {
    return !this.#shell.over && this.#actor.getSnapshot().status === "active";
  }

  #decided(verdict: Verdict, dns: string): void {
    if (verdict.proved) return this.#found(verdict.proof);
    this.#tried = { prooftype: verdict.tried, dns };
    this.#missing(verdict.cause, verdict.denial);
  }

  /** The way to a proof takes time: what Q3 to Q6 said may hold no more. */
  #found(proof: Proof): void {
    if (!this.#server.hosted.isHosted(this.#pair.local)) {
      return this.#missing("route.not-hosted", DENIALS["target not hosted"]);
    }
    if (!this.#shell.carries(this.#pair)) return this.#missing("tls.required", DENIALS["no tls"]);
    const refusal = this.#server.refusalFor(this.#pair);
    if (refusal !== null) return this.#missing(refusal, DENIALS.blocked);
    this.#proof = proof;
    this.#actor.send({ type: "proof.found" });
  }

  #missing(cause: Cause, denial: Denial): void {
    this.#actor.send({ type: "proof.missing", cause, denial });
  }

  #answer(verdict: string, denial: Denial | null, cause: Cause | null): void {
    this.#shell.theirs.forget(this.#pair);
    this.#shell.connection.write(encode(verdict));
    this.#shell.theirs.answered(this.#pair, denial, cause, this.#tried);
  }
}
