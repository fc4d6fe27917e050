/** From a pair to a connection on which it may be requested: resolving, the ladder, and whether the peer there is proven. protocol.md 2.3, 2.5, 2.10. */
import { machinesOf, orderTargets } from "../dnssec/targets.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import { ROUTE_TIMERS, type RouteEvent } from "../machines/route.ts";
import { fits } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import type { Proof } from "../policy/proof.ts";
import type { Referral } from "../policy/redirect.ts";
import type { ConnectionRow } from "../routing/connection_row.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { StreamError } from "../xmpp/stream_error.ts";
import { EndpointClaim } from "./claim.ts";
import { collect, type Found, NOTHING_FOUND } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import { type Denied, Descent } from "./descent.ts";
import type { LinkOutcome } from "./links.ts";
import { OutboundShell } from "./outbound_stream.ts";
import { reusable, whyUnusable } from "./route_ground.ts";
import type { S2sShell } from "./s2s_stream.ts";

/** Whose way it is. */
export interface Traveller {
  readonly pair: DomainPair;
  readonly over: boolean;
  /** 8.4: only on demand. */
  readonly wanted: boolean;
  /** Back-off after an attempt that failed. */
  readonly retryMs: number;
  send(event: RouteEvent): void;
}

export class RouteWay {
  delegation: Delegation | null = null;
  /** Where the pair is asked for, or was. */
  shell: S2sShell | null = null;
  readonly #server: ServerContext;
  readonly #route: Traveller;
  #descent: Descent | null = null;
  #reuse: ConnectionRow | null = null;
  /** Connections that said no to this pair: a fresh one is tried instead (2.7). */
  readonly #refusedBy = new Set<ConnectionRow>();
  /** What failed last in this attempt: the reason that stands when no fresh connection can be had. */
  #seen: Cause | null = null;
  /** The peer's stream error that ended a connection last, and the cause that it is behind. */
  #ended: { readonly cause: Cause; readonly error: StreamError } | null = null;
  /** Where the peer sent us while the pair was open: the next attempt begins there. */
  #sent: { readonly referral: Referral; readonly until: number } | null = null;
  readonly #ending = new AbortController();

  constructor(server: ServerContext, route: Traveller) {
    this.#server = server;
    this.#route = route;
  }

