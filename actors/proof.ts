/** The life of one proof on one connection: performs `machines/proof`. protocol.md 3.9. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { proof as proofMachine, PROOF_TIMERS, type ProofEffect } from "../machines/proof.ts";
import type { Proof } from "../policy/proof.ts";
import type { Verdict } from "../policy/decide.ts";
import type { Delegation } from "../facts/delegation.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";

export class ProofLife {
  proof: Proof;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #judge: (delegation: Delegation) => Verdict;
  readonly #actor: Actor<typeof proofMachine>;

  /** @param judge The same judgement that made the proof: as a request's (incoming) or as an endpoint's (outgoing). */
  constructor(
    server: ServerContext,
    shell: S2sShell,
    proof: Proof,
    judge: (delegation: Delegation) => Verdict,
  ) {
    this.#server = server;
    this.#shell = shell;
    this.proof = proof;
    this.#judge = judge;
    const { recheckMinMs, recheckMaxMs, proofTimeoutMs } = server.config.limits;
    this.#actor = actorOf(
      proofMachine,
      `${shell.id} proof of ${proof.domain}`,
      { ...this.#bounds(), timers: { ...PROOF_TIMERS, recheckMinMs, recheckMaxMs, proofTimeoutMs } },
      (effect) => this.#perform(effect),
      server.host,
      () => shell.proofs.ended(proof.domain, "server.internal"),
    );
    this.#actor.start();
  }

  /** For the API: held, rechecking, suspected, postponed or ended. */
  get state(): string {
    const { value } = this.#actor.getSnapshot();
    return typeof value === "string" ? value : String(Object.values(value)[0]);
  }

  recheckWanted(): void {
    this.#actor.send({ type: "recheck.wanted" });
  }

  unused(): void {
    this.#actor.send({ type: "proof.unused" });
  }

  connectionOver(): void {
    this.#actor.send({ type: "connection.over" });
  }

  #perform(effect: ProofEffect): void {
    const { domain } = this.proof;
    switch (effect.type) {
      case "recheck":
        return background(this.#server.host, `re-check of ${domain}`, this.#recheck(), () => {
          this.#shell.proofs.ended(domain, "server.internal");
        });
      case "report suspected":
        return this.#tell("suspected", "dns.bogus");
      case "report postponed":
        return this.#tell("postponed", effect.cause);
      case "end proof":
        return this.#shell.proofs.ended(domain, effect.cause);
    }
  }

  /** Past every cache of ours, judged with the live certificate. */
  async #recheck(): Promise<void> {
    const delegation = await this.#server.evidence.delegation(this.proof.domain, { fresh: true });
    // Forgotten meanwhile: a late answer must not bring it back.
    if (this.#shell.over || this.#actor.getSnapshot().status !== "active") return;
    const verdict = this.#judge(delegation);
    if (verdict.proved) {
      this.proof = verdict.proof;
      this.#shell.proofs.renewed(verdict.proof);
      this.#tell("held", null);
      return this.#actor.send({ type: "recheck.held", ...this.#bounds() });
    }
    if (delegation.security === "bogus") return this.#actor.send({ type: "recheck.bogus" });
    if (delegation.security === "indeterminate" || delegation.service === "unknown") {
      return this.#actor.send({ type: "recheck.failed", cause: verdict.cause });
    }
    this.#actor.send({ type: "recheck.negative", cause: verdict.cause });
  }

  #bounds(): { softMs: number; hardMs: number | null } {
    const now = this.#server.host.clock.now();
    const { recheckAt, expiresAt } = this.proof;
    return { softMs: recheckAt - now, hardMs: expiresAt === null ? null : Math.max(0, expiresAt - now) };
  }

  #tell(outcome: string, cause: Cause | null): void {
    this.#server.host.tell({
      type: "proof.rechecked",
      connection: this.#shell.id,
      detail: { domain: this.proof.domain, prooftype: this.proof.prooftype, outcome },
      ...(cause ? { cause } : {}),
    });
  }
}
