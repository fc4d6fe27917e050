/** All routes, by pair; every stanza of ours that leaves goes through here once. protocol.md 2.3. */
import type { Cause } from "../facts/cause.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { routeOutward } from "../routing/outward.ts";
import type { Underway } from "./census.ts";
import type { ServerContext } from "./context.ts";
import type { Outgoing } from "./outgoing.ts";
import { Route } from "./route.ts";

export class Routes {
  readonly #server: ServerContext;
  readonly #routes = new Map<PairKey, Route>();

  constructor(server: ServerContext) {
    this.#server = server;
  }

  get(pair: DomainPair): Route | undefined {
    return this.#routes.get(pairKey(pair));
  }

  all(): Iterable<Route> {
    return this.#routes.values();
  }

  /** Sends, queues, delivers here, or bounces: never nothing. */
  submit(pair: DomainPair, stanza: Outgoing): void {
    const server = this.#server;
    const route = this.get(pair);
    const underway = route !== undefined && route.state !== "denied" && route.state !== "draining";
    const out = routeOutward(server, pair, underway, server.host.clock.now());
    switch (out.action) {
      case "send":
        return server.write(stanza, out.grant);
      case "serve":
        return void server.shells.get(out.connection.id)?.say(stanza.bytes);
      case "local":
        return server.local.deliver(pair.remote, stanza);
      case "bounce":
        return server.bounce(stanza, out.cause, out.type === "cancel");
      case "queue":
      case "start":
        if (server.draining) return server.bounce(stanza, "server.shutdown");
        return (route ?? this.#start(pair)).wait(stanza);
    }
  }

  /** Stanzas that a lost connection had accepted, in order: they go before all newer ones of the pair (8.3). */
  resume(pair: DomainPair, stanzas: readonly Outgoing[]): void {
    const server = this.#server;
    const grant = server.bindings.sending(pair);
    const route = this.get(pair);
    if (server.draining) return stanzas.forEach((stanza) => server.bounce(stanza, "server.shutdown"));
    if (grant !== null && (route?.outbox.size ?? 0) === 0) {
      return stanzas.forEach((stanza) => server.write(stanza, grant));
    }
    (route ?? this.#start(pair)).resume(stanzas);
  }

  /** An operator wants the pair, whether stanzas wait or not. */
  urge(pair: DomainPair): Route {
    const route = this.get(pair) ?? this.#start(pair);
    route.retry();
    return route;
  }

  /** The inverse of a grant opened the pair (2.8). */
  opened(pair: DomainPair): void {
    this.get(pair)?.opened();
  }

  /** The pair stopped by our own decision; without an assertion of ours there is nothing that would tell the route. */
  closed(pair: DomainPair, cause: Cause): void {
    const route = this.get(pair);
    if (route?.state === "authorised" && this.#server.bindings.sending(pair) === null) route.lost(cause);
  }

  /** A route's own state changed. */
  moved(route: Route, before: Underway): void {
    if (this.get(route.pair) === route) this.#server.census.routed(route.pair, before, route);
  }

  forget(route: Route): void {
    if (this.get(route.pair) !== route) return;
    this.#routes.delete(pairKey(route.pair));
    this.#server.census.routed(route.pair, route, undefined);
  }

  #start(pair: DomainPair): Route {
    const route = new Route(this.#server, pair);
    this.#routes.set(pairKey(pair), route);
    this.#server.census.routed(pair, undefined, route);
    return route;
  }
}
