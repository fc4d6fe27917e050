/**
 * When a peer's machine may be dialled again, for all pairs that it serves: a thousand pairs of a dead provider make one
 * attempt at a time, not a thousand. protocol.md 8.4; RFC 6120 3.3.
 *
 * Only what the machine itself did counts, never what it says of one pair: whoever is unwelcome there must not keep
 * others from it.
 */
import type { Cause } from "../facts/cause.ts";
import { reconnectBackoffMs } from "../policy/backoff.ts";
import { BoundedMap } from "../bounded/map.ts";
import type { StreamCondition } from "../xmpp/stream_error.ts";
import type { Host } from "./host.ts";
import { site } from "../xmpp/network.ts";

/** A machine is left alone for so long. */
export interface Rest {
  readonly ms: number;
  /** What it did. */
  readonly cause: Cause;
}

/** An established connection of ours that has ended. */
export interface Loss {
  readonly machine: string;
  /** Where it really was. */
  readonly address: string;
  /** Of the peer's stream error; null when there was none. */
  readonly condition: StreamCondition | null;
  readonly cause: Cause;
}

interface Row {
  /** Attempts in a row that reached nobody. */
  readonly failures: number;
  readonly until: number;
  readonly cause: Cause;
}

/** More machines than these, and the oldest is forgotten: it saves work, and every pair backs off by itself too. */
const MOST = 10_000;

/**
 * So many connections of one machine, or machines at so many sites, lost within so short a time: it is the machine, or
 * the network between us. One remote has one site, with as many addresses as it likes: alone it delays nobody but itself.
 */
const MANY = 5;
const AT_ONCE_MS = 2000;

/** 4.8: the machine asks for it. */
const LEFT_ALONE: readonly StreamCondition[] = ["system-shutdown", "resource-constraint", "conflict"];

/** 4.9: how a connection ends that nobody meant to end. */
const UNEXPECTED: readonly Cause[] = ["tcp.lost", "tcp.reset", "tls.truncated", "stream.silent"];

/** What DNS or our own limits say is nobody's absence. */
const ABSENT: readonly Cause[] = ["tcp.refused", "tcp.timeout", "tcp.unreachable", "tcp.reset"];

export class ProviderBackoff {
  readonly #host: Pick<Host, "clock" | "random">;
  readonly #maxMs: () => number;
  readonly #machines = new BoundedMap<string, Row>(MOST);
  /** By machine, of the last moment; the oldest first. */
  readonly #lost = new Map<
    string,
    { readonly at: number; readonly site: string; readonly times: number }
  >();
  #widespreadUntil = 0;

  /** @param maxMs `limits.backoff_max`. */
  constructor(host: Pick<Host, "clock" | "random">, maxMs: () => number) {
    this.#host = host;
    this.#maxMs = maxMs;
  }

  /** Null when the machine may be dialled. */
  rest(machine: string): Rest | null {
    const row = this.#machines.get(machine);
    const ms = Math.ceil((row?.until ?? 0) - this.#now);
    return row === undefined || ms <= 0 ? null : { ms, cause: row.cause };
  }

  /** The last attempts reached nobody: the next one is made alone. */
  isSuspect(machine: string): boolean {
    return (this.#machines.get(machine)?.failures ?? 0) > 0;
  }

  /** None of its addresses could be reached. */
  unreached(machine: string, cause: Cause): void {
    if (!ABSENT.includes(cause)) return;
    const row = this.#machines.get(machine);
    const now = this.#now;
    // Begun before an attempt beside it failed: together they are one.
    if (row !== undefined && row.failures > 0 && now < row.until) return;
    const inARow = row !== undefined && now < row.until + this.#maxMs();
    const failures = (inARow ? row.failures : 0) + 1;
    this.#set(
      machine,
      failures,
      reconnectBackoffMs(failures, false, this.#maxMs(), this.#host.random()),
      cause,
    );
  }

  /** TCP is there; also: the operator wants it tried now. */
  reached(machine: string): void {
    this.#machines.delete(machine);
  }

  /** Before the pairs of the connection hear of it: they may want to connect again. */
  lost(loss: Loss): void {
    const { machine, condition, cause } = loss;
    if (condition !== null && LEFT_ALONE.includes(condition)) return this.#leaveAlone(machine, cause);
    if (condition !== null || !UNEXPECTED.includes(cause)) return;
    const now = this.#now;
    this.#remember(loss, now);
    if (now < this.#widespreadUntil || this.#lost.get(machine)!.times >= MANY) {
      this.#leaveAlone(machine, cause);
    } else if (this.#isWidespread()) {
      this.#widespreadUntil = now + AT_ONCE_MS;
      for (const [other] of this.#lost) this.#leaveAlone(other, cause);
    }
  }

  #remember({ machine, address }: Loss, now: number): void {
    const times = (this.#lost.get(machine)?.times ?? 0) + 1;
    this.#lost.delete(machine);
    this.#lost.set(machine, { at: now, site: site(address), times });
    for (const [oldest, { at }] of this.#lost) {
      if (now - at < AT_ONCE_MS) break;
      this.#lost.delete(oldest);
    }
  }

  #isWidespread(): boolean {
    const sites = new Set<string>();
    for (const { site } of this.#lost.values()) {
      if (sites.add(site).size >= MANY) return true;
    }
    return false;
  }

  #leaveAlone(machine: string, cause: Cause): void {
    if (this.rest(machine) !== null) return;
    const ms = reconnectBackoffMs(0, true, this.#maxMs(), this.#host.random());
    this.#set(machine, 0, ms, cause);
  }

  #set(machine: string, failures: number, ms: number, cause: Cause): void {
    this.#machines.set(machine, { failures, until: this.#now + ms, cause });
  }

  get #now(): number {
    return this.#host.clock.now();
  }
}
