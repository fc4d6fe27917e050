/** The filter inwards: what becomes of a stanza that a peer sent. protocol.md 2.4, rules F1 to F7. */
import type { Cause } from "../facts/cause.ts";
import { type Domain, type DomainPair, pairKey } from "../xmpp/domain.ts";
import type { BindingTable } from "./binding_table.ts";
import type { ConnectionRow } from "./connection_row.ts";
import type { Grant } from "./grant.ts";
import type { HostedDomains } from "./hosted.ts";

/** The addresses of one stanza, parsed. */
export interface Arrival {
  /** domain(from); null when missing, empty or not a valid JID. */
  readonly sender: Domain | null;
  /** domain(to). */
  readonly target: Domain | null;
  /** False for errors and IQ results: they are never answered (RFC 6120 8.3.1). */
  readonly bounceable: boolean;
}

/** A stanza error from the target's side to the sender's; it goes out by protocol.md 2.3, not on this connection. */
export type Reply =
  | { readonly type: "auth"; readonly condition: "not-authorized"; readonly detail: "invalid-connection" }
  | { readonly type: "cancel"; readonly condition: "item-not-found"; readonly detail: null };

export type Filtered =
  /** F7. */
  | { readonly action: "deliver"; readonly grant: Grant }
  /** Between the two machines themselves: ping, disco and version, nothing else. */
  | { readonly action: "serve"; readonly pair: DomainPair }
  | {
    readonly action: "discard";
    readonly rule: "F4" | "F5";
    readonly pair: DomainPair;
    readonly cause: Cause;
    /** Null: no answer, ever. */
    readonly reply: Reply | null;
    /** The pair has to be revoked on this connection (2.11 T5): its target is hosted here no more. */
    readonly revoke: boolean;
  }
  /** Stream error, close. */
  | {
    readonly action: "close";
    readonly rule: "F1" | "F2" | "F3" | "F4" | "F6";
    readonly condition:
      | "improper-addressing"
      | "not-authorized"
      | "invalid-from"
      | "host-unknown"
      | "policy-violation";
    readonly cause: Cause;
  };

export interface Filter {
  readonly bindings: BindingTable;
  readonly hosted: HostedDomains;
  /** Whether the connection has TLS, or the policy of the pair does without. */
  readonly carries: (pair: DomainPair) => boolean;
  /** `limits.unauthorised_pairs_per_minute`. */
  readonly unauthorisedPairsPerMinute: number;
}

type Refused = Exclude<Filtered, { action: "deliver" | "serve" }>;

/** First rule that hits wins. A stanza passes only with a live grant of this very connection, and in the clear by its policy. */
export function filterInward(
  filter: Filter,
  connection: ConnectionRow,
  arrival: Arrival,
  now: number,
): Filtered {
  const { sender, target, bounceable } = arrival;
  if (sender === null || target === null) return close("F1", "improper-addressing", "route.bad-address");
  // "Not authenticated": nothing was ever proven here. A revoked last pair does not undo that (F3, exception).
  if (!connection.everAuthorised && !connection.authenticated) {
    return close("F2", "not-authorized", "route.unauthenticated");
  }
  if (!isKnownSender(connection, sender)) return close("F3", "invalid-from", "route.spoofed");
  const pair: DomainPair = { local: target, remote: sender };
  const misdirected = checkTarget(filter.hosted, pair, bounceable, now);
  if (misdirected !== null) return misdirected;
  const grant = filter.bindings.receiving(pair, connection);
  if (grant?.live && filter.carries(pair)) return { action: "deliver", grant };
  if (isBetweenMachines(connection, pair)) return { action: "serve", pair };
  return unauthorised(filter, connection, pair, bounceable, now);
}

/** F3. A domain that was proven here once is no spoof: its stanzas in flight fall under F5. */
function isKnownSender(connection: ConnectionRow, sender: Domain): boolean {
  return connection.delegated.has(sender) || connection.provenBefore.has(sender) ||
    (connection.remoteProven && connection.remote === sender);
}

/** F4. */
function checkTarget(
  hosted: HostedDomains,
  pair: DomainPair,
  bounceable: boolean,
  now: number,
): Refused | null {
  if (hosted.isHosted(pair.local) || hosted.isServerName(pair.local)) return null;
  if (!hosted.wasRemoved(pair.local, now)) return close("F4", "host-unknown", "route.unknown-target");
  return {
    action: "discard",
    rule: "F4",
    pair,
    cause: "route.unknown-target",
    reply: bounceable ? { type: "cancel", condition: "item-not-found", detail: null } : null,
    revoke: true,
  };
}

function isBetweenMachines(connection: ConnectionRow, { local, remote }: DomainPair): boolean {
  return connection.mode === "server-name" && connection.remoteProven && connection.receives &&
    connection.remote === remote && connection.local === local;
}

/** F5 and F6. */
function unauthorised(
  filter: Filter,
  connection: ConnectionRow,
  pair: DomainPair,
  bounceable: boolean,
  now: number,
): Refused {
  const key = pairKey(pair);
  const stranger = !connection.lapsed.has(key);
  const hit = connection.strangers.hit(key, stranger, filter.unauthorisedPairsPerMinute, now);
  if (hit === "flood") return close("F6", "policy-violation", "route.unauthorised-flood");
  const answered = bounceable && hit === "answer";
  return {
    action: "discard",
    rule: "F5",
    pair,
    cause: "route.unauthorised",
    reply: answered ? { type: "auth", condition: "not-authorized", detail: "invalid-connection" } : null,
    revoke: false,
  };
}

type Closing = Extract<Filtered, { action: "close" }>;

const close = (rule: Closing["rule"], condition: Closing["condition"], cause: Cause): Closing => ({
  action: "close",
  rule,
  condition,
  cause,
});
