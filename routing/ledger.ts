/**
 * What was written on one connection and what of it is known to have arrived. XEP-0198; protocol.md 8.1, 8.3.
 *
 * Confirmation is an `<a/>` or a fence that returned; a peer with neither leaves everything unconfirmed.
 */
import { COUNT_MODULUS } from "../xmpp/stream_management.ts";
import { type Piece, Unacknowledged } from "./unacknowledged.ts";

/** How much may be written and not acknowledged. */
export interface WindowLimits {
  readonly smUnackedStanzas: number;
  readonly smUnackedBytes: number;
}

/** Of all connections together: confirmed since the start, kept now. */
export interface LedgerSums {
  confirmed: number;
  kept: number;
}

export class Ledger {
  readonly #sums: LedgerSums;
  #written = 0;
  #confirmed = 0;
  /** Stanzas written since the counting began; null: the peer does not count. */
  #sent: number | null = null;
  /** The peer's last `h`. */
  #answered = 0;
  /** Kept when the connection was lost: bounced or sent again by now. */
  #returned = 0;
  #keeping = false;
  readonly #kept = new Unacknowledged();

  constructor(sums: LedgerSums = { confirmed: 0, kept: 0 }) {
    this.#sums = sums;
  }

  /** `stanzas` stanzas were handed to the socket: those that stand in `source` from `start` to `end`. */
  wrote(source: Uint8Array, start: number, end: number, stanzas: number, now: number): void {
    this.#written += stanzas;
    if (this.#sent !== null) this.#sent += stanzas;
    if (!this.#keeping) return;
    this.#kept.add(source, start, end, stanzas, now);
    this.#sums.kept += stanzas;
  }

  /** From now on what is written is kept until it is acknowledged. */
  keep(): void {
    this.#keeping = true;
  }

  /** The peer counts from now on: what was kept before is acknowledged by its first answer. */
  count(): void {
    this.#sent = 0;
    this.keep();
  }

  /** The peer will never acknowledge anything: what was written has TCP's promise only. */
  forget(): void {
    this.#keeping = false;
    this.#sent = null;
    this.#sums.kept -= this.#kept.stanzas;
    this.#kept.clear();
  }

  /**
   * The peer has handled `handled` of the stanzas that it counts, modulo 2^32. A count never goes back.
   *
   * @param asked It answers a question of ours: in order (RFC 6120 10.1) whatever was kept before the counting began
   * is handled too.
   * @returns False when nobody can have handled that many.
   */
  acknowledge(handled: number, asked: boolean): boolean {
    if (this.#sent === null) return true;
    const early = this.#early;
    const more = (handled - this.#answered + COUNT_MODULUS) % COUNT_MODULUS;
    if (more > this.#kept.stanzas - early) return false;
    const settled = more > 0 || asked ? more + early : 0;
    this.#answered = handled;
    this.#settled(settled);
    return true;
  }

  #settled(stanzas: number): void {
    this.#confirmed += stanzas;
    this.#sums.confirmed += stanzas;
    this.#sums.kept -= stanzas;
    this.#kept.acknowledge(stanzas);
  }

  /** Kept and written before the counting began. */
  get #early(): number {
    return Math.max(0, this.#kept.stanzas - this.#sent!);
  }

  /** A fence returned: of what was kept, everything up to the `upTo`-th stanza written here has arrived. */
  passed(upTo: number): void {
    const settled = Math.min(this.#kept.stanzas, Math.max(0, upTo - (this.#written - this.#kept.stanzas)));
    this.#settled(settled);
  }

  get written(): number {
    return this.#written;
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  /** Stanzas since the counting began: what an `h` may reach. */
  get sent(): number {
    return this.#sent ?? 0;
  }

  /** Kept: a loss now bounces them, or sends them again. */
  get unacknowledged(): number {
    return this.#kept.stanzas;
  }

  /** About how many bytes they are. */
  get unacknowledgedBytes(): number {
    return this.#kept.bytes;
  }

  /** When the oldest of them was written; null when there is none. */
  get unacknowledgedSince(): number | null {
    return this.#kept.since;
  }

  /** What a loss now leaves with TCP's promise only (`written_unconfirmed`). */
  get writtenUnconfirmed(): number {
    return this.#written - this.#confirmed - this.#returned - this.#kept.stanzas;
  }

  /** Whether so much more may be written now. A single stanza always may when nothing waits for its answer. */
  fits(stanzas: number, bytes: number, { smUnackedStanzas, smUnackedBytes }: WindowLimits): boolean {
    const kept = this.#kept;
    if (!this.#keeping || (stanzas === 1 && kept.stanzas === 0)) return true;
    return kept.stanzas + stanzas <= smUnackedStanzas && kept.bytes + bytes <= smUnackedBytes;
  }

  /** The connection is gone: what is not acknowledged, in order. The caller answers for it now. */
  takeUnacknowledged(): Piece[] {
    this.#returned += this.#kept.stanzas;
    this.#sums.kept -= this.#kept.stanzas;
    this.#keeping = false;
    return this.#kept.takeAll();
  }
}
