/** The token that a pair may use a connection in one direction. style.md rule 18; protocol.md 2.3, 2.4. */
import type { Proof } from "../policy/proof.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { ConnectionRow } from "./connection_row.ts";
import type { Permission } from "./pending_request.ts";

/** `send`: local to remote. `recv`: remote to local. */
export type GrantDirection = "send" | "recv";

/** Made below, behind the three checks, and nowhere else. */
let make: (connection: ConnectionRow, pair: DomainPair, direction: GrantDirection) => Grant;

/** Ask {@link Grant.live} for every stanza: it is one field. */
export class Grant {
  #live = true;
  readonly connection: ConnectionRow;
  readonly pair: DomainPair;
  readonly direction: GrantDirection;

  private constructor(connection: ConnectionRow, pair: DomainPair, direction: GrantDirection) {
    this.connection = connection;
    this.pair = pair;
    this.direction = direction;
  }

  static {
    make = (connection, pair, direction) => new Grant(connection, pair, direction);
  }

  /** Until withdrawn: the binding table withdraws it the moment it leaves its row. */
  get live(): boolean {
    return this.#live;
  }

  /** For good. Called by the binding table. */
  withdraw(): void {
    this.#live = false;
  }
}

/**
 * We let the remote domain in (Q12).
 *
 * @throws {Error} when the proof is not the one that this connection holds for the domain now.
 */
export function admit(connection: ConnectionRow, pair: DomainPair, proof: Proof, now: number): Grant {
  demand(connection, pair, proof, now);
  if (!connection.receives) throw new Error(`Cannot admit on ${connection.id}: the peer may not send there`);
  return make(connection, pair, "recv");
}

/**
 * The peer lets our domain in, and we have proven who the peer is (I-15). An unsolicited `valid` has no permission.
 *
 * @throws {Error} when the permission was used before, or the proof is not the one held now.
 */
export function permit(permission: Permission, pair: DomainPair, proof: Proof, now: number): Grant {
  const { connection } = permission;
  if (permission.pair.local !== pair.local || permission.pair.remote !== pair.remote) {
    throw new Error(`Cannot use a permission on ${connection.id}: it is for another pair`);
  }
  demand(connection, pair, proof, now);
  if (!permission.spend()) throw new Error(`Cannot use a permission on ${connection.id}: it was used`);
  return make(connection, pair, "send");
}

/** XEP-0288, protocol.md 2.8: on a bidi connection a grant opens the other direction of the same pair too. */
export function inverse(grant: Grant): Grant {
  const { connection, pair, direction } = grant;
  if (!grant.live || !connection.bidi) throw new Error(`Cannot invert a grant on ${connection.id}`);
  return make(connection, pair, direction === "send" ? "recv" : "send");
}

/** No grant without the proof that stands in `delegated` of this connection, still holding (protocol.md 2.2). */
function demand(connection: ConnectionRow, { remote }: DomainPair, proof: Proof, now: number): void {
  const held = connection.open && connection.delegated.get(remote) === proof && proof.holds(now);
  if (!held) throw new Error(`Cannot grant ${remote} on ${connection.id}: its proof is not held there`);
}
