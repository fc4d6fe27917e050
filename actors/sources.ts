/** The tables as the API walks them. Nothing here is copied: rows are looked at where they live. */
import type { Config, HostedDomain } from "../config/config.ts";
import type { ProofRow } from "../observe/contract.ts";
import type {
  LiveConnection,
  LiveDomain,
  LiveProof,
  LiveRoute,
  LivingActor,
  Source,
  Sources,
} from "../observe/live.ts";
import type { Listed } from "../routing/hosted.ts";
import { type Domain, type DomainPair, pairKey } from "../xmpp/domain.ts";
import { ConnectionNow } from "./live_connection.ts";
import { RouteNow } from "./live_route.ts";
import type { ProofLife } from "./proof.ts";
import type { S2sShell } from "./s2s_stream.ts";
import type { Server } from "./server.ts";

/** @param removed Domains of the file that an operator removed at run time. */
export function sourcesOf(server: Server, removed: () => Iterable<Domain> = () => []): Sources {
  return {
    connections: connections(server),
    routes: routes(server),
    proofs: proofs(server),
    domains: domains(server, removed),
    actors: () => actors(server),
  };
}

/** Every actor that lives, under the name of its machine's file. */
function* actors({ shells, components, routes, verifications }: Server): Iterable<LivingActor> {
  for (const { machineState } of components.values()) yield ["component_stream", machineState];
  for (const { machineState } of verifications.all()) yield ["verification", machineState];
  for (const { machineState } of routes.all()) yield ["route", machineState];
  for (const shell of shells.values()) {
    const { row, machineState, ours, theirs } = shell;
    yield [row.direction === "in" ? "inbound_stream" : "outbound_stream", machineState];
    for (const { machineState } of theirs.all()) yield ["assertion_in", machineState];
    for (const { machineState } of ours.all()) yield ["assertion_out", machineState];
    for (const { machineState } of livesOn(shell)) yield ["proof", machineState];
  }
}

function connections(server: Server): Source<LiveConnection> {
  const { shells, graves } = server;
  return {
    get size() {
      return shells.size;
    },
    *rows() {
      for (const shell of shells.values()) yield new ConnectionNow(server, shell);
    },
    past: () => graves.all(),
    again(row) {
      const shell = shells.get(row.id);
      return shell === undefined ? graves.find(row.id) ?? null : new ConnectionNow(server, shell);
    },
    key: ({ id }) => id,
    counted: () => ({}),
  };
}

/** Rows of the binding table, then pairs of ours that have none. */
function routes(server: Server): Source<LiveRoute> {
  const { routes, bindings, census } = server;
  return {
    get size() {
      return census.total;
    },
    *rows() {
      for (const row of bindings.rows()) yield new RouteNow(server, row, row);
      for (const { pair } of routes.all()) {
        if (bindings.get(pair) === undefined) yield new RouteNow(server, pair, undefined);
      }
    },
    past: () => [],
    again: ({ local, remote }) => routeOf(server, { local, remote } as DomainPair),
    key: ({ local, remote }) => pairKey({ local, remote } as DomainPair),
    counted: () => ({ state: census.states, reason: census.reasons as Record<string, number> }),
  };
}

export function routeOf(server: Server, pair: DomainPair): RouteNow | null {
  const row = server.bindings.get(pair);
  return row === undefined && server.routes.get(pair) === undefined ? null : new RouteNow(server, pair, row);
}

function proofs(server: Server): Source<LiveProof> {
  const { shells, held } = server;
  return {
    get size() {
      return held.proofs;
    },
    *rows() {
      for (const shell of shells.values()) for (const life of livesOn(shell)) yield liveProof(shell.id, life);
    },
    past: () => [],
    again({ connection, domain }) {
      const shell = shells.get(connection);
      const life = shell?.proofs.life(domain as Domain) ?? shell?.machineProof ?? null;
      return life === null || life.proof.domain !== domain ? null : liveProof(connection, life);
    },
    key: ({ connection, domain }) => `${connection} ${domain}`,
    counted: () => ({}),
  };
}

/** Of the domains, and of the machine's own name where its records prove that. */
function* livesOn({ proofs, machineProof }: S2sShell): Iterable<ProofLife> {
  yield* proofs.all();
  if (machineProof !== null) yield machineProof;
}

function liveProof(connection: string, { proof, state, recheckAt }: ProofLife): LiveProof {
  return {
    domain: proof.domain,
    prooftype: proof.prooftype,
    state,
    target: proof.target === null ? null : `${proof.target.host}:${proof.target.port}`,
    connection,
    checkedAt: proof.checkedAt,
    recheckAt,
    expires: proof.expiresAt,
    links: (proof.evidence.links ?? []) as ProofRow["links"],
  };
}

const COMPONENTS = { attached: "connected", away: "away", none: "none" } as const;

function domains(server: Server, removed: () => Iterable<Domain>): Source<LiveDomain> {
  const { hosted } = server;
  const gone = (name: Domain): LiveDomain => ({
    name,
    component: "none",
    policy: server.config.policy.proof,
    since: hosted.removedAt(name) ?? server.started,
    suspended: false,
    origin: "file",
    removed: true,
  });
  let read: Config["domains"] = [], said = new Map<Domain, HostedDomain>();
  /** What the configuration says: looked through once for each. */
  const ownOf = (name: Domain) => {
    const { domains } = server.config;
    if (domains !== read) [read, said] = [domains, new Map(domains.map((one) => [one.name, one]))];
    return said.get(name);
  };
  return {
    get size() {
      return hosted.size;
    },
    *rows() {
      for (const one of hosted.list()) yield liveDomain(one, ownOf(one.domain), server);
    },
    *past() {
      for (const name of removed()) yield gone(name);
    },
    again({ name, removed: isRemoved }) {
      const one = hosted.find(name as Domain);
      if (one !== null) return liveDomain(one, ownOf(name as Domain), server);
      return isRemoved ? gone(name as Domain) : null;
    },
    key: ({ name }) => name,
    counted: () => ({}),
  };
}

function liveDomain(
  { domain, answerer, since, suspended }: Listed,
  own: HostedDomain | undefined,
  { config: { policy } }: Server,
): LiveDomain {
  return {
    name: domain,
    component: COMPONENTS[answerer],
    policy: own?.policy.proof ?? policy.proof,
    since,
    suspended,
    origin: own?.origin ?? "file",
    removed: false,
  };
}
