/** Routing outwards: where a stanza of ours goes. protocol.md 2.3, 4.11. */
import type { Cause } from "../facts/cause.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import type { BindingTable } from "./binding_table.ts";
import type { ConnectionRow } from "./connection_row.ts";
import type { ConnectionTable } from "./connection_table.ts";
import type { Grant } from "./grant.ts";
import type { HostedDomains } from "./hosted.ts";
import type { NegativeTable } from "./negative.ts";

export type Outward =
  /** Write it on `grant.connection`. */
  | { readonly action: "send"; readonly grant: Grant }
  /** Between our machine and the peer's: only the server's own answers. */
  | { readonly action: "serve"; readonly connection: ConnectionRow }
  /** The pair's route is at work: append to its outbox. */
  | { readonly action: "queue" }
  /** Start a route for the pair, with this stanza as the first of its outbox. */
  | { readonly action: "start" }
  /** The target is one of ours. */
  | { readonly action: "local" }
  /** The cause has its words (`bounceFor`); `cancel` when waiting would not help. */
  | { readonly action: "bounce"; readonly type: "cancel" | "wait"; readonly cause: Cause };

export interface Outwards {
  readonly bindings: BindingTable;
  readonly connections: ConnectionTable;
  readonly hosted: HostedDomains;
  /** Pairs that failed a short while ago. */
  readonly negatives: NegativeTable;
  /** Pairs that the operator revoked. */
  readonly blocks: NegativeTable;
}

/** @param underway A route of the pair is resolving, connecting or requesting. */
export function routeOutward(tables: Outwards, pair: DomainPair, underway: boolean, now: number): Outward {
  const { bindings, hosted } = tables;
  if (hosted.isHosted(pair.remote) || hosted.isServerName(pair.remote)) return { action: "local" };
  if (!hosted.isHosted(pair.local)) return fromMachine(tables, pair);
  const grant = bindings.sending(pair);
  if (grant !== null) return { action: "send", grant };
  const blocked = tables.blocks.find(pair, now);
  if (blocked !== null) return bounce("cancel", blocked.cause);
  if (underway) return { action: "queue" };
  const negative = tables.negatives.find(pair, now);
  if (negative !== null) return bounce("wait", negative.cause);
  return { action: "start" };
}

/** Our machine itself speaks only to a peer's machine, on a stream between the two. */
function fromMachine({ connections, hosted }: Outwards, { local, remote }: DomainPair): Outward {
  if (!hosted.isServerName(local)) return bounce("cancel", "component.unknown");
  const connection = connections.findBetween(local, remote);
  if (connection !== null) return { action: "serve", connection };
  return bounce("wait", "route.unauthorised");
}

const bounce = (type: "cancel" | "wait", cause: Cause): Outward => ({ action: "bounce", type, cause });
