/** Why a pair is open or not, stage by stage; no table and no connection is touched. design.md 2.4. */
import { traceTrust } from "../dnssec/trust.ts";
import { type Cause, CAUSES } from "../facts/cause.ts";
import type { ShownLink } from "../facts/chain.ts";
import type { Delegation } from "../facts/delegation.ts";
import { type Scene, seeForYourself } from "../facts/see_for_yourself.ts";
import type { Explanation, Stage } from "../observe/contract.ts";
import { type DomainPair, toAscii } from "../xmpp/domain.ts";
import { describe } from "./evidence.ts";
import type { Server } from "./server.ts";

/** Null when the local domain is not hosted here. DNS is asked when no route has: an answer changes no table. */
export async function explain(server: Server, pair: DomainPair): Promise<Explanation | null> {
  if (!server.hosted.isHosted(pair.local)) return null;
  const refusal = server.refusalFor(pair);
  const delegation = refusal === null ? await delegationOf(server, pair) : null;
  const route = server.routes.get(pair);
  const negative = server.negatives.find(pair, server.host.clock.now());
  const open = (server.bindings.get(pair)?.send.length ?? 0) > 0;
  const known = refusal ?? route?.cause ?? negative?.cause ??
    (delegation === null ? null : whyUnusable(delegation));
  const cause = open ? null : known;
  return {
    local: pair.local,
    remote: pair.remote,
    verdict: open ? "open" : cause !== null ? "closed" : "unknown",
    cause,
    stages: [
      policyStage(server, pair),
      delegationStage(delegation, await brokenChain(server, delegation)),
      connectionStage(server, pair),
      pairStage(server, pair, cause, delegation),
    ],
  };
}

async function delegationOf(server: Server, pair: DomainPair): Promise<Delegation> {
  return server.routes.get(pair)?.delegation ?? await server.evidence.delegation(pair.remote);
}

/** What the delegation alone already decides (protocol.md 5.7). */
function whyUnusable({ service, exists, cause }: Delegation): Cause | null {
  if (service === "unknown") return cause ?? "dns.servfail";
  if (service === "refused") return "dns.no-service";
  if (service === "absent" && !exists) return "dns.nxdomain";
  return null;
}

function verify(server: Server, pair: DomainPair, cause: Cause, delegation: Delegation | null): string {
  const [target] = delegation?.targets ?? [];
  return seeForYourself(cause, {
    ...surroundings(server),
    local: toAscii(pair.local),
    remote: toAscii(pair.remote),
    host: target?.host ?? null,
    port: target?.port ?? null,
  });
}

/** What a command that sees for itself has to know of this server. */
export function surroundings({ config }: Server): Pick<Scene, "resolver" | "console"> {
  const [resolver] = config.dns.servers;
  return {
    resolver: resolver === undefined ? null : { host: resolver.ip, port: resolver.port },
    console: config.listen.console,
  };
}

function policyStage(server: Server, pair: DomainPair): Stage {
  const refusal = server.refusalFor(pair);
  const { proof, allowInsecureDelegation, daneInbound } = server.policies.effective(pair);
  const list = server.policies.refusal(pair);
  const evidence = {
    proof: proof.value,
    proofFrom: proof.source,
    allowInsecureDelegation: allowInsecureDelegation.value,
    daneInbound: daneInbound.value,
    refusedBy: list?.source ?? null,
    pattern: list?.pattern ?? null,
  };
  return stage("policy", "May the pair federate?", refusal === null ? "ok" : "fail", evidence, hint(refusal));
}

/** Answers that prove nothing come without a chain, or with half of one. */
async function brokenChain(server: Server, delegation: Delegation | null): Promise<ShownLink[] | null> {
  const [srv] = delegation?.lookups ?? [];
  if (srv === undefined || (srv.security !== "bogus" && srv.security !== "insecure")) return null;
  return await traceTrust(srv.name, (...question) => server.resolver.lookup(...question));
}

function delegationStage(delegation: Delegation | null, trace: ShownLink[] | null): Stage {
  const title = "Who acts for the remote domain?";
  if (delegation === null) return stage("dns", title, "skip", null, null);
  const cause = whyUnusable(delegation);
  const evidence = { ...describe(delegation), ...(trace === null ? {} : { trust: trace }) };
  return stage("dns", title, cause === null ? "ok" : "fail", evidence, hint(cause));
}

function connectionStage(server: Server, pair: DomainPair): Stage {
  const row = server.bindings.get(pair);
  const [connection] = [...row?.send ?? [], ...row?.recv ?? []].map((grant) => grant.connection);
  if (connection === undefined) {
    return stage("connection", "Is there a proven connection?", "skip", null, null);
  }
  const proof = connection.delegated.get(pair.remote);
  const evidence = {
    connection: connection.id,
    local: connection.local,
    remote: connection.remote,
    serverNames: connection.serverNames,
    encrypted: (server.shells.get(connection.id)?.connection.tls ?? null) !== null,
    prooftype: proof?.prooftype ?? null,
    expires: typeof proof?.expiresAt === "number" ? new Date(proof.expiresAt).toISOString() : null,
  };
  return stage(
    "connection",
    "Is there a proven connection?",
    proof === undefined ? "fail" : "ok",
    evidence,
    null,
  );
}

function pairStage(
  server: Server,
  pair: DomainPair,
  cause: Cause | null,
  delegation: Delegation | null,
): Stage {
  const row = server.bindings.get(pair);
  const route = server.routes.get(pair);
  const evidence = {
    state: route?.state ?? (row === undefined ? null : "authorised"),
    send: row?.send.map((grant) => grant.connection.id) ?? [],
    recv: row?.recv.map((grant) => grant.connection.id) ?? [],
    queued: route?.outbox.size ?? 0,
    cause,
    text: cause === null ? null : CAUSES[cause].text,
    fault: cause === null ? null : CAUSES[cause].fault,
    verify: cause === null ? null : verify(server, pair, cause, delegation),
  };
  const open = (row?.send.length ?? 0) > 0;
  return stage(
    "pair",
    "Is the pair authorised?",
    open ? "ok" : cause === null ? "unknown" : "fail",
    evidence,
    hint(cause),
  );
}

function hint(cause: Explanation["cause"]): string | null {
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
