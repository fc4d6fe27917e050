/**
 * Who has authoritative servers asked now: so many in all, and so many about one domain (`verify_connections`,
 * `verify_per_domain`; DB-22). A server that stays silent holds a place for half a minute, so where all are taken whoever has
 * most of them gives its oldest up to somebody who has fewer. protocol.md 10.
 */
import type { Domain } from "../xmpp/domain.ts";

export interface PlaceBounds {
  readonly inAll: number;
  readonly perDomain: number;
}

interface Holder {
  readonly about: Domain;
  readonly asker: string;
  /** Leaves its place at once. */
  readonly giveUp: () => void;
}

export class Place {
  readonly #leave: (gone: Promise<unknown>) => void;
  #left = false;

  constructor(leave: (gone: Promise<unknown>) => void) {
    this.#leave = leave;
  }

  /** @param gone Until then its connection is there, though nobody asks on it any more: it counts in all. */
  leave(gone: Promise<unknown> = Promise.resolve()): void {
    if (!this.#left) this.#leave(gone);
    this.#left = true;
  }
}

export class VerifyPlaces {
  readonly #bounds: () => PlaceBounds;
  /** The oldest first. */
  readonly #holders = new Set<Holder>();
  #closing = 0;

  constructor(bounds: () => PlaceBounds) {
    this.#bounds = bounds;
  }

  /**
   * @param asker Whose request it is: one name for all addresses that one organisation may have.
   * @param giveUp Has to leave the place.
   * @returns Null: everything is taken, and nobody has more than this asker.
   */
  take(about: Domain, asker: string, giveUp: () => void): Place | null {
    const { inAll, perDomain } = this.#bounds();
    const beside = [...this.#holders].filter((one) => one.about === about);
    if (beside.length >= perDomain && !makesRoom(beside, asker)) return null;
    if (this.#holders.size + this.#closing >= inAll && !makesRoom([...this.#holders], asker)) return null;
    const holder = { about, asker, giveUp };
    this.#holders.add(holder);
    return new Place((gone) => {
      this.#holders.delete(holder);
      this.#closing++;
      void gone.finally(() => this.#closing--);
    });
  }
}

function makesRoom(holders: readonly Holder[], asker: string): boolean {
  const held = new Map<string, number>();
  for (const one of holders) held.set(one.asker, (held.get(one.asker) ?? 0) + 1);
  const [most, count] = [...held].reduce((a, b) => b[1] > a[1] ? b : a, ["", 0]);
  // With one more it would be the other that has fewer: the two would take the place from each other for ever.
  if (count <= (held.get(asker) ?? 0) + 1) return false;
  holders.find((one) => one.asker === most)!.giveUp();
  return true;
}
