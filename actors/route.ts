/** One pair, outgoing: performs `machines/route`. protocol.md 2.3, 2.5, 2.7, 8.3, 8.4. */
import type { Actor, SnapshotFrom } from "xstate";
import type { Cause } from "../facts/cause.ts";
import type { Delegation } from "../facts/delegation.ts";
import {
  route as routeMachine,
  ROUTE_TIMERS,
  type RouteEffect,
  type RouteEvent,
  type RouteState,
} from "../machines/route.ts";
import { deniedBackoffMs, reconnectBackoffMs } from "../policy/backoff.ts";
import { isRefused } from "../policy/redirect.ts";
import { statedBoundMs } from "../policy/lifetime.ts";
import type { Tracer } from "../observe/recorder.ts";
import type { Outbox } from "../routing/outbox.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";
import type { AssertionListener } from "./assertion_out.ts";
import type { ServerContext } from "./context.ts";
import { machineOf } from "./links.ts";
import type { Outgoing } from "./outgoing.ts";
import { RouteQueue } from "./route_queue.ts";
import { RouteWay, type Traveller } from "./route_way.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { actorOf, background } from "./start.ts";
import { stateOf } from "./state_of.ts";
import { saidWith } from "./stream.ts";

/** The peer ended the stream by an error. */
const MINDED: readonly Cause[] = ["stream.error", "stream.shutdown", "stream.not-authorized"];

/** 4.8: stream errors upon which nothing is said against connecting again. */
const WELCOME: readonly StreamCondition[] = ["reset", "connection-timeout"];

const AFTER_ATTEMPT: readonly RouteState[] = ["authorised", "denied", "backoff"];

export class Route implements AssertionListener, Traveller {
  readonly pair: DomainPair;
  state: RouteState = "resolving";
  cause: Cause | null = null;
  over = false;
  readonly #queue: RouteQueue;
  readonly #server: ServerContext;
  readonly #actor: Actor<typeof routeMachine>;
  readonly #way: RouteWay;
  /** The operator wants it, whether stanzas wait or not. */
  #urged = false;
  #restsUntil = 0;
  readonly #tracer: Tracer | null;
  #retries = false;

