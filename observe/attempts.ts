/** Wrong tokens and codes, by address: a few a minute are told, then no more. console.md 2.4. */
import { BoundedMap } from "../bounded/map.ts";
import { isLoopback } from "../config/loopback.ts";
import { network } from "../xmpp/network.ts";

const MOST = 5;
const WITHIN_MS = 60_000;
/** Addresses that are remembered; beyond it the one whose minute began first is forgotten. */
const MOST_ADDRESSES = 4096;

interface Minute {
  readonly until: number;
  failures: number;
}

export class Attempts {
  readonly #now: () => number;
  readonly #minutes = new BoundedMap<string, Minute>(MOST_ADDRESSES);

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long nothing more is told of the address, in ms; 0 when something is. */
  waitMs(address: string): number {
    const minute = this.#minutes.get(whose(address));
    return minute === undefined || minute.failures < MOST ? 0 : Math.max(0, minute.until - this.#now());
  }

  failed(address: string): void {
    const [key, now] = [whose(address), this.#now()];
    const minute = this.#minutes.get(key);
    if (minute !== undefined && minute.until > now) return void minute.failures++;
    this.#minutes.set(key, { until: now + WITHIN_MS, failures: 1 });
  }
}

/** This machine has all of loopback to try from. */
function whose(address: string): string {
  const key = network(address);
  return isLoopback(key) || isLoopback(address) ? "loopback" : key;
}
