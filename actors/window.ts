/**
 * How much may go out on one connection: what the peer has not acknowledged is bounded, and what the socket has not
 * taken. What does not fit waits in the queue of its pair. protocol.md 8.1, 10; LIM-10.
 */
import { Held, type HeldPair } from "../routing/held.ts";
import type { Batch } from "../wire/connection.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { Alarm } from "./alarm.ts";
import type { ServerContext } from "./context.ts";
import type { Outgoing } from "./outgoing.ts";
import type { S2sShell } from "./s2s_stream.ts";
import { type Drains, MOST_WAITING, settled } from "./sink.ts";

export class Window {
  readonly #server: ServerContext;
  readonly #shell: S2sShell;
  readonly #held: Held<Outgoing>;
  readonly #ages: Alarm;
  /** The socket takes nothing more: what comes for it is bounced. */
  readonly socket: Drains;
  /** The peer acknowledges nothing more: what comes for it waits, and nobody is held up for it. */
  readonly #peer: Drains;

  constructor(server: ServerContext, shell: S2sShell) {
    this.#server = server;
    this.#shell = shell;
    this.#held = new Held(() => server.config.limits, server.queues);
    this.#ages = new Alarm(server.host.clock, () => this.#bounceAged());
    this.socket = { stalled: false, drained: () => shell.connection.drained() };
    this.#peer = { stalled: false, drained: () => this.#full ? shell.acks.progress() : undefined };
  }

  /** Nobody takes what is written any more. */
  get stuck(): boolean {
    return this.socket.stalled || this.#shell.connection.buffered > MOST_WAITING;
  }

  get held(): number {
    return this.#held.size;
  }

  heldOf(pair: DomainPair): number {
    return this.#held.of(pair);
  }

  get #full(): boolean {
    return !this.#held.empty || !this.#fits(1, 1);
  }

  #fits(stanzas: number, bytes: number): boolean {
    return this.#shell.row.ledger.fits(stanzas, bytes, this.#server.config.limits);
  }

  /** How far items `first` to `end` of a batch may go: the first that may not. */
  reach(batch: Batch, first: number, end: number): number {
    if (!this.#held.empty) return first;
    const from = batch.start(first);
    if (this.#fits(end - first, batch.end(end - 1) - from)) return end;
    let until = first;
    while (until < end && this.#fits(until + 1 - first, batch.end(until) - from)) until++;
    return until;
  }

  /** Whoever feeds us pauses while there is no room, but not for ever. */
  paused(): Promise<void> | undefined {
    const { clock } = this.#server.host;
    return settled(this.socket, clock) ?? settled(this.#peer, clock);
  }

  /** False: there is no room, and it waits here now, or was bounced. */
  admits(stanza: Outgoing, pair: DomainPair): boolean {
    if (this.#held.empty && this.#fits(1, stanza.bytes.length)) return true;
    this.#shell.acks.check();
    const full = this.#held.offer(pair, stanza);
    if (full !== null) this.#server.bounce(stanza, full);
    else this.#ages.set(this.#held.agesAt);
    return false;
  }

  /** There may be room again. */
  roomCame(): void {
    this.#held.release((stanza, pair) => {
      if (!this.#fits(1, stanza.bytes.length)) return false;
      this.#send(stanza, pair);
      return true;
    });
  }

  /** Everything leaves, room or not: nothing will come behind it (4.9). */
  flush(): void {
    for (const { pair, stanzas } of this.#held.takeAll()) {
      for (const stanza of stanzas) this.#send(stanza, pair);
    }
  }

  /** The pair may have been withdrawn here while it waited. */
  #send(stanza: Outgoing, pair: DomainPair): void {
    const grant = this.#server.bindings.sendingOn(pair, this.#shell.row);
    if (grant !== null) this.#shell.deliver(stanza, grant);
    else this.#server.routes.submit(pair, stanza);
  }

  /** RTE-11. */
  #bounceAged(): void {
    for (const stanza of this.#held.takeAged(this.#server.host.clock.now())) {
      this.#server.bounce(stanza, "route.queue-age");
    }
    this.#ages.set(this.#held.agesAt);
  }

  takeAll(): HeldPair<Outgoing>[] {
    this.#ages.stop();
    return this.#held.takeAll();
  }
}
