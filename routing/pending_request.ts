/** Our requests that wait for a verdict, and what a `valid` for one of them is worth. protocol.md 2.7, A-11. */
import { type Domain, type DomainPair, pairKey } from "../xmpp/domain.ts";
import type { ConnectionRow } from "./connection_row.ts";

/** Made below, where a request that we sent is answered `valid`, and nowhere else. */
let makePermission: (connection: ConnectionRow, pair: DomainPair) => Permission;
let makeRequest: (connection: ConnectionRow, pair: DomainPair) => PendingRequest;

/** The peer said `valid` to a request of ours, on this connection. Good for one grant. */
export class Permission {
  readonly connection: ConnectionRow;
  readonly pair: DomainPair;
  #spent = false;

  private constructor(connection: ConnectionRow, pair: DomainPair) {
    this.connection = connection;
    this.pair = pair;
  }

  static {
    makePermission = (connection, pair) => new Permission(connection, pair);
  }

  /** True the first time only. */
  spend(): boolean {
    const fresh = !this.#spent;
    this.#spent = true;
    return fresh;
  }
}

/** One entry of `pendingOut`. */
export class PendingRequest {
  readonly connection: ConnectionRow;
  readonly pair: DomainPair;

  private constructor(connection: ConnectionRow, pair: DomainPair) {
    this.connection = connection;
    this.pair = pair;
  }

  static {
    makeRequest = (connection, pair) => new PendingRequest(connection, pair);
  }

  /** The peer said `valid`. Null when the request is no longer pending (timed out, connection gone). */
  accept(): Permission | null {
    return this.settle() ? makePermission(this.connection, this.pair) : null;
  }

  /** The peer denied it, or it timed out: a later verdict is unsolicited. True when it was pending. */
  settle(): boolean {
    const { pendingOut } = this.connection;
    const key = pairKey(this.pair);
    return pendingOut.get(key) === this && pendingOut.delete(key);
  }
}

/**
 * Enters a request into `pendingOut`, before it is written.
 *
 * @throws {Error} when the connection cannot carry it, or the pair is pending there already.
 */
export function sendRequest(connection: ConnectionRow, pair: DomainPair): PendingRequest {
  const key = pairKey(pair);
  if (!connection.open || !connection.requests) throw new Error(`Cannot request on ${connection.id}`);
  if (connection.pendingOut.has(key)) {
    throw new Error(`Cannot request ${key} on ${connection.id}: it is pending`);
  }
  const request = makeRequest(connection, pair);
  connection.pendingOut.set(key, request);
  return request;
}

/** Whether a request to this domain is under way on the connection: its proof is in use. */
export function requestsDomain(connection: ConnectionRow, remote: Domain): boolean {
  for (const { pair } of connection.pendingOut.values()) if (pair.remote === remote) return true;
  return false;
}
