/** How many pairs are in which state, and why: kept as they change, for to count a million of them would take too long. */
import type { Cause } from "../facts/cause.ts";
import type { RouteState } from "../machines/route.ts";
import type { Standing } from "../routing/binding_table.ts";
import type { DomainPair } from "../xmpp/domain.ts";

/** What our side of a pair says of itself. */
export interface Underway {
  readonly state: RouteState;
  readonly cause: Cause | null;
}

/** As it is shown. */
export interface PairState {
  readonly state: RouteState;
  readonly reason: Cause | null;
}

const OPEN: PairState = { state: "authorised", reason: null };

/** An open row decides; without a route of ours the peer's request opened it (2.8). Null: there is no such pair. */
export function pairState(route: Underway | undefined, standing: Standing): PairState | null {
  if (standing === "sends") return OPEN;
  if (route !== undefined) return { state: route.state, reason: route.cause };
  return standing === "receives" ? OPEN : null;
}

export class Census {
  readonly states: Record<RouteState, number> = {
    resolving: 0,
    connecting: 0,
    requesting: 0,
    authorised: 0,
    denied: 0,
    backoff: 0,
    draining: 0,
  };
  readonly reasons: Partial<Record<Cause, number>> = {};
  #total = 0;
  readonly #routeOf: (pair: DomainPair) => Underway | undefined;
  readonly #standingOf: (pair: DomainPair) => Standing;

  constructor(
    routeOf: (pair: DomainPair) => Underway | undefined,
    standingOf: (pair: DomainPair) => Standing,
  ) {
    this.#routeOf = routeOf;
    this.#standingOf = standingOf;
  }

  /** Pairs that have a row or a route. */
  get total(): number {
    return this.#total;
  }

  /** A row of the binding table changed. */
  bound(pair: DomainPair, before: Standing, after: Standing): void {
    const route = this.#routeOf(pair);
    this.#move(pairState(route, before), pairState(route, after));
  }

  /** A route came, changed or went. */
  routed(pair: DomainPair, before: Underway | undefined, after: Underway | undefined): void {
    const standing = this.#standingOf(pair);
    this.#move(pairState(before, standing), pairState(after, standing));
  }

  #move(from: PairState | null, to: PairState | null): void {
    if (from !== null) this.#count(from, -1);
    if (to !== null) this.#count(to, 1);
  }

  #count({ state, reason }: PairState, change: 1 | -1): void {
    this.#total += change;
    this.states[state] += change;
    if (reason !== null) this.reasons[reason] = (this.reasons[reason] ?? 0) + change;
  }
}
