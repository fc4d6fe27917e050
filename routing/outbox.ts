/** Stanzas that wait for their pair to open. protocol.md 2.3, 8.3, 10. */
import type { Limits } from "../config/config.ts";
import type { Cause } from "../facts/cause.ts";

/** One stanza, owned by the queue: its bytes are a copy. */
export interface Waiting {
  readonly bytes: Uint8Array;
  /** When it was accepted; it keeps its age over a requeue. Milliseconds since the epoch. */
  readonly since: number;
}

/** Per pair; a reload may change them. */
export type OutboxLimits = Pick<Limits, "queueStanzas" | "queueBytes" | "queueAgeMs">;

/** What all queues together may hold (`limits.queues_bytes`). */
export class QueueBudget {
  readonly #maxBytes: () => number;
  /** Queues that hold something. */
  readonly #holding = new Set<Pick<Outbox<Waiting>, "next">>();
  #bytes = 0;
  #stanzas = 0;

  /** @param maxBytes Asked every time, because limits can be reloaded. */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get stanzas(): number {
    return this.#stanzas;
  }

  /** Since when the oldest of all waits; null when none does. Milliseconds since the epoch. */
  get since(): number | null {
    let oldest: number | null = null;
    for (const { next } of this.#holding) {
      if (next !== null && (oldest === null || next.since < oldest)) oldest = next.since;
    }
    return oldest;
  }

  /** A queue began to hold something, or does no longer. */
  holds(queue: Pick<Outbox<Waiting>, "next">, something: boolean): void {
    if (something) this.#holding.add(queue);
    else this.#holding.delete(queue);
  }

  /** One stanza: false when it does not fit. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes()) return false;
    this.#bytes += bytes;
    this.#stanzas++;
    return true;
  }

  give(bytes: number, stanzas: number): void {
    this.#bytes -= bytes;
    this.#stanzas -= stanzas;
  }
}

/** The queue of one pair, in order. Whoever takes a stanza out writes it or bounces it. */
export class Outbox<T extends Waiting> {
  readonly #limits: () => OutboxLimits;
  readonly #budget: QueueBudget;
  #waiting: T[] = [];
  #bytes = 0;

  constructor(limits: () => OutboxLimits, budget: QueueBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  get size(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Null when taken, else why it has to be bounced (`resource-constraint`, wait): what is queued stays (RTE-10). */
  offer(stanza: T): Cause | null {
    const { length } = stanza.bytes;
    const { queueStanzas, queueBytes } = this.#limits();
    const fits = this.#waiting.length < queueStanzas && this.#bytes + length <= queueBytes;
    if (!fits) return "route.queue-full";
    if (!this.#budget.take(length)) return "route.queues-full";
    this.#waiting.push(stanza);
    this.#bytes += length;
    if (this.#waiting.length === 1) this.#budget.holds(this, true);
    return null;
  }

  /** The oldest; null when nothing waits. */
  get next(): T | null {
    return this.#waiting[0] ?? null;
  }

  /** Takes the oldest out. */
  drop(): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes.length;
    this.#gave(oldest.bytes.length, 1);
  }

  #gave(bytes: number, stanzas: number): void {
    this.#budget.give(bytes, stanzas);
    if (this.#waiting.length === 0) this.#budget.holds(this, false);
  }

  /** Everything, in order; the queue is empty afterwards. */
  takeAll(): readonly T[] {
    const all = this.#waiting;
    const bytes = this.#bytes;
    this.#waiting = [];
    this.#bytes = 0;
    this.#gave(bytes, all.length);
    return all;
  }

  /**
   * Puts stanzas back before everything newer (8.3: order per pair is kept).
   *
   * @returns What does not fit any more, to be bounced with `route.queue-full`: the newest first lose their place.
   */
  requeue(stanzas: readonly T[]): readonly T[] {
    const all = [...stanzas, ...this.takeAll()];
    return all.filter((stanza) => this.offer(stanza) !== null);
  }

  /** Takes out what has waited too long (`route.queue-age`). */
  takeAged(now: number): readonly T[] {
    const fresh = this.#waiting.findIndex(({ since }) => now - since < this.#limits().queueAgeMs);
    if (fresh === 0) return [];
    const aged = this.#waiting.splice(0, fresh === -1 ? this.#waiting.length : fresh);
    const bytes = aged.reduce((sum, stanza) => sum + stanza.bytes.length, 0);
    this.#bytes -= bytes;
    this.#gave(bytes, aged.length);
    return aged;
  }

  /** When {@link takeAged} has something to take; null when nothing waits. Milliseconds since the epoch. */
  get agesAt(): number | null {
    const oldest = this.#waiting[0];
    return oldest === undefined ? null : oldest.since + this.#limits().queueAgeMs;
  }
}