  constructor(server: ServerContext, pair: DomainPair) {
    this.#server = server;
    this.pair = pair;
    this.#queue = new RouteQueue(server, pair);
    this.#way = new RouteWay(server, this);
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
    this.#actor.subscribe({
      next: (snapshot) => this.#plan(snapshot),
      complete: () => this.#ended(this.#endCause),
    });
    this.#actor.start();
  }

  /** As the chart has it. */
  get machineState(): string {
    return stateOf(this.#actor.getSnapshot().value);
  }

  /** A stanza has to wait: it starts what is needed to open the pair. */
  wait(stanza: Outgoing): void {
    if (this.#queue.offer(stanza)) this.#actor.send({ type: "demand.came" });
  }

  /** Stanzas of a connection that is gone wait again, before all newer ones. */
  resume(stanzas: readonly Outgoing[]): void {
    this.#queue.resume(stanzas);
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
    for (const target of this.#way.machines) providers.reached(machineOf(target));
    this.#urged = true;
    this.#actor.send({ type: "retry.wanted" });
  }

  /** What waits for it. */
  get outbox(): Pick<Outbox<Outgoing>, "size" | "bytes" | "next"> {
    return this.#queue.outbox;
  }

  get delegation(): Delegation | null {
    return this.#way.delegation;
  }

  /** How long a withdrawn delegation can still be used, as we state it (3.9); null while no proof is held. */
  get boundMs(): number | null {
    if (this.delegation === null || this.delegation.security !== "secure") return null;
    const { recheckMinMs, dnsTimeoutMs } = this.#server.config.limits;
    return statedBoundMs(this.delegation.ttlMs, recheckMinMs, dnsTimeoutMs);
  }

  /** On which the pair is asked for and not answered yet; null when it is not. */
  get asking(): S2sShell | null {
    return this.state === "requesting" ? this.#way.shell : null;
  }

  /** Attempts that failed in a row. */
  get failures(): number {
    return this.#actor.getSnapshot().context.failures;
  }

  /** When the next attempt may be made; null when none is planned. Milliseconds since the epoch. */
  get nextAttemptAt(): number | null {
    const waits = this.state === "backoff" || this.state === "denied";
    if (!waits || this.#restsUntil <= this.#server.host.clock.now()) return null;
    // What is refused here is not tried before it is allowed again.
    return this.#server.refusalFor(this.pair) === null ? this.#restsUntil : null;
  }

  // ---- what its way asks of it (Traveller)

  /** 8.4: only on demand. */
  get wanted(): boolean {
    return this.#queue.size > 0 || this.#urged;
  }

  send(event: RouteEvent): void {
    this.#actor.send(event);
  }

  // ---- what became of our request (AssertionListener)

  authorised(): void {
    this.#actor.send({ type: "assertion.authorised" });
  }

  denied(cause: Cause, condition: string | null, kind: "invalid" | "error" | "timeout" | "lost"): void {
    const retryMs = deniedBackoffMs(this.failures + 1, this.#server.host.random());
    const next = this.#way.denied(cause, { condition, kind });
    this.#actor.send({ type: "assertion.denied", cause, condition, kind, retryMs, next });
  }

  revoked(cause: Cause): void {
    const retryMs = deniedBackoffMs(this.failures + 1, this.#server.host.random());
    this.#actor.send({ type: "assertion.revoked", waiting: this.#queue.size > 0, retryMs, cause });
  }

  lost(cause: Cause): void {
    const condition = this.#way.shell?.peerError?.condition ?? null;
    this.#way.lost(cause);
    // A loss of many connections is the machines' affair (`provider_backoff.ts`); what the peer minded may be this pair's.
    const error = MINDED.includes(cause) || isRefused(cause);
    const minded = error && !(condition !== null && WELCOME.includes(condition));
    const retryMs = this.state === "authorised"
      ? reconnectBackoffMs(0, minded, this.#maxMs, this.#server.host.random())
      : this.retryMs;
    this.#actor.send({ type: "assertion.lost", waiting: this.#queue.size > 0, retryMs, cause });
  }

  // ---- effects

  #perform(effect: RouteEffect): void {
    switch (effect.type) {
      case "resolve":
        return this.#work(this.#way.resolve());
      case "reuse connection":
        return this.#work(this.#way.useAgain());
      case "obtain connection":
        return this.#work(this.#way.obtain());
      case "request pair":
        return this.#request();
      case "flush":
        return this.#queue.flush();
      case "bounce queue":
        return this.#queue.bounce(effect.cause, effect.permanent);
      case "check queue":
        if (this.#queue.size > 0) this.#actor.send({ type: "demand.came" });
        return;
      case "report state":
        return this.#report(effect.state, effect.cause);
    }
  }

  #work(work: Promise<void>): void {
    const { local, remote } = this.pair;
    background(this.#server.host, `route ${local} ${remote}`, work, () => this.#crashed());
  }

  #request(): void {
    const { shell } = this.#way;
    if (shell === null || shell.over) return this.lost("tcp.lost");
    if (this.#server.bindings.sendingOn(this.pair, shell.row) !== null) return this.authorised();
    shell.ours.ask(this.pair, this);
  }

  #report(state: RouteState, cause: Cause | null): void {
    const before = { state: this.state, cause: this.cause };
    this.state = state;
    this.cause = cause;
    if (AFTER_ATTEMPT.includes(state)) this.#urged = false;
    this.#server.routes.moved(this, before);
    const { host, config, negatives } = this.#server;
    const believedMs = cause === "peer.host-gone" ? ROUTE_TIMERS.goneMs : config.limits.negativePairMs;
    // What we refuse ourselves is looked up, and over when it is taken back.
    const remembered = state === "denied" && this.#server.refusalFor(this.pair) === null;
    if (remembered) negatives.add(this.pair, cause!, host.clock.now() + believedMs);
    const detail = { state, ...saidWith(AFTER_ATTEMPT.includes(state) ? this.#way.said(cause) : null) };
    host.tell({ type: "route.state", pair: this.pair, detail, ...(cause ? { cause } : {}) });
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

  get #maxMs(): number {
    return this.#server.config.limits.backoffMaxMs;
  }

  /** After an attempt that failed. */
  get retryMs(): number {
    return reconnectBackoffMs(this.failures + 1, false, this.#maxMs, this.#server.host.random());
  }

  #crashed(): void {
    this.#ended("server.internal");
  }

  get #endCause(): Cause {
    return this.#actor.getSnapshot().context.cause ?? "server.internal";
  }

  #ended(cause: Cause): void {
    this.over = true;
    this.#way.over();
    this.#queue.over(cause);
    this.#server.routes.forget(this);
    this.#tracer?.ended();
  }
}
