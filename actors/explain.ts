/** Why a pair is open or not, stage by stage, from what is known: nothing is asked, nothing is touched. design.md 2.4. */
import { CAUSES } from "../facts/cause.ts";
import type { Explanation, Stage } from "../observe/view.ts";
import type { DomainPair } from "../xmpp/domain.ts";
import { describe } from "./evidence.ts";
import type { Server } from "./server.ts";

/** Null when the local domain is not hosted here. */
export function explain(server: Server, pair: DomainPair): Explanation | null {
  if (!server.hosted.isHosted(pair.local)) return null;
  const route = server.routes.get(pair);
  const row = server.bindings.get(pair);
  const refusal = server.refusalFor(pair);
  const negative = server.negatives.find(pair, server.host.clock.now());
  const open = (row?.send.length ?? 0) > 0;
  const cause = open ? null : refusal ?? route?.cause ?? negative?.cause ?? null;
  const known = open || cause !== null || route !== undefined || row !== undefined;
  return {
    local: pair.local,
    remote: pair.remote,
    verdict: open ? "open" : known ? "closed" : "unknown",
    cause,
    stages: [
      policyStage(server, pair),
      delegationStage(server, pair),
      connectionStage(server, pair),
      pairStage(server, pair, cause),
    ],
  };
}

function policyStage(server: Server, pair: DomainPair): Stage {
  const refusal = server.refusalFor(pair);
  const { proof, allowInsecureDelegation } = server.policyFor(pair);
  const evidence = { proof, allowInsecureDelegation };
  return stage("policy", "May the pair federate?", refusal === null ? "ok" : "fail", evidence, hint(refusal));
}

function delegationStage(server: Server, pair: DomainPair): Stage {
  const delegation = server.routes.get(pair)?.delegation ?? null;
  if (delegation === null) return stage("dns", "Who acts for the remote domain?", "unknown", null, null);
  const verdict = delegation.security === "secure" && delegation.service === "offered" ? "ok" : "fail";
  return stage(
    "dns",
    "Who acts for the remote domain?",
    verdict,
    describe(delegation),
    hint(delegation.cause),
  );
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

function pairStage(server: Server, pair: DomainPair, cause: Explanation["cause"]): Stage {
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
