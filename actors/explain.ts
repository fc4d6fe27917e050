/** What tables and DNS say of a pair, in both directions, stage by stage; nothing is touched. design.md 2.4. */
import { findDelegation } from "../dnssec/delegation.ts";
import type { Ask } from "../dnssec/resolver.ts";
import { traceTrust } from "../dnssec/trust.ts";
import { type Cause, CAUSES } from "../facts/cause.ts";
import type { ShownLink } from "../facts/chain.ts";
import type { Delegation } from "../facts/delegation.ts";
import { refusedHere } from "../facts/refusal.ts";
import type { Scene } from "../facts/see_for_yourself.ts";
import type { RouteState } from "../machines/route.ts";
import type { Stage } from "../observe/contract.ts";
import type { LiveExplanation, LiveWay } from "../observe/live.ts";
import type { Grant } from "../routing/grant.ts";
import { type DomainPair, pairKey } from "../xmpp/domain.ts";
import { describe } from "./evidence.ts";
import type { Server } from "./server.ts";

/**
 * Null when the local domain is not hosted here. DNS is asked when no route has, and nobody is told of it: an answer
 * changes no table.
 *
 * @param ask A resolver for onlookers: what our own has counted and kept is not theirs to change.
 */
export async function explain(server: Server, pair: DomainPair, ask: Ask): Promise<LiveExplanation | null> {
  if (!server.hosted.isHosted(pair.local)) return null;
  const refusal = server.refusalFor(pair);
  const delegation = refusal === null ? await delegationOf(server, pair, ask) : null;
  const trust = await brokenChain(delegation, ask);
  return {
    local: pair.local,
    remote: pair.remote,
    directions: { out: outward(server, pair, delegation), in: inward(server, pair) },
    refusal: server.refusal(pair),
    stages: [policyStage(server, pair), delegationStage(delegation, trust), connectionStage(server, pair)],
  };
}

/** Routes that wait for an answer. */
const UNDER_WAY: readonly (RouteState | undefined)[] = ["resolving", "connecting", "requesting"];

function outward(server: Server, pair: DomainPair, delegation: Delegation | null): LiveWay {
  const route = server.routes.get(pair);
  const row = server.bindings.get(pair);
  const negative = server.negatives.find(pair, server.host.clock.now());
  const cause = server.refusalFor(pair) ?? route?.cause ?? negative?.cause ??
    (delegation === null ? null : whyUnusable(delegation));
  return {
    from: pair.local,
    to: pair.remote,
    ...verdictOf((row?.send.length ?? 0) > 0, cause),
    pending: UNDER_WAY.includes(route?.state),
    standing: {
      state: route?.state ?? (row === undefined ? null : "authorised"),
      send: row?.send.map((grant) => grant.connection.id) ?? [],
      recv: row?.recv.map((grant) => grant.connection.id) ?? [],
      queued: route?.outbox.size ?? 0,
    },
  };
}

/** By the grants with which the peer's domain may send to ours. */
function inward(server: Server, pair: DomainPair): LiveWay {
  const [grant] = server.bindings.get(pair)?.recv ?? [];
  const pending = [...server.shells.values()].some(({ row }) => row.pendingIn.has(pairKey(pair)));
  return {
    from: pair.remote,
    to: pair.local,
    ...verdictOf(grant !== undefined, server.refusalFor(pair)),
    pending,
    standing: grant === undefined ? { asking: pending } : granted(server, grant),
  };
}

function granted(server: Server, { connection, pair }: Grant): LiveWay["standing"] {
  const proof = connection.delegated.get(pair.remote);
  return {
    connection: connection.id,
    peer: server.shells.get(connection.id)?.connection.peer.ip ?? null,
    prooftype: proof?.prooftype ?? null,
    expires: iso(proof?.expiresAt),
  };
}

function verdictOf(open: boolean, cause: Cause | null): Pick<LiveWay, "verdict" | "cause"> {
  if (open) return { verdict: "open", cause: null };
  return { verdict: cause === null ? "unknown" : "closed", cause };
}

