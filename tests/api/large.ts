/** A server's tables with as many rows as one likes, and nothing else of a server. */
import { Census, type Underway } from "../../actors/census.ts";
import type { Route } from "../../actors/route.ts";
import type { S2sShell } from "../../actors/s2s_stream.ts";
import type { Server } from "../../actors/server.ts";
import { sourcesOf } from "../../actors/sources.ts";
import type { Cause } from "../../facts/cause.ts";
import type { Sources } from "../../observe/live.ts";
import { standing } from "../../routing/binding_table.ts";
import { type DomainPair, pairKey, parseDomain } from "../../xmpp/domain.ts";
import { connect, grant, NOW, proofOf, tables } from "../routing/fixtures.ts";

const CAUSES: readonly Cause[] = ["dns.bogus", "tcp.timeout", "peer.denied"];
const LOCALS = 100;
const CONNECTIONS = 10;

/** Open pairs by `LOCALS` local domains, and every fiftieth one besides that fails. */
export function large(
  pairs: number,
): { readonly sources: Sources; readonly now: number; readonly total: number } {
  const world = tables();
  const routes = new Map<string, Route>();
  const census = new Census(
    (pair) => routes.get(pairKey(pair)) as Underway | undefined,
    (pair) => standing(world.bindings.get(pair)),
  );
  world.bindings.watch = (...change) => census.bound(...change);
  const rows = Array.from({ length: CONNECTIONS }, () => connect(world, { direction: "in", bidi: true }));
  for (let n = 0; n < pairs; n++) {
    const remote = parseDomain(`customer-${Math.floor(n / LOCALS)}.hosting-${n % 7}.example`);
    const row = rows[n % CONNECTIONS]!;
    if (!row.delegated.has(remote)) row.delegate(proofOf(remote), NOW);
    grant(world, row, { local: parseDomain(`local-${n % LOCALS}.example`), remote });
  }
  const failing = Math.floor(pairs / 50);
  for (let n = 0; n < failing; n++) {
    const pair = {
      local: parseDomain(`local-${n % LOCALS}.example`),
      remote: parseDomain(`failing-${n}.example`),
    };
    const route = failed(pair, n % 3 === 0 ? "denied" : "backoff", CAUSES[n % 3]!);
    routes.set(pairKey(pair), route);
    census.routed(pair, undefined, route);
  }
  const shells = new Map(
    rows.map((row) => [row.id, {
      id: row.id,
      row,
      window: { heldOf: () => 0 },
      proofs: { life: () => undefined },
    }]),
  );
  const server = {
    bindings: world.bindings,
    shells: shells as unknown as Map<string, S2sShell>,
    census,
    graves: { all: () => [], find: () => undefined },
    hosted: world.hosted,
    held: { proofs: 0 },
    refusalFor: () => null,
    routes: { all: () => routes.values(), get: (pair: DomainPair) => routes.get(pairKey(pair)) },
  };
  const sources = { ...sourcesOf(server as unknown as Server), actors: () => [] };
  return { sources, now: NOW, total: pairs + failing };
}

function failed(pair: DomainPair, state: "denied" | "backoff", cause: Cause): Route {
  const outbox = { size: 0, bytes: 0, next: null };
  return {
    pair,
    state,
    cause,
    outbox,
    boundMs: null,
    failures: 3,
    nextAttemptAt: NOW + 60_000,
  } as unknown as Route;
}
