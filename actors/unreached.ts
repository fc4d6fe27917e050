/** Addresses that led nowhere a short while ago: a request may dial four only (LIM-13), and these come last. */
import type { Domain } from "../xmpp/domain.ts";

const REMEMBERED_MS = 300_000;
const MOST = 10_000;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * Whether TCP comes about is the address's affair, for everybody. What came of it afterwards is remembered for the domain
 * alone that was asked about: anybody may delegate a domain to somebody else's machine, which then is of no use for it.
 */
export class Unreached {
  readonly #now: () => number;
  /** Until when, oldest first: all are remembered equally long. */
  readonly #until = new Map<string, number>();

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(endpoint: Endpoint, domain: Domain): boolean {
    const now = this.#now();
    return [keyOf(endpoint), keyOf(endpoint, domain)].some((key) => (this.#until.get(key) ?? 0) > now);
  }

  /** There was no TCP. */
  unreached(endpoint: Endpoint): void {
    this.#add(keyOf(endpoint));
  }

  reached(endpoint: Endpoint): void {
    this.#until.delete(keyOf(endpoint));
  }

  /** There was, and nobody who answers for the domain. */
  useless(endpoint: Endpoint, domain: Domain): void {
    this.#add(keyOf(endpoint, domain));
  }

  useful(endpoint: Endpoint, domain: Domain): void {
    this.#until.delete(keyOf(endpoint, domain));
  }

  #add(key: string): void {
    this.#until.delete(key);
    this.#until.set(key, this.#now() + REMEMBERED_MS);
    for (const [oldest, until] of this.#until) {
      if (until > this.#now() && this.#until.size <= MOST) break;
      this.#until.delete(oldest);
    }
  }
}

const keyOf = ({ address, port }: Endpoint, domain = ""): string => `${address} ${port} ${domain}`;
