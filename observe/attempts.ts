/** Wrong tokens and codes, by address: a few a minute are told, then no more. console.md 2.4. */
import ipaddr from "ipaddr.js";
import { BoundedMap } from "../bounded/map.ts";

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
    const minute = this.#minutes.get(network(address));
    return minute === undefined || minute.failures < MOST ? 0 : Math.max(0, minute.until - this.#now());
  }

  failed(address: string): void {
    const [key, now] = [network(address), this.#now()];
    const minute = this.#minutes.get(key);
    if (minute !== undefined && minute.until > now) return void minute.failures++;
    this.#minutes.set(key, { until: now + WITHIN_MS, failures: 1 });
  }
}

/** An IPv6 host has a whole /64 to try from, this machine all of loopback. */
function network(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const read = ipaddr.process(address);
  if (read.range() === "loopback") return "loopback";
  return read instanceof ipaddr.IPv6 ? read.parts.slice(0, 4).join(":") : read.toString();
}
