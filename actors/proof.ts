/** The life of one proof on one connection: performs `machines/proof`. protocol.md 3.9. */
import type { Actor } from "xstate";
import type { Cause } from "../facts/cause.ts";
import { postponementMs, proof as proofMachine, PROOF_TIMERS, type ProofEffect } from "../machines/proof.ts";
import type { Proof } from "../policy/proof.ts";
import { isStricter } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import { UNASKED } from "../policy/judge.ts";
import { readRecheck, type Recheck } from "../policy/recheck.ts";
import type { Claim } from "./claim.ts";
import type { Domain } from "../xmpp/domain.ts";
import { collect, type Found } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import { stateOf } from "./state_of.ts";

/** Whose affair the proof is. */
export interface ProofHolder {
  renewed(proof: Proof): void;
  ended(domain: Domain, cause: Cause): void;
}

export class ProofLife {
  proof: Proof;
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #holder: ProofHolder;
  #claim: Claim;
  readonly #actor: Actor<typeof proofMachine>;
  /** When it is looked at again after a look that settled nothing; null while the proof's own time counts. */
  #againAt: number | null = null;
  /** What a re-check under way is for is gone. */
  readonly #over = new AbortController();

  /** @param claim The same judgement that made the proof: as a request's (incoming) or as an endpoint's (outgoing). */
  constructor(
    server: ServerContext,
    shell: S2sShell,
    proof: Proof,
    claim: Claim,
    holder: ProofHolder = shell.proofs,
  ) {
    this.#server = server;
    this.#shell = shell;
    this.#holder = holder;
    this.proof = proof;
    this.#claim = claim;
    const { recheckMinMs, recheckMaxMs, proofTimeoutMs } = server.config.limits;
    this.#actor = actorOf(
      proofMachine,
      `${shell.id} proof of ${proof.domain}`,
      { connection: shell.id },
      { ...this.#bounds(), timers: { ...PROOF_TIMERS, recheckMinMs, recheckMaxMs, proofTimeoutMs } },
      (effect) => this.#perform(effect),
      server.host,
      () => {
        this.#over.abort(null);
        holder.ended(proof.domain, "server.internal");
      },
    );
    this.#actor.subscribe({ next: () => this.#plan(), complete: () => this.#over.abort(null) });
    this.#actor.start();
  }

  /** As the chart has it. */
  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  /** For the API: held, rechecking, suspected, postponed or ended. */
  get state(): string {
    const { value } = this.#actor.getSnapshot();
    return typeof value === "string" ? value : String(Object.values(value)[0]);
  }

  /** When it is looked at next; while it is looked at, when that was due. Milliseconds since the epoch. */
  get recheckAt(): number {
    return this.#againAt ?? this.proof.recheckAt;
  }

  /** Another pair rests on the domain too, by this very proof or by one that was made just now. */
  alsoFor(proof: Proof, claim: Claim): void {
    if (isStricter(claim.policy(), this.#claim.policy())) this.#claim = claim;
    if (proof === this.proof) return;
    this.proof = proof;
    this.#actor.send({ type: "proof.replaced", ...this.#bounds() });
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

  /** Every state is entered once; while it is rechecked, what was planned stands. */
  #plan(): void {
    const { state } = this;
    if (state === "held") this.#againAt = null;
    const waitMs = state === "postponed"
      ? postponementMs(this.#actor.getSnapshot().context)
      : state === "suspected"
      ? PROOF_TIMERS.suspicionMs
      : null;
    if (waitMs !== null) this.#againAt = this.#server.host.clock.now() + waitMs;
  }

  #perform(effect: ProofEffect): void {
    const { domain } = this.proof;
    switch (effect.type) {
      case "recheck":
        return background(this.#server.host, `re-check of ${domain}`, this.#recheck(), () => {
          this.#holder.ended(domain, "server.internal");
        });
      case "report suspected":
        return this.#tell("suspected", "dns.bogus");
      case "report postponed":
        return this.#tell("postponed", effect.cause);
      case "end proof":
        return this.#holder.ended(domain, effect.cause);
    }
  }

  /** Past every cache of ours, judged with the live certificate. */
  async #recheck(): Promise<void> {
    // Forgotten meanwhile: a late answer must not bring it back.
    const wanted = () => !this.#shell.over && this.#actor.getSnapshot().status === "active";
    const collected = await collect(
      (found) => this.#judge(found),
      this.#claim.fetchers({ fresh: true }),
      wanted,
      this.#over.signal,
    );
    if (collected === null || !wanted()) return;
    const outcome = this.#read(collected.found);
    switch (outcome.is) {
      case "open": // The collector ends only where nothing is open.
        return;
      case "held":
        this.proof = outcome.proof;
        this.#holder.renewed(outcome.proof);
        this.#tell("held", null);
        return this.#actor.send({ type: "recheck.held", ...this.#bounds() });
      case "bogus":
        return this.#actor.send({ type: "recheck.bogus" });
      case "failed":
        return this.#actor.send({ type: "recheck.failed", cause: outcome.cause });
      case "negative":
        return this.#actor.send({ type: "recheck.negative", cause: outcome.cause });
    }
  }

  /** As at the first time, but no further than to the evidence of the prooftype that is held. */
  #judge(found: Found): Verdict {
    const verdict = this.#claim.judge(found);
    const outcome = this.#read(found, verdict);
    return verdict.proved ? verdict : { ...verdict, needs: outcome.is === "open" ? outcome.needs : [] };
  }

  #read(found: Found, verdict: Verdict = this.#claim.judge(found)): Recheck {
    const { domain, prooftype } = this.proof;
    const [certificate, now] = [this.#shell.peerCertificate, this.#server.host.clock.now()];
    const evidence = { ...UNASKED, ...found, domain, certificate, now };
    return readRecheck(verdict, prooftype, evidence, this.#server.timing());
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
