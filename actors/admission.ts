/** Which incoming TCP connections are taken at all. XEP-0205: refused without any XML. protocol.md 10. */
import type { Limits } from "../config/config.ts";
import type { Cause } from "../facts/cause.ts";
import type { Connection } from "../wire/connection.ts";
import { network } from "../xmpp/network.ts";

interface Visitor {
  open: number;
  unproven: number;
  /** Times of the last attempts, oldest first, in ms. */
  attempts: number[];
}

const MINUTE_MS = 60_000;

export class Admission {
  readonly #limits: () => Limits;
  readonly #now: () => number;
  readonly #visitors = new Map<string, Visitor>();
  readonly #unproven = new Set<Connection>();
  #open = 0;
  #sweptAt = 0;

  constructor(limits: () => Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Null when the connection may stay; then {@link left} has to be called once it is over. */
  enter(connection: Connection): Cause | null {
    const limits = this.#limits();
    const now = this.#now();
    this.#sweep(now);
    const key = network(connection.peer.ip);
    const visitor = this.#visitors.get(key) ?? { open: 0, unproven: 0, attempts: [] };
    visitor.attempts = [...visitor.attempts.filter((at) => at > now - MINUTE_MS), now].slice(
      -limits.attemptsPerMinute - 1,
    );
    this.#visitors.set(key, visitor);
    const full = this.#open >= limits.connections || this.#unproven.size >= limits.connectionsUnproven ||
      visitor.open >= limits.connectionsPerAddress || visitor.unproven >= limits.unprovenPerAddress ||
      visitor.attempts.length > limits.attemptsPerMinute;
    if (full) return "tcp.limit";
    this.#open++;
    visitor.open++;
    visitor.unproven++;
    this.#unproven.add(connection);
    return null;
  }

  /** The connection is proven: it no longer counts among the strangers. */
  proven(connection: Connection): void {
    if (!this.#unproven.delete(connection)) return;
    const visitor = this.#visitors.get(network(connection.peer.ip));
    if (visitor !== undefined) visitor.unproven--;
  }

  left(connection: Connection): void {
    this.proven(connection);
    this.#open--;
    const key = network(connection.peer.ip);
    const visitor = this.#visitors.get(key);
    if (visitor === undefined) return;
    visitor.open--;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#visitors.size;
  }

  /** Forgets once a minute who is gone and has not knocked since. */
  #sweep(now: number): void {
    const since = now - MINUTE_MS;
    if (this.#sweptAt > since) return;
    this.#sweptAt = now;
    for (const [key, { open, attempts }] of this.#visitors) {
      if (open === 0 && (attempts.at(-1) ?? 0) < since) this.#visitors.delete(key);
    }
  }
}
