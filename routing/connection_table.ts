/** The connection table: one row per TCP connection, found by id, by certificate name, by domain. protocol.md 2.2. */
import type { Delegation } from "../facts/delegation.ts";
import { patternFor } from "../policy/names.ts";
import { type Domain, toAscii } from "../xmpp/domain.ts";
import type { BindingRow, BindingTable } from "./binding_table.ts";
import { ConnectionCensus } from "./connection_census.ts";
import {
  type ConnectionId,
  type ConnectionIndexes,
  ConnectionRow,
  type ConnectionSums,
} from "./connection_row.ts";
import { NameIndex } from "./name_index.ts";

export class ConnectionTable {
  readonly #rows = new Map<ConnectionId, ConnectionRow>();
  readonly #indexes: ConnectionIndexes = { byName: new NameIndex(), byDelegated: new NameIndex() };
  readonly #bindings: BindingTable;
  readonly sums: ConnectionSums = { census: new ConnectionCensus(), ledgers: { confirmed: 0, kept: 0 } };
  #last = 0;

  constructor(bindings: BindingTable) {
    this.#bindings = bindings;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** A TCP connection was opened or accepted. */
  open(direction: "in" | "out"): ConnectionRow {
    const row = new ConnectionRow(`c-${++this.#last}`, direction, this.#indexes, this.sums);
    this.#rows.set(row.id, row);
    return row;
  }

  get(id: string): ConnectionRow | undefined {
    return this.#rows.get(id as ConnectionId);
  }

  rows(): Iterable<ConnectionRow> {
    return this.#rows.values();
  }

  /**
   * The connection is closed or lost, for any reason: out of both tables before anybody is told (dna-01 4: MUST).
   *
   * @returns The rows that sent on it, for their routes. Empty when it was closed before.
   */
  close(row: ConnectionRow): readonly BindingRow[] {
    if (!row.open) return [];
    const sent = this.#bindings.close(row);
    row.forget();
    this.#rows.delete(row.id);
    return sent;
  }

  /**
   * An established connection on which a pair with this remote domain may be requested (I-3, 2.9).
   *
   * First one that holds a proof of the domain (only the sender is new); else, only if the SRV is secure, one whose
   * certificate names any of the targets. The caller still has to prove the domain there (I-4).
   *
   * @param except Connections that said no already.
   */
  findReusable(
    delegation: Delegation,
    now: number,
    except: ReadonlySet<ConnectionRow> = new Set(),
  ): ConnectionRow | null {
    const usable = (row: ConnectionRow) => isUsable(row) && !except.has(row);
    for (const row of this.#indexes.byDelegated.find(delegation.domain)) {
      if (usable(row) && row.delegated.get(delegation.domain)?.holds(now)) return row;
    }
    if (delegation.security !== "secure" || delegation.service !== "offered") return null;
    for (const { host } of delegation.targets) {
      for (const row of this.#named(host)) {
        if (usable(row) && (row.peerDna || row.peerErrors)) return row;
      }
    }
    return null;
  }

  /**
   * Established connections whose certificate carries this domain itself, to peers that answer a request they deny with
   * an error: what 2.9 demands beside the same address and port when the SRV is not secure.
   */
  findByCertificate(domain: Domain, except: ReadonlySet<ConnectionRow>): readonly ConnectionRow[] {
    return [...this.#named(toAscii(domain))].filter((row) =>
      isUsable(row) && row.peerErrors && !except.has(row)
    );
  }

  /** The server-name stream between two machines on which we may send, for ping, disco and version. */
  findBetween(local: Domain, remote: Domain): ConnectionRow | null {
    for (const row of this.#named(toAscii(remote))) {
      const ours = row.local === local && row.remote === remote && row.mode === "server-name";
      if (ours && row.remoteProven && row.state === "established" && (row.direction === "out" || row.bidi)) {
        return row;
      }
    }
    return null;
  }

  /** Established connections whose peer is proven to speak for the domain, whatever is authorised on them. */
  *proven(domain: Domain, now: number): Iterable<ConnectionRow> {
    for (const row of this.#indexes.byDelegated.find(domain)) {
      if (row.state === "established" && row.delegated.get(domain)?.holds(now)) yield row;
    }
  }

  /** Connections whose certificate carries the host, itself or by a wildcard. */
  *#named(host: string): Iterable<ConnectionRow> {
    yield* this.#indexes.byName.find(host);
    const pattern = patternFor(host);
    if (pattern !== null) yield* this.#indexes.byName.find(pattern);
  }
}

/** A pair may be requested there. */
const isUsable = (row: ConnectionRow): boolean => row.state === "established" && row.requests;
