/**
 * Fences on one connection whose peer has no stream management: a ping between the domains of a pair comes back only
 * when everything before it was processed (RFC 6120 10.1). protocol.md 8.3; `policy.fence`.
 */
import { Alarm } from "./alarm.ts";
import type { ServerContext } from "./context.ts";
import type { S2sShell } from "./s2s_stream.ts";

/** After so many stanzas, or so much time: a ping is a stanza and an answer, so not as often as a count (8.1). */
const FENCE_AFTER = 100;
const FENCE_AFTER_MS = 500;
/** How long our closing tag waits for the last one. */
const LAST_WITHIN_MS = 2000;

export class Fence {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #returned: () => void;
  readonly #due: Alarm;
  readonly #silence: Alarm;
  #on = false;
  readonly #waiters: (() => void)[] = [];
  /** Under way: its ping, and how much had been written with it. */
  #asked: { readonly id: string; readonly upTo: number } | null = null;

  /** @param returned One came back, or none ever will. */
  constructor(server: ServerContext, shell: S2sShell, returned: () => void) {
    this.#server = server;
    this.#shell = shell;
    this.#returned = returned;
    const { clock } = server.host;
    this.#due = new Alarm(clock, () => this.#ask());
    this.#silence = new Alarm(clock, () => this.#giveUp());
  }

  /** What is written is kept from now on until a fence behind it has come back. */
  begin(): void {
    this.#on = true;
    this.#shell.row.ledger.keep();
    this.wrote();
  }

  /** Stanzas were written: asks when it is time. */
  wrote(): void {
    if (!this.#on || this.#asked !== null) return;
    const { unacknowledged, unacknowledgedSince } = this.#shell.row.ledger;
    if (unacknowledged >= FENCE_AFTER) return this.#ask();
    this.#due.set(unacknowledgedSince === null ? null : unacknowledgedSince + FENCE_AFTER_MS);
  }

  #ask(): void {
    const { row } = this.#shell;
    if (!this.#on || this.#asked !== null || row.ledger.unacknowledged === 0) return;
    const pair = this.#server.bindings.somePairOn(row);
    if (pair === null) return this.#giveUp(); // every pair was revoked: nobody to ask by
    const ping = this.#server.pings.make(pair, () => this.#cameBack());
    // Before it is written: writing it asks whether one is due.
    this.#asked = { id: ping.id, upTo: row.ledger.written + 1 };
    this.#due.set(null);
    this.#silence.set(this.#server.host.clock.now() + this.#server.config.limits.ackTimeoutMs);
    this.#shell.ask(ping.bytes);
  }

  #cameBack(): void {
    const { ledger } = this.#shell.row;
    const { upTo } = this.#asked!;
    this.#asked = null;
    this.#silence.set(null);
    ledger.passed(upTo);
    this.#returned();
    this.#wake();
    this.wrote();
  }

  /** A peer that lets a ping lie has no fence for us: what was written has TCP's promise only (8.3). */
  #giveUp(): void {
    this.over();
    this.#shell.row.ledger.forget();
    this.#returned();
  }

  /** 4.9: before our closing tag, everything before the last fence is known to have arrived, or the time is up. */
  lastWords(): void | Promise<void> {
    if (!this.#on || this.#shell.row.ledger.unacknowledged === 0) return;
    this.#ask();
    const { clock } = this.#server.host;
    return new Promise<void>((resolve) => {
      const end = clock.setTimeout(() => resolve(), LAST_WITHIN_MS);
      const look = () => {
        if (this.#on && this.#shell.row.ledger.unacknowledged > 0) return void this.#waiters.push(look);
        clock.clearTimeout(end);
        resolve();
      };
      look();
    });
  }

  over(): void {
    this.#on = false;
    this.#due.stop();
    this.#silence.stop();
    if (this.#asked !== null) this.#server.pings.forget(this.#asked.id);
    this.#asked = null;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
