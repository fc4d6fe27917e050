/** One pair, outgoing: performs `machines/route`. protocol.md 2.3, 2.5, 2.7, 8.3, 8.4. */
import type { Actor, SnapshotFrom } from "xstate";
import { machinesOf, orderTargets } from "../dnssec/targets.ts";
import type { Cause } from "../facts/cause.ts";
import type { Delegation, Target } from "../facts/delegation.ts";
import { route as routeMachine, ROUTE_TIMERS, type RouteEffect, type RouteState } from "../machines/route.ts";
import { deniedBackoffMs, reconnectBackoffMs } from "../policy/backoff.ts";
import { fits } from "../policy/admission.ts";
import type { Verdict } from "../policy/decide.ts";
import type { Proof } from "../policy/proof.ts";
import { isRefused, type Referral } from "../policy/redirect.ts";
import { statedBoundMs } from "../policy/lifetime.ts";
import type { ConnectionRow } from "../routing/connection_row.ts";
import type { Tracer } from "../observe/recorder.ts";
import { Outbox } from "../routing/outbox.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";
import type { AssertionListener } from "./assertion_out.ts";
import { EndpointClaim } from "./claim.ts";
import { collect, type Found, NOTHING_FOUND } from "./collector.ts";
import type { ServerContext } from "./context.ts";
import { Descent } from "./descent.ts";
import { type LinkOutcome, machineOf } from "./links.ts";
import { OutboundShell } from "./outbound_stream.ts";
import type { Outgoing } from "./outgoing.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";

/** 4.8: stream errors upon which nothing is said against connecting again. */
const WELCOME: readonly StreamCondition[] = ["reset", "connection-timeout"];

const AFTER_ATTEMPT: readonly RouteState[] = ["authorised", "denied", "backoff"];

export class Route implements AssertionListener {
  readonly pair: DomainPair;
  state: RouteState = "resolving";
  cause: Cause | null = null;
  over = false;
  delegation: Delegation | null = null;
  readonly outbox: Outbox<Outgoing>;
  readonly #server: ServerContext;
  readonly #actor: Actor<typeof routeMachine>;
  #descent: Descent | null = null;
  #reuse: ConnectionRow | null = null;
  #shell: S2sShell | null = null;
  /** Connections that said no to this pair: a fresh one is tried instead (2.7). */
  readonly #refusedBy = new Set<ConnectionRow>();
  /** What failed last in this attempt: the reason that stands when no fresh connection can be had. */
  #seen: Cause | null = null;
  /** The operator wants it, whether stanzas wait or not. */
  #urged = false;
  /** Where the peer sent us while the pair was open: the next attempt begins there. */
  #sent: { readonly referral: Referral; readonly until: number } | null = null;
  #ageTimer: unknown = null;
  #restsUntil = 0;
  readonly #ending = new AbortController();
  readonly #tracer: Tracer | null;
  #retries = false;

