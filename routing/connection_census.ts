/** How many connections there are of which kind: kept as they change, so that nobody has to walk them to know. */
import type { ConnectionState } from "./connection_row.ts";

/** Of the peer's address; before TCP is there nobody knows. */
export type Family = "ipv4" | "ipv6" | "none";

export interface ConnectionKind {
  readonly direction: "in" | "out";
  readonly state: ConnectionState;
  readonly family: Family;
}

export class ConnectionCensus {
  readonly #counts = new Map<string, ConnectionKind & { count: number }>();

  /** One connection is now of another kind; null: it was, or is, not there. */
  move(from: ConnectionKind | null, to: ConnectionKind | null): void {
    if (from !== null) this.#at(from).count--;
    if (to !== null) this.#at(to).count++;
  }

  /** Kinds that there ever were: at most thirty. */
  kinds(): Iterable<ConnectionKind & { readonly count: number }> {
    return this.#counts.values();
  }

  #at({ direction, state, family }: ConnectionKind): { count: number } {
    const key = `${direction} ${state} ${family}`;
    return this.#counts.getOrInsertComputed(key, () => ({ direction, state, family, count: 0 }));
  }
}
