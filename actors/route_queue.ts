/** What waits for one pair: in order, not too much of it, none too long; whatever leaves is written or bounced. protocol.md 2.3, 8.3; RTE-11. */
import type { Cause } from "../facts/cause.ts";
import { Outbox } from "../routing/outbox.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { ServerContext } from "./context.ts";
import type { Outgoing } from "./outgoing.ts";

export class RouteQueue {
  readonly outbox: Outbox<Outgoing>;
  readonly #server: ServerContext;
  readonly #pair: DomainPair;
  /** When the timer rings: with the oldest stanza that there was, or sooner. */
  #looksAt = Infinity;
  #ageTimer: unknown = null;

  constructor(server: ServerContext, pair: DomainPair) {
    this.#server = server;
    this.#pair = pair;
    this.outbox = new Outbox(() => server.config.limits, server.queues);
  }

  get size(): number {
    return this.outbox.size;
  }

  /** False: there is no room, and it was bounced. */
  offer(stanza: Outgoing): boolean {
    const full = this.outbox.offer(stanza);
    if (full === null) this.#watchAge();
    else this.#server.bounce(stanza, full);
    return full === null;
  }

  /** They were written, or were to be: they wait again, before all newer ones. */
  resume(stanzas: readonly Outgoing[]): void {
    this.#requeue(stanzas);
    this.#watchAge();
  }

  /** Writes all of it, as long as the pair is open. */
  flush(): void {
    const waiting = this.outbox.takeAll();
    for (const [n, stanza] of waiting.entries()) {
      const grant = this.#server.bindings.sending(this.#pair);
      if (grant === null) return this.#requeue(waiting.slice(n));
      this.#server.write(stanza, grant);
    }
  }

  /** @param permanent Nothing is worth waiting for: else what is to be sent again (8.3) goes on waiting. */
  bounce(cause: Cause, permanent: boolean): void {
    const waits = (stanza: Outgoing) => stanza.again === true && !permanent && !this.#server.draining;
    const all = this.outbox.takeAll();
    this.outbox.requeue(all.filter(waits));
    for (const stanza of all) if (!waits(stanza)) this.#server.bounce(stanza, cause, permanent);
  }

  /** The route has ended, or crashed: nobody would ever take out what was to be sent again. */
  over(cause: Cause): void {
    this.#server.host.clock.clearTimeout(this.#ageTimer);
    this.#looksAt = Infinity;
    for (const stanza of this.outbox.takeAll()) this.#server.bounce(stanza, cause);
  }

  #requeue(stanzas: readonly Outgoing[]): void {
    for (const lost of this.outbox.requeue(stanzas)) this.#server.bounce(lost, "route.queue-full");
  }

  /** RTE-11: what has waited too long is bounced, whatever the route is doing. */
  #watchAge(): void {
    const { clock } = this.#server.host;
    const { agesAt } = this.outbox;
    if (agesAt === null || agesAt >= this.#looksAt) return;
    clock.clearTimeout(this.#ageTimer);
    this.#looksAt = agesAt;
    this.#ageTimer = clock.setTimeout(() => {
      this.#looksAt = Infinity;
      for (const stanza of this.outbox.takeAged(clock.now())) this.#server.bounce(stanza, "route.queue-age");
      this.#watchAge();
    }, Math.max(0, agesAt - clock.now()));
  }
}
