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

/** False when there is no such pair. */
export function revoke(server: Server, pair: DomainPair, blockMs: number): boolean {
  const { bindings, blocks, host, routes, shells } = server;
  const asked = () => [...shells.values()].some(({ row }) => row.pendingIn.has(pairKey(pair)));
  if (bindings.get(pair) === undefined && routes.get(pair) === undefined && !asked()) return false;
  host.tell({ type: "operator.acted", pair, detail: { action: "revoke", blockMs } });
  if (blockMs > 0) blocks.add(pair, "policy.revoked", host.clock.now() + blockMs);
  revokeEverywhere(server, pair, "policy.revoked");
  return true;
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
