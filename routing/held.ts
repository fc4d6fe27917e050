/** Stanzas of open pairs that wait because the peer acknowledges too slowly. protocol.md 8.1, 10. */
import type { Cause } from "../facts/cause.ts";
import { type DomainPair, type PairKey, pairKey } from "../xmpp/domain.ts";
import { Outbox, type OutboxLimits, type QueueBudget, type Waiting } from "./outbox.ts";

/** What waits for one pair, in order. */
export interface HeldPair<T extends Waiting> {
  readonly pair: DomainPair;
  readonly stanzas: readonly T[];
}

/** The queues of one connection; they come from the same budget as those of pairs that are not open. */
export class Held<T extends Waiting> {
  readonly #limits: () => OutboxLimits;
  readonly #budget: QueueBudget;
  readonly #queues = new Map<PairKey, { readonly pair: DomainPair; readonly outbox: Outbox<T> }>();

  constructor(limits: () => OutboxLimits, budget: QueueBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  get size(): number {
    let size = 0;
    for (const { outbox } of this.#queues.values()) size += outbox.size;
    return size;
  }

  get empty(): boolean {
    return this.#queues.size === 0;
  }

  of(pair: DomainPair): number {
    return this.#queues.get(pairKey(pair))?.outbox.size ?? 0;
  }

  /** Null when taken, else why it has to be bounced. */
  offer({ local, remote }: DomainPair, stanza: T): Cause | null {
    const key = pairKey({ local, remote });
    const queue = this.#queues.get(key) ??
      { pair: { local, remote }, outbox: new Outbox<T>(this.#limits, this.#budget) };
    const full = queue.outbox.offer(stanza);
    if (full === null) this.#queues.set(key, queue);
    return full;
  }

  /** Hands on one stanza of each pair in turn, so that each has its share, while `hand` takes them. */
  release(hand: (stanza: T, pair: DomainPair) => boolean): void {
    for (let going = true; going && this.#queues.size > 0;) {
      for (const [key, { pair, outbox }] of this.#queues) {
        const next = outbox.next;
        going = next === null || hand(next, pair);
        if (!going) break;
        outbox.drop();
        if (outbox.size === 0) this.#queues.delete(key);
      }
    }
  }

  /** Everything; nothing waits here afterwards. */
  takeAll(): HeldPair<T>[] {
    const all = [...this.#queues.values()].map(({ pair, outbox }) => ({ pair, stanzas: outbox.takeAll() }));
    this.#queues.clear();
    return all;
  }

  /** Takes out what has waited too long (`route.queue-age`). */
  takeAged(now: number): readonly T[] {
    return [...this.#queues].flatMap(([key, { outbox }]) => {
      const aged = outbox.takeAged(now);
      if (outbox.size === 0) this.#queues.delete(key);
      return aged;
    });
  }

  /** When {@link takeAged} has something to take; null when nothing waits. */
  get agesAt(): number | null {
    const ages = [...this.#queues.values()].flatMap(({ outbox }) => outbox.agesAt ?? []);
    return ages.length === 0 ? null : Math.min(...ages);
  }
}