  constructor(server: ServerContext, pair: DomainPair) {
    this.#server = server;
    this.pair = pair;
    this.outbox = new Outbox(server.config.limits, server.queues);
    const { negativePairMs, shutdownGraceMs } = server.config.limits;
    this.#actor = actorOf(
      routeMachine,
      `route ${pair.local} ${pair.remote}`,
      { pair },
      { timers: { ...ROUTE_TIMERS, negativePairMs, shutdownGraceMs } },
      (effect) => this.#perform(effect),
      server.host,
      () => this.#crashed(),
    );
    this.#tracer = server.host.trace?.of({ pair }) ?? null;
    this.#actor.subscribe({ next: (snapshot) => this.#plan(snapshot), complete: () => this.#ended() });
    this.#actor.start();
  }

  /** A stanza has to wait: it starts what is needed to open the pair. */
  wait(stanza: Outgoing): void {
    const full = this.outbox.offer(stanza);
    if (full !== null) return this.#server.bounce(stanza, full);
    this.#watchAge();
    this.#actor.send({ type: "demand.came" });
  }

  /** Stanzas of a connection that is gone wait again, before all newer ones. */
  resume(stanzas: readonly Outgoing[]): void {
    this.#requeue(stanzas);
    this.#watchAge();
    this.#actor.send({ type: "demand.came" });
  }

  /** The pair was opened some other way: the inverse of a grant on a bidi connection (2.8). */
  opened(): void {
    if (this.#server.bindings.sending(this.pair) !== null) this.authorised();
  }

  drain(cause: Cause): void {
    this.#actor.send({ type: "drain.wanted", cause });
  }

  retry(): void {
    const { negatives, providers } = this.#server;
    negatives.remove(this.pair);
    for (const target of this.#machines()) providers.reached(machineOf(target));
    this.#urged = true;
    this.#actor.send({ type: "retry.wanted" });
  }

  /** How long a withdrawn delegation can still be used, as we state it (3.9); null while no proof is held. */
  get boundMs(): number | null {
    if (this.delegation === null || this.delegation.security !== "secure") return null;
    const { recheckMinMs, dnsTimeoutMs } = this.#server.config.limits;
    return statedBoundMs(this.delegation.ttlMs, recheckMinMs, dnsTimeoutMs);
  }

  /** On which the pair is asked for and not answered yet; null when it is not. */
  get asking(): S2sShell | null {
    return this.state === "requesting" ? this.#shell : null;
  }

  /** Attempts that failed in a row. */
  get failures(): number {
    return this.#actor.getSnapshot().context.failures;
  }

  /** When the next attempt may be made; null when none is planned. Milliseconds since the epoch. */
  get nextAttemptAt(): number | null {
    const waits = this.state === "backoff" || this.state === "denied";
    return waits && this.#restsUntil > this.#server.host.clock.now() ? this.#restsUntil : null;
  }

  // ---- what became of our request (AssertionListener)

  authorised(): void {
    this.#actor.send({ type: "assertion.authorised" });
  }

  denied(cause: Cause, condition: string | null, kind: "invalid" | "error" | "timeout" | "lost"): void {
    if (this.#shell !== null) this.#refusedBy.add(this.#shell.row);
    this.#seen = cause;
    const retryMs = deniedBackoffMs(this.failures + 1, this.#server.host.random());
    const next = this.#descent?.denied(this.#shell, { condition, kind }) ?? false;
    this.#actor.send({ type: "assertion.denied", cause, condition, kind, retryMs, next });
  }

  revoked(cause: Cause): void {
    const retryMs = deniedBackoffMs(this.failures + 1, this.#server.host.random());
    this.#actor.send({ type: "assertion.revoked", waiting: this.outbox.size > 0, retryMs, cause });
  }

  lost(cause: Cause): void {
    const condition = this.#shell?.peerError ?? null;
    this.#remember(this.#shell);
    this.#shell = null;
    // A loss of many connections is the machines' affair (`provider_backoff.ts`); what the peer minded may be this pair's.
    const error = cause === "stream.error" || cause === "stream.not-authorized" || isRefused(cause);
    const minded = error && !(condition !== null && WELCOME.includes(condition));
    const retryMs = this.state === "authorised"
      ? reconnectBackoffMs(0, minded, this.#maxMs, this.#server.host.random())
      : this.#retryMs;
    this.#actor.send({ type: "assertion.lost", waiting: this.outbox.size > 0, retryMs, cause });
  }

  /** STR-35: it is a step of the attempt that follows, and as old as that may become. */
  #remember(shell: S2sShell | null): void {
    if (!(shell instanceof OutboundShell) || shell.referral === null) return;
    const until = this.#server.host.clock.now() + ROUTE_TIMERS.attemptTimeoutMs;
    this.#sent = { referral: shell.referral, until };
  }

  #takeReferral(): Referral | null {
    const sent = this.#sent;
    this.#sent = null;
    return sent !== null && this.#server.host.clock.now() < sent.until ? sent.referral : null;
  }

  // ---- effects

  #perform(effect: RouteEffect): void {
    switch (effect.type) {
      case "resolve":
        return this.#work(this.#resolve());
      case "reuse connection":
        return this.#work(this.#useAgain());
      case "obtain connection":
        return this.#work(this.#obtain());
      case "request pair":
        return this.#request();
      case "flush":
        return this.#flush();
      case "bounce queue":
        return this.#bounceQueue(effect.cause, effect.permanent);
      case "check queue":
        if (this.outbox.size > 0) this.#actor.send({ type: "demand.came" });
        return;
      case "report state":
        return this.#report(effect.state, effect.cause);
    }
  }

  #bounceQueue(cause: Cause, permanent: boolean): void {
    const waits = (stanza: Outgoing) => stanza.again === true && !permanent && !this.#server.draining;
    const all = this.outbox.takeAll();
    this.outbox.requeue(all.filter(waits));
    for (const stanza of all) if (!waits(stanza)) this.#server.bounce(stanza, cause, permanent);
  }

  #work(work: Promise<void>): void {
    const { local, remote } = this.pair;
    background(this.#server.host, `route ${local} ${remote}`, work, () => this.#crashed());
  }

  async #resolve(): Promise<void> {
    const { remote } = this.pair;
    this.#refusedBy.clear();
    this.#seen = null;
    const refusal = this.#server.refusalFor(this.pair);
    if (refusal !== null) return this.#refused(refusal, true);
    const delegation = await this.#server.evidence.delegation(remote, { about: { pair: this.pair } });
    if (this.over) return;
    this.delegation = delegation;
    const unusable = await this.#whyUnusable(delegation);
    if (this.over) return;
    if (unusable !== null) return this.#refused(unusable.cause, unusable.permanent);
    const targets = orderTargets(this.#machines(), () => this.#server.host.random());
    this.#descent = new Descent(this.#server, this.pair, delegation, targets);
    this.#descent.follow(this.#takeReferral());
    this.#reuse = await this.#reusable(delegation);
    if (!this.over) this.#actor.send({ type: "delegation.found", reuse: this.#reuse !== null });
  }

  /** 5.1, 5.7: what ends the way before any connection is tried. */
  async #whyUnusable(delegation: Delegation): Promise<{ cause: Cause; permanent: boolean } | null> {
    const { service, cause, exists } = delegation;
    if (service === "unknown") return { cause: cause ?? "dns.servfail", permanent: false };
    if (service === "refused") return { cause: "dns.no-service", permanent: true };
    if (service === "absent") {
      if (!exists) return { cause: "dns.nxdomain", permanent: true };
      const { addresses, cause: failed } = await this.#server.evidence.addresses(delegation.domain, {
        about: { pair: this.pair },
      });
      if (addresses.length === 0) return { cause: failed ?? "dns.no-address", permanent: failed === null };
    }
    return null;
  }

  #machines(): readonly Target[] {
    return this.delegation === null ? [] : machinesOf(this.delegation, this.#server.config.dial.port);
  }

  #refused(cause: Cause, permanent: boolean): void {
    this.#actor.send({ type: "delegation.refused", cause, permanent, retryMs: this.#retryMs });
  }

  /** I-3, 2.9: an open connection on which the pair may be requested. */
  async #reusable(delegation: Delegation): Promise<ConnectionRow | null> {
    const { connections, evidence, host } = this.#server;
    const now = host.clock.now();
    const row = connections.findReusable(delegation, now, this.#refusedBy);
    if (row !== null || delegation.security === "secure") return row;
    const candidates = connections.findByCertificate(delegation.domain, this.#refusedBy);
    if (candidates.length === 0) return null;
    // RFC 7712 4.4.2: without a signature it must be the very same machine too.
    const found = await Promise.all(
      this.#machines().slice(0, 4).map(async ({ host, port }) =>
        (await evidence.addresses(host, { about: { pair: this.pair } })).addresses.map((ip) =>
          `${ip} ${port}`
        )
      ),
    );
    const machines = new Set(found.flat());
    const isThere = ({ id }: ConnectionRow) => {
      const peer = this.#server.shells.get(id)?.connection?.peer;
      return peer !== undefined && machines.has(`${peer.ip} ${peer.port}`);
    };
    return candidates.find(isThere) ?? null;
  }

  async #useAgain(): Promise<void> {
    const shell = this.#reuse === null ? undefined : this.#server.shells.get(this.#reuse.id);
    if (shell === undefined || this.#reuse?.state !== "established") return this.#gone(shell);
    await this.#use(shell, true);
  }

  async #obtain(): Promise<void> {
    const descent = this.#descent!;
    const current = () => !this.over && this.#descent === descent;
    const outcome = await descent.obtain(() => current() && this.#isWanted);
    if (!current()) return;
    if (!outcome.ready) return this.#notObtained(outcome);
    const { shell } = outcome;
    if (isGone(shell)) return this.#gone(shell);
    await this.#use(shell, false, () => descent.unfit(shell));
  }

  /** 8.4: only on demand. */
  get #isWanted(): boolean {
    return this.outbox.size > 0 || this.#urged;
  }

  #notObtained({ cause, condition, restMs }: LinkOutcome & { readonly ready: false }): void {
    // Where another machine failed in this very attempt, the one that rests is one more that failed.
    if (restMs === undefined || this.#seen !== null) return this.#failed(cause, condition);
    this.#actor.send({ type: "connection.postponed", cause, retryMs: restMs });
  }

  /** @param unfit It proves nothing for the pair. */
  async #use(shell: S2sShell, reused: boolean, unfit: () => void = () => {}): Promise<void> {
    const claim = new EndpointClaim(this.#server, shell, this.pair);
    const verdict = await this.#judge(shell, claim);
    if (this.over) return;
    if (verdict === null) return this.#gone(shell);
    if (verdict.proved) return this.#ready(shell, verdict.proof, claim, reused);
    unfit();
    this.#failed(verdict.cause);
  }

  /** I-4, I-10. Null when the connection is gone meanwhile. */
  async #judge(shell: S2sShell, claim: EndpointClaim): Promise<Verdict | null> {
    const [judge, wanted] = [(found: Found) => claim.judge(found), () => !this.over && !shell.over];
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
    const held = shell.proofs.held(this.pair.remote);
    if (held === null || !fits(this.#server.policyFor(this.pair), held)) shell.proofs.delegate(proof, claim);
    this.#shell = shell;
    this.#actor.send({ type: "connection.ready", reused });
  }

  #failed(cause: Cause, condition: string | null = null): void {
    const own = inTheirWords(cause, condition);
    // That no connection was free says less than what was seen before it.
    const why = own === "limit.outgoing" ? this.#seen ?? own : own;
    this.#seen = why;
    const next = this.#descent?.more ?? false;
    const gone = why === "peer.host-gone";
    this.#actor.send({ type: "connection.failed", cause: why, retryMs: this.#retryMs, next, gone });
  }

  #request(): void {
    const shell = this.#shell;
    if (shell === null || shell.over) return this.lost("tcp.lost");
    if (this.#server.bindings.sendingOn(this.pair, shell.row) !== null) return this.authorised();
    shell.ours.ask(this.pair, this);
  }

  #flush(): void {
    const waiting = this.outbox.takeAll();
    for (const [n, stanza] of waiting.entries()) {
      const grant = this.#server.bindings.sending(this.pair);
      if (grant === null) return this.#requeue(waiting.slice(n));
      this.#server.write(stanza, grant);
    }
  }

  /** They wait again, before all newer ones. */
  #requeue(stanzas: readonly Outgoing[]): void {
    for (const lost of this.outbox.requeue(stanzas)) this.#server.bounce(lost, "route.queue-full");
  }

  #report(state: RouteState, cause: Cause | null): void {
    const before = { state: this.state, cause: this.cause };
    this.state = state;
    this.cause = cause;
    if (AFTER_ATTEMPT.includes(state)) this.#urged = false;
    this.#server.routes.moved(this, before);
    const { host, config, negatives } = this.#server;
    const believedMs = cause === "peer.host-gone" ? ROUTE_TIMERS.goneMs : config.limits.negativePairMs;
    if (state === "denied") negatives.add(this.pair, cause!, host.clock.now() + believedMs);
    host.tell({ type: "route.state", pair: this.pair, detail: { state }, ...(cause ? { cause } : {}) });
  }

  /** When it is tried again by itself; said once for each wait. */
  #plan(snapshot: SnapshotFrom<typeof routeMachine>): void {
    const { retryMs: afterMs, failures } = snapshot.context;
    const retries = snapshot.matches("denied") || snapshot.matches({ backoff: "waiting" });
    if (retries && !this.#retries) {
      this.#restsUntil = this.#server.host.clock.now() + afterMs;
      this.#tracer?.step(() => ({ type: "retry.planned", detail: { afterMs, failures } }));
    }
    this.#retries = retries;
  }

  /** RTE-11: what has waited too long is bounced, whatever the route is doing. */
  #watchAge(): void {
    const { clock } = this.#server.host;
    const { agesAt } = this.outbox;
    if (this.#ageTimer !== null || agesAt === null) return;
    this.#ageTimer = clock.setTimeout(() => {
      this.#ageTimer = null;
      for (const stanza of this.outbox.takeAged(clock.now())) this.#server.bounce(stanza, "route.queue-age");
      this.#watchAge();
    }, Math.max(0, agesAt - clock.now()));
  }

  get #maxMs(): number {
    return this.#server.config.limits.backoffMaxMs;
  }

  /** After an attempt that failed. */
  get #retryMs(): number {
    return reconnectBackoffMs(this.failures + 1, false, this.#maxMs, this.#server.host.random());
  }

  #crashed(): void {
    for (const stanza of this.outbox.takeAll()) this.#server.bounce(stanza, "server.internal");
    this.#ended();
  }

  #ended(): void {
    this.over = true;
    this.#ending.abort();
    if (this.#ageTimer !== null) this.#server.host.clock.clearTimeout(this.#ageTimer);
    this.#server.routes.forget(this);
    this.#tracer?.ended();
  }
}

/** It is over, or as good as that: it has sent us elsewhere. */
function isGone(shell: S2sShell): boolean {
  return shell.over || (shell instanceof OutboundShell && shell.referral !== null);
}

/** What a stream error says of the domain itself (4.8). */
function inTheirWords(cause: Cause, condition: string | null): Cause {
  if (condition === "host-unknown") return "peer.host-unknown";
  return condition === "host-gone" ? "peer.host-gone" : cause;
}
