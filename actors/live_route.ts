/** A pair as the API looks at it. design.md 2.4. */
import type { Cause } from "../facts/cause.ts";
import type { RouteConnection } from "../observe/contract.ts";
import type { LiveRoute } from "../observe/live.ts";
import { type BindingRow, standing } from "../routing/binding_table.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { type PairState, pairState } from "./census.ts";
import type { ServerContext } from "./context.ts";
import type { Route } from "./route.ts";

export class RouteNow implements LiveRoute {
  readonly #server: ServerContext;
  readonly #row: BindingRow | undefined;
  readonly #pair: DomainPair;

  /** There is a row, or a route of ours, or both, or an operator's block. */
  constructor(server: ServerContext, pair: DomainPair, row: BindingRow | undefined) {
    this.#server = server;
    this.#pair = pair;
    this.#row = row;
  }

  /** Looked up only where it is asked for: of an open pair nobody has to know it. */
  get #route(): Route | undefined {
    return this.#server.routes.get(this.#pair);
  }

  get #state(): PairState | null {
    const row = standing(this.#row);
    return pairState(row === "sends" ? undefined : this.#route, row) ?? this.#keptAway;
  }

  /** Nothing is there of it but our word. */
  get #keptAway(): PairState | null {
    return this.refusal === null ? null : { state: "denied", reason: this.refusal };
  }

  get local() {
    return this.#pair.local;
  }
  get remote() {
    return this.#pair.remote;
  }
  get state() {
    return this.#state?.state ?? "draining";
  }
  get reason() {
    return this.#state?.reason ?? null;
  }
  get send() {
    return this.#row?.send.map(({ connection }) => connection.id) ?? [];
  }
  get recv() {
    return this.#row?.recv.map(({ connection }) => connection.id) ?? [];
  }
  get queued() {
    return (this.#route?.outbox.size ?? 0) + this.#held;
  }
  get queuedBytes() {
    return this.#route?.outbox.bytes ?? 0;
  }
  get queuedSince() {
    return this.#route?.outbox.next?.since ?? null;
  }
  get prooftype() {
    return this.#proof?.prooftype ?? null;
  }
  get expires() {
    return this.#proof?.expiresAt ?? null;
  }
  get recheckAt() {
    const grant = this.#grant;
    if (grant === undefined) return null;
    const life = this.#server.shells.get(grant.connection.id)?.proofs.life(this.#pair.remote);
    return (life ?? this.#proof)?.recheckAt ?? null;
  }
  get boundMs() {
    return this.#route?.boundMs ?? null;
  }
  get failures() {
    return this.#route?.failures ?? 0;
  }
  get nextAttemptAt() {
    return this.refusal === null ? this.#route?.nextAttemptAt ?? null : null;
  }
  /** Of what is open nobody has to ask: it is revoked as a refusal begins. */
  get refusal(): Cause | null {
    return standing(this.#row) === "none" ? this.#server.refusalFor(this.#pair) : null;
  }
  get blockedUntil() {
    return this.refusal === "policy.revoked" ? this.#server.blockedUntil(this.#pair) : null;
  }

  connections(): RouteConnection[] {
    const { send = [], recv = [] } = this.#row ?? {};
    return [...send, ...recv].map((grant) => {
      const list = grant.direction === "send" ? send : recv;
      return {
        id: grant.connection.id,
        direction: grant.direction,
        order: list.indexOf(grant) + 1,
        used: grant === send[0],
        prooftype: grant.connection.delegated.get(this.#pair.remote)?.prooftype ?? null,
      };
    });
  }

  /** Stanzas that wait for the peer's window. */
  get #held(): number {
    const sending = this.#row?.send[0];
    if (sending === undefined) return 0;
    return this.#server.shells.get(sending.connection.id)?.window.heldOf(this.#pair) ?? 0;
  }

  get #grant() {
    return this.#row?.send[0] ?? this.#row?.recv[0];
  }

  get #proof() {
    return this.#grant?.connection.delegated.get(this.#pair.remote);
  }
}
