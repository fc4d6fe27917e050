/** How far an attempt came: which stage its cause belongs to, what was passed before, what was not reached. */
import type { Cause } from "../../facts/cause.ts";
import type { Detail } from "../../facts/event.ts";
import type { Stage } from "../contract.ts";

const TITLES = {
  dns: "DNS",
  tcp: "TCP",
  tls: "TLS",
  stream: "Stream",
  proof: "Proof",
  pair: "Pair",
} as const;

type StageId = keyof typeof TITLES;

/** By the first word of the cause; a cause of its own before its kind. */
const STAGE: Readonly<Record<string, StageId>> = {
  "limit.outgoing": "tcp",
  "tcp.limit": "tcp",
  // An unsigned zone answers as it should (protocol.md 5.7): what fails is the proof that would have needed it signed.
  "dns.insecure": "proof",
  dns: "dns",
  tcp: "tcp",
  tls: "tls",
  xml: "stream",
  stream: "stream",
  sasl: "stream",
  component: "stream",
  proof: "proof",
  dane: "proof",
  posh: "proof",
  dialback: "proof",
  peer: "pair",
  policy: "pair",
  route: "pair",
  limit: "pair",
  operator: "pair",
  server: "pair",
  native: "stream",
};

/** Who comes to us has a connection before its domain is looked up; whom we call, the other way round. */
const ORDER: Readonly<Record<"in" | "out", readonly StageId[]>> = {
  in: ["tcp", "tls", "stream", "dns", "proof", "pair"],
  out: ["dns", "tcp", "tls", "stream", "proof", "pair"],
};

export function stageOf(cause: Cause): StageId {
  return STAGE[cause] ?? STAGE[cause.split(".")[0]!] ?? "pair";
}

export function stagesOf(
  cause: Cause,
  direction: "in" | "out" | null,
  evidence: Detail,
  hint: string,
  recovered: boolean,
): Stage[] {
  const order = ORDER[direction ?? "in"];
  const failing = order.indexOf(stageOf(cause));
  return order.map((id, at): Stage => {
    const fails = at === failing && !recovered;
    return {
      id,
      title: TITLES[id],
      verdict: fails ? "fail" : at <= failing || recovered ? "ok" : "skip",
      evidence: fails ? evidence : null,
      elapsedMs: null,
      hint: fails ? hint : null,
    };
  });
}
