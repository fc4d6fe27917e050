/** The binding table: which connections carry which pair. dna-01 4; protocol.md 2.2. The only authority. */
import type { Proof } from "../policy/proof.ts";
import { type Domain, type DomainPair, pairKey } from "../xmpp/domain.ts";
import type { ConnectionRow } from "./connection_row.ts";
import { admit, type Grant, type GrantDirection, inverse, permit } from "./grant.ts";
import { type Permission, requestsDomain } from "./pending_request.ts";

/** One row. Lists are replaced, never changed, so that a million rows without a second connection stay small. */
export interface BindingRow extends DomainPair {
  /** In order of authorisation; the first is used (dna-01 4: MUST). */
  readonly send: readonly Grant[];
  /** A set: one grant per connection. */
  readonly recv: readonly Grant[];
}

/** What {@link BindingTable.revoke} took away. */
export interface Revocation {
  readonly sent: boolean;
  readonly received: boolean;
  /** No pair of this connection uses the domain's proof any more; it is gone from `delegated`. */
  readonly unused: boolean;
}

class Row implements BindingRow {
  send: readonly Grant[] = NONE;
  recv: readonly Grant[] = NONE;
  constructor(readonly local: Domain, readonly remote: Domain) {}
}

/** How many pairs of one connection use which remote domain. */
interface Usage {
  pairs: number;
  readonly remotes: Map<Domain, number>;
}

const NONE: readonly Grant[] = [];

/** What a row lets through; `none`: it does not stand in the table. */
export type Standing = "sends" | "receives" | "none";

export function standing(row: BindingRow | undefined): Standing {
  if (row === undefined) return "none";
  return row.send.length > 0 ? "sends" : row.recv.length > 0 ? "receives" : "none";
}

export class BindingTable {
  /** Hears of every row whose {@link Standing} changes, after it has. */
  watch: ((pair: DomainPair, before: Standing, after: Standing) => void) | null = null;
  /** By remote, then local: what ends together stands together. */
  readonly #rows = new Map<Domain, Map<Domain, Row>>();
  readonly #usage = new Map<ConnectionRow, Usage>();
  #size = 0;

  /** Rows; each has at least one connection. */
  get size(): number {
    return this.#size;
  }

  get(pair: DomainPair): BindingRow | undefined {
    return this.#rows.get(pair.remote)?.get(pair.local);
  }

  /** The one connection to send this pair on now; null when none (protocol.md 2.3). */
  sending(pair: DomainPair): Grant | null {
    return this.get(pair)?.send[0] ?? null;
  }

  /** Whether the pair may come in on this connection (F5). */
  receiving(pair: DomainPair, connection: ConnectionRow): Grant | null {
    return this.get(pair)?.recv.find((grant) => grant.connection === connection) ?? null;
  }

  /** The grant by which we send this pair on one certain connection. */
  sendingOn(pair: DomainPair, connection: ConnectionRow): Grant | null {
    return this.get(pair)?.send.find((grant) => grant.connection === connection) ?? null;
  }

  /** Pairs authorised on a connection, in either direction (`limits.pairs_per_connection`). */
  pairsOn(connection: ConnectionRow): number {
    return this.#usage.get(connection)?.pairs ?? 0;
  }