  get machines(): readonly Target[] {
    return this.delegation === null ? [] : machinesOf(this.delegation, this.#server.config.dial.port);
  }

  async resolve(): Promise<void> {
    const { pair } = this.#route;
    this.#refusedBy.clear();
    this.#seen = null;
    this.#ended = null;
    const refusal = this.#server.refusalFor(pair);
    if (refusal !== null) return this.#refused(refusal, true);
    const delegation = await this.#server.evidence.delegation(pair.remote, { about: { pair } });
    if (this.#route.over) return;
    this.delegation = delegation;
    const unusable = await whyUnusable(this.#server, pair, delegation);
    if (this.#route.over) return;
    if (unusable !== null) return this.#refused(unusable.cause, unusable.permanent);
    const targets = orderTargets(this.machines, () => this.#server.host.random());
    this.#descent = new Descent(this.#server, pair, delegation, targets);
    this.#descent.follow(this.#takeReferral());
    this.#reuse = await reusable(this.#server, pair, delegation, this.machines, this.#refusedBy);
    if (!this.#route.over) this.#route.send({ type: "delegation.found", reuse: this.#reuse !== null });
  }

  async useAgain(): Promise<void> {
    const shell = this.#reuse === null ? undefined : this.#server.shells.get(this.#reuse.id);
    if (shell === undefined || this.#reuse?.state !== "established") return this.#gone(shell);
    await this.#use(shell, true);
  }

  async obtain(): Promise<void> {
    const descent = this.#descent!;
    const current = () => !this.#route.over && this.#descent === descent;
    const outcome = await descent.obtain(() => current() && this.#route.wanted);
    if (!current()) return;
    if (!outcome.ready) return this.#notObtained(outcome);
    const { shell } = outcome;
    if (isGone(shell)) return this.#gone(shell);
    await this.#use(shell, false, () => descent.unfit(shell));
  }

  /** The peer said no to the pair, or nothing. True when the ladder has another step. */
  denied(cause: Cause, why: Denied): boolean {
    if (this.shell !== null) this.#refusedBy.add(this.shell.row);
    this.#seen = cause;
    if (why.kind === "lost") this.#remember(cause, this.shell?.peerError ?? null);
    return this.#descent?.denied(this.shell, why) ?? false;
  }

  /** The connection is gone; perhaps it said where to (STR-35): a step of the attempt that follows, and as old as that may become. */
  lost(cause: Cause): void {
    const { shell } = this;
    this.#remember(cause, shell?.peerError ?? null);
    this.shell = null;
    if (!(shell instanceof OutboundShell) || shell.referral === null) return;
    const until = this.#server.host.clock.now() + ROUTE_TIMERS.attemptTimeoutMs;
    this.#sent = { referral: shell.referral, until };
  }

  /** By which words of the peer the attempt came to this; null when it was something else. */
  said(cause: Cause | null): StreamError | null {
    return this.#ended?.cause === cause ? this.#ended.error : null;
  }

  #remember(cause: Cause, error: StreamError | null): void {
    this.#ended = error === null ? null : { cause, error };
  }

  over(): void {
    this.#ending.abort();
  }

  #takeReferral(): Referral | null {
    const sent = this.#sent;
    this.#sent = null;
    return sent !== null && this.#server.host.clock.now() < sent.until ? sent.referral : null;
  }

  #refused(cause: Cause, permanent: boolean): void {
    this.#route.send({ type: "delegation.refused", cause, permanent, retryMs: this.#route.retryMs });
  }

  #notObtained({ cause, error, restMs }: LinkOutcome & { readonly ready: false }): void {
    // Where another machine failed in this very attempt, the one that rests is one more that failed.
    if (restMs === undefined || this.#seen !== null) return this.#failed(cause, error);
    this.#route.send({ type: "connection.postponed", cause, retryMs: restMs });
  }

  /** @param unfit It proves nothing for the pair. */
  async #use(shell: S2sShell, reused: boolean, unfit: () => void = () => {}): Promise<void> {
    const claim = new EndpointClaim(this.#server, shell, this.#route.pair);
    const verdict = await this.#judge(shell, claim);
    if (this.#route.over) return;
    if (verdict === null) return this.#gone(shell);
    if (verdict.proved) return this.#ready(shell, verdict.proof, claim, reused);
    unfit();
    this.#failed(verdict.cause);
  }

  /** I-4, I-10. Null when the connection is gone meanwhile. */
  async #judge(shell: S2sShell, claim: EndpointClaim): Promise<Verdict | null> {
    const [judge, wanted] = [(found: Found) => claim.judge(found), () => !this.#route.over && !shell.over];
    const known = { ...NOTHING_FOUND, delegation: this.delegation };
    const judged = await collect(judge, claim.fetchers({}), wanted, this.#ending.signal, known);
    return isGone(shell) ? null : judged?.verdict ?? null;
  }

  /** It went while we were at it; perhaps it said where to. */
  #gone(shell: S2sShell | undefined): void {
    if (shell instanceof OutboundShell) this.#descent?.follow(shell.referral);
    this.#failed("tcp.lost");
  }

  /** I-4, I-10: the peer of this connection is proven for this very domain. */
  #ready(shell: S2sShell, proof: Proof, claim: EndpointClaim, reused: boolean): void {
    const held = shell.proofs.held(this.#route.pair.remote);
    const fresh = held === null || !fits(this.#server.policyFor(this.#route.pair), held);
    if (fresh) shell.proofs.delegate(proof, claim);
    this.shell = shell;
    this.#route.send({ type: "connection.ready", reused });
  }

  #failed(cause: Cause, error: StreamError | null = null): void {
    const own = inTheirWords(cause, error);
    // That no connection was free says less than what was seen before it.
    const why = own === "limit.outgoing" ? this.#seen ?? own : own;
    if (why === own) this.#remember(why, error);
    this.#seen = why;
    const [next, gone] = [this.#descent?.more ?? false, why === "peer.host-gone"];
    const { retryMs } = this.#route;
    this.#route.send({ type: "connection.failed", cause: why, retryMs, next, gone });
  }
}

/** It is over, or as good as that: it has sent us elsewhere. */
function isGone(shell: S2sShell): boolean {
  return shell.over || (shell instanceof OutboundShell && shell.referral !== null);
}

/** What a stream error says of the domain itself (4.8). */
function inTheirWords(cause: Cause, error: StreamError | null): Cause {
  if (error?.condition === "host-unknown") return "peer.host-unknown";
  return error?.condition === "host-gone" ? "peer.host-gone" : cause;
}
