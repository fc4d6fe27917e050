/** Counts stanzas of pairs that are not authorised on one connection: rule F6. protocol.md 2.4. */
import type { PairKey } from "../xmpp/domain.ts";

const WINDOW_MS = 60_000;
/** From the hit after these on, one pair gets no replies within the window. */
const REPLIES = 10;

interface Hits {
  /** Times of the last hits, oldest first, at most {@link REPLIES}. Milliseconds since the epoch. */
  readonly times: number[];
  readonly stranger: boolean;
}

export class StrangerWindow {
  /** By the last hit, oldest first: what leaves the window is at the front. */
  readonly #pairs = new Map<PairKey, Hits>();
  #strangers = 0;
  /** Stanzas that were discarded without a reply. */
  silenced = 0;

  /**
   * One more stanza of a pair that is not authorised.
   *
   * @param stranger The pair was never authorised on this connection; others never make a flood.
   * @param allowed How many different strangers are borne within 60 s.
   */
  hit(pair: PairKey, stranger: boolean, allowed: number, now: number): "answer" | "silence" | "flood" {
    this.#leave(now);
    const times = (this.#take(pair)?.times ?? []).filter((time) => time > now - WINDOW_MS);
    const quiet = times.length >= REPLIES;
    this.#put(pair, { times: [...times.slice(quiet ? 1 : 0), now], stranger });
    if (this.#strangers > allowed) return "flood";
    if (quiet) this.silenced++;
    return quiet ? "silence" : "answer";
  }

  #leave(now: number): void {
    for (const [pair, { times }] of this.#pairs) {
      if (times[times.length - 1]! > now - WINDOW_MS) return;
      this.#take(pair);
    }
  }

  #take(pair: PairKey): Hits | undefined {
    const hits = this.#pairs.get(pair);
    if (hits === undefined) return undefined;
    this.#pairs.delete(pair);
    if (hits.stranger) this.#strangers--;
    return hits;
  }

  #put(pair: PairKey, hits: Hits): void {
    this.#pairs.set(pair, hits);
    if (hits.stranger) this.#strangers++;
  }
}