  /** Every row, in no promised order. Rows may go while it is walked. */
  *rows(): Iterable<BindingRow> {
    for (const rows of this.#rows.values()) yield* rows.values();
  }

  /** The rows of one connection, of one remote domain only when given. Rows may go while it is walked. */
  *rowsOn(connection: ConnectionRow, remote?: Domain): Iterable<BindingRow> {
    const remotes = remote === undefined ? this.#usage.get(connection)?.remotes.keys() ?? [] : [remote];
    for (const domain of remotes) {
      for (const row of this.#rows.get(domain)?.values() ?? []) if (uses(row, connection)) yield row;
    }
  }

  /** A pair that we may send for on a connection, to ask the peer something by; null when there is none. */
  somePairOn(connection: ConnectionRow): DomainPair | null {
    for (const row of this.rowsOn(connection)) if (this.sendingOn(row, connection) !== null) return row;
    return null;
  }

  /** The rows of one domain hosted here, for its removal. Walks the remote domains. */
  *rowsOf(local: Domain): Iterable<BindingRow> {
    for (const rows of this.#rows.values()) {
      const row = rows.get(local);
      if (row !== undefined) yield row;
    }
  }

  /**
   * We granted the peer's request (Q12): the proof enters `delegated`, then the connection enters the row.
   *
   * With bidi the inverse pair may flow too (2.8). A pair that is granted already keeps its grant.
   */
  grant(connection: ConnectionRow, pair: DomainPair, proof: Proof, now: number): Grant {
    connection.delegate(proof, now);
    const held = this.receiving(pair, connection);
    if (held !== null) return held;
    const row = this.#rowFor(pair);
    return this.#enter(row, admit(connection, row, proof, now));
  }

  /**
   * The peer answered our request `valid` (I-15). With bidi the inverse pair may flow too.
   *
   * @returns Null when the proof of the remote domain ended while the request was under way: nothing is authorised.
   */
  authorise(permission: Permission, now: number): Grant | null {
    const { connection, pair } = permission;
    const proof = connection.delegated.get(pair.remote);
    if (!connection.open || proof === undefined || !proof.holds(now)) return null;
    const held = this.sendingOn(pair, connection);
    if (held !== null) return held;
    const row = this.#rowFor(pair);
    return this.#enter(row, permit(permission, row, proof, now));
  }

  /** One pair is withdrawn on one connection, by the peer or by us: both directions, at once (2.7, 2.11 T5). */
  revoke(connection: ConnectionRow, pair: DomainPair): Revocation {
    const row = this.#rows.get(pair.remote)?.get(pair.local);
    const sent = this.sendingOn(pair, connection) !== null;
    const received = this.receiving(pair, connection) !== null;
    if (row === undefined || !(sent || received)) return { sent, received, unused: false };
    this.#leave(row, connection);
    connection.lapsed.add(pairKey(pair));
    const used = this.#usage.get(connection)?.remotes.has(pair.remote) ?? false;
    const unused = !used && !requestsDomain(connection, pair.remote);
    if (unused) connection.undelegate(pair.remote);
    return { sent, received, unused };
  }

  /** The proof of a domain ended: every pair with it goes from this connection (3.9). Tells which. */
  expire(connection: ConnectionRow, remote: Domain): readonly BindingRow[] {
    const gone = [...this.rowsOn(connection, remote)] as Row[];
    for (const row of gone) {
      this.#leave(row, connection);
      connection.lapsed.add(pairKey(row));
    }
    connection.undelegate(remote);
    return gone;
  }

  /** We write nothing more on the connection (closing tag, draining); what comes in still passes. Tells the rows. */
  stopSending(connection: ConnectionRow): readonly BindingRow[] {
    const sent: BindingRow[] = [];
    for (const row of this.rowsOn(connection) as Iterable<Row>) {
      if (!has(row, "send", connection)) continue;
      sent.push(row);
      const before = standing(row);
      row.send = without(row.send, connection);
      if (!has(row, "recv", connection)) this.#left(row, connection);
      this.#changed(row, before);
    }
    return sent;
  }

  /** The connection is gone: out of every row (dna-01 4: MUST). Tells the rows that sent on it. */
  close(connection: ConnectionRow): readonly BindingRow[] {
    const sent: BindingRow[] = [];
    for (const row of this.rowsOn(connection)) {
      if (has(row, "send", connection)) sent.push(row);
      this.#leave(row as Row, connection);
    }
    this.#usage.delete(connection);
    return sent;
  }

  /** The row of a pair; a new one stands in the table only when a grant enters it. */
  #rowFor({ local, remote }: DomainPair): Row {
    return this.#rows.get(remote)?.get(local) ?? new Row(local, remote);
  }

  /** Enters a grant, and on a bidi connection its inverse. */
  #enter(row: Row, grant: Grant): Grant {
    const before = standing(row);
    this.#stand(row);
    if (!uses(row, grant.connection)) this.#count(row, grant.connection, 1);
    this.#add(row, grant);
    if (grant.connection.bidi && !has(row, other(grant.direction), grant.connection)) {
      this.#add(row, inverse(grant));
    }
    grant.connection.everAuthorised = true;
    this.#changed(row, before);
    return grant;
  }

  #stand(row: Row): void {
    let rows = this.#rows.get(row.remote);
    if (rows === undefined) this.#rows.set(row.remote, rows = new Map());
    if (rows.has(row.local)) return;
    rows.set(row.local, row);
    this.#size++;
  }

  #add(row: Row, grant: Grant): void {
    row[grant.direction] = [...row[grant.direction], grant];
  }

  /** Withdraws the connection's grants of a row. */
  #leave(row: Row, connection: ConnectionRow): void {
    const before = standing(row);
    row.send = without(row.send, connection);
    row.recv = without(row.recv, connection);
    this.#left(row, connection);
    this.#changed(row, before);
  }

  #changed(row: Row, before: Standing): void {
    const after = standing(row);
    if (after !== before) this.watch?.(row, before, after);
  }

  /** The connection is in neither list of the row any more; an empty row goes. */
  #left(row: Row, connection: ConnectionRow): void {
    this.#count(row, connection, -1);
    if (row.send.length > 0 || row.recv.length > 0) return;
    const rows = this.#rows.get(row.remote);
    if (rows?.delete(row.local)) this.#size--;
    if (rows?.size === 0) this.#rows.delete(row.remote);
  }

  #count({ remote }: Row, connection: ConnectionRow, change: 1 | -1): void {
    let usage = this.#usage.get(connection);
    if (usage === undefined) this.#usage.set(connection, usage = { pairs: 0, remotes: new Map() });
    usage.pairs += change;
    const left = (usage.remotes.get(remote) ?? 0) + change;
    if (left === 0) usage.remotes.delete(remote);
    else usage.remotes.set(remote, left);
  }
}

const other = (direction: GrantDirection): GrantDirection => direction === "send" ? "recv" : "send";

function has(row: BindingRow, direction: GrantDirection, connection: ConnectionRow): boolean {
  return row[direction].some((grant) => grant.connection === connection);
}

function uses(row: BindingRow, connection: ConnectionRow): boolean {
  return has(row, "send", connection) || has(row, "recv", connection);
}

/** The list without one connection's grant, which is withdrawn. */
function without(grants: readonly Grant[], connection: ConnectionRow): readonly Grant[] {
  const index = grants.findIndex((grant) => grant.connection === connection);
  if (index === -1) return grants;
  grants[index]!.withdraw();
  return grants.length === 1 ? NONE : grants.toSpliced(index, 1);
}
