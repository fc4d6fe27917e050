/** What the operator does to one pair or one domain of a server that runs. protocol.md A-33, F4. */
import type { Cause } from "../facts/cause.ts";
import type { BindingRow } from "../routing/binding_table.ts";
import { type Domain, type DomainPair, pairKey } from "../xmpp/domain.ts";
import type { Server } from "./server.ts";

/** Hosts a domain no longer: its pairs stop, the peers keep their links (F4). */
export function removeDomain(server: Server, name: Domain): void {
  for (const row of [...server.bindings.rowsOf(name)]) revokeEverywhere(server, row, "route.not-hosted");
  for (const route of [...server.routes.all()]) {
    if (route.pair.local === name) route.drain("route.not-hosted");
  }
  server.local.remove(name);
}

/** Whether anything is known of the pair here: a row, a route, a request of the peer's, a block. */
export function isThere({ bindings, blocks, host, routes, shells }: Server, pair: DomainPair): boolean {
  if (bindings.get(pair) !== undefined || routes.get(pair) !== undefined) return true;
  if (blocks.find(pair, host.clock.now()) !== null) return true;
  return [...shells.values()].some(({ row }) => row.pendingIn.has(pairKey(pair)));
}

/** @param until How long it stays away, whatever was said before; null: it may be asked for at once. */
export function revoke(server: Server, pair: DomainPair, until: number | null): void {
  const { blocks, host } = server;
  const detail = { action: "revoke", blockedUntil: until === null ? null : new Date(until).toISOString() };
  host.tell({ type: "operator.acted", pair, detail });
  if (until === null) blocks.remove(pair);
  else blocks.add(pair, "policy.revoked", until);
  revokeEverywhere(server, pair, "policy.revoked");
}

/** Ends a block before its time: the pair may be asked for again, from here and from there. */
export function lift(server: Server, pair: DomainPair): void {
  server.host.tell({ type: "operator.acted", pair, detail: { action: "lift" } });
  server.blocks.remove(pair);
  forgetRefusal(server, pair);
}

/** Hosts it as before, with everybody. */
export function resumed(server: Server, name: Domain): void {
  for (const { pair } of [...server.routes.all()]) if (pair.local === name) forgetRefusal(server, pair);
}

/** What we refused ourselves, and do no longer: the next stanza opens the pair, instead of the next retry. */
function forgetRefusal({ routes }: Server, pair: DomainPair): void {
  const route = routes.get(pair);
  const waits = route?.state === "denied" || route?.state === "backoff";
  if (waits && route.cause?.startsWith("policy.")) route.drain(route.cause);
}

/** Looks at the pair's proofs afresh; one of ours that waits after a failure is tried at once. Null: no such pair. */
export function recheck(server: Server, pair: DomainPair): { proofs: number; retried: boolean } | null {
  const row = server.bindings.get(pair), route = server.routes.get(pair);
  const failed = server.negatives.find(pair, server.host.clock.now()) !== null;
  if (row === undefined && route === undefined && !failed) return null;
  const lives = connectionsOf(row).flatMap((id) => server.shells.get(id)?.proofs.life(pair.remote) ?? []);
  for (const life of lives) life.recheckWanted();
  const retried = route === undefined ? failed : route.state === "denied" || route.state === "backoff";
  if (retried) server.routes.urge(pair);
  return { proofs: lives.length, retried };
}

/** On every connection that carries it. */
export function revokeEverywhere({ bindings, shells }: Server, pair: DomainPair, cause: Cause): void {
  for (const id of connectionsOf(bindings.get(pair))) shells.get(id)?.proofs.revoke(pair, cause);
}

function connectionsOf(row: BindingRow | undefined): readonly string[] {
  return [...new Set([...row?.send ?? [], ...row?.recv ?? []].map(({ connection }) => connection.id))];
}