async function delegationOf(server: Server, pair: DomainPair, ask: Ask): Promise<Delegation> {
  return server.routes.get(pair)?.delegation ?? await findDelegation(pair.remote, server.config.dns, ask);
}

/** What the delegation alone already decides (protocol.md 5.7). */
function whyUnusable({ service, exists, cause }: Delegation): Cause | null {
  if (service === "unknown") return cause ?? "dns.servfail";
  if (service === "refused") return "dns.no-service";
  if (service === "absent" && !exists) return "dns.nxdomain";
  return null;
}

/** What a command that sees for itself has to know of this server. */
export function surroundings({ config }: Server): Pick<Scene, "resolver" | "anchor" | "console"> {
  const [resolver] = config.dns.servers;
  const { trustAnchor } = config.dns;
  return {
    anchor: trustAnchor === "iana" ? null : trustAnchor,
    resolver: resolver === undefined ? null : { host: resolver.ip, port: resolver.port },
    console: config.listen.console,
  };
}

function policyStage(server: Server, pair: DomainPair): Stage {
  const refusal = server.refusal(pair);
  const { proof, allowInsecureDelegation, daneInbound } = server.policies.effective(pair);
  const list = server.policies.refusal(pair);
  const evidence = {
    proof: proof.value,
    proofFrom: proof.source,
    allowInsecureDelegation: allowInsecureDelegation.value,
    daneInbound: daneInbound.value,
    refusedBy: list?.source ?? null,
    pattern: list?.pattern ?? null,
    blockedUntil: iso(server.blockedUntil(pair)),
  };
  const next = refusal === null ? null : refusedHere(pair, refusal).next;
  return stage("policy", "May the pair federate?", refusal === null ? "ok" : "fail", evidence, next);
}

/** Answers that prove nothing come without a chain, or with half of one. */
async function brokenChain(delegation: Delegation | null, ask: Ask): Promise<ShownLink[] | null> {
  const [srv] = delegation?.lookups ?? [];
  if (srv === undefined || (srv.security !== "bogus" && srv.security !== "insecure")) return null;
  return await traceTrust(srv.name, ask);
}

function delegationStage(delegation: Delegation | null, trace: ShownLink[] | null): Stage {
  const title = "Who acts for the remote domain?";
  if (delegation === null) return stage("dns", title, "skip", null, null);
  const cause = whyUnusable(delegation);
  const evidence = { ...describe(delegation), ...(trace === null ? {} : { trust: trace }) };
  return stage("dns", title, cause === null ? "ok" : "fail", evidence, hint(cause));
}

/** One that carries the pair; else one on which the peer is proven, though nothing of the pair is authorised there. */
function connectionStage(server: Server, pair: DomainPair): Stage {
  const title = "Is there a proven connection?";
  const row = server.bindings.get(pair);
  const carrying = [...row?.send ?? [], ...row?.recv ?? []].map((grant) => grant.connection);
  const [proven] = server.connections.proven(pair.remote, server.host.clock.now());
  const connection = carrying[0] ?? proven;
  if (connection === undefined) return stage("connection", title, "skip", null, null);
  const proof = connection.delegated.get(pair.remote);
  const evidence = {
    connection: connection.id,
    carries: carrying.length > 0,
    local: connection.local,
    remote: connection.remote,
    serverNames: connection.serverNames,
    encrypted: (server.shells.get(connection.id)?.connection.tls ?? null) !== null,
    prooftype: proof?.prooftype ?? null,
    expires: iso(proof?.expiresAt),
  };
  return stage("connection", title, proof === undefined ? "fail" : "ok", evidence, null);
}

function iso(ms: number | null | undefined): string | null {
  return typeof ms === "number" ? new Date(ms).toISOString() : null;
}

function hint(cause: Cause | null): string | null {
  return cause === null ? null : CAUSES[cause].next;
}

function stage(
  id: string,
  title: string,
  verdict: Stage["verdict"],
  evidence: Stage["evidence"],
  hint: string | null,
): Stage {
  return { id, title, verdict, evidence, elapsedMs: null, hint };
}
