/** Every cell of the matrix as initiator through the judgement of endpoints, rung by rung. protocol.md 2.10, 3.2.1. */
import assert from "node:assert/strict";
import type { Need, Verdict } from "../../policy/decide.ts";
import { endpoint } from "../../policy/endpoint.ts";
import type { HeaderMode } from "../../policy/header.ts";
import type { Evidence } from "../../policy/judge.ts";
import { NOW, SENDER, TIMING } from "../policy/fixtures.ts";
import { DOMAIN, factsOf, MACHINE } from "./facts.ts";
import { type Cell, cells, expected } from "./oracle.ts";

/** One rung: the evidence is given as it is asked for. */
function rung(cell: Cell, mode: HeaderMode): Verdict {
  const { certificate, delegation, tlsa, posh } = factsOf(cell);
  const security = cell.srv === "secure" || cell.srv === "none" ? "secure" : "insecure";
  const host = cell.srv === "none" ? DOMAIN : MACHINE;
  const known = { delegation, tlsa: tlsa.map((one) => ({ ...one, host })), posh, callback: null };
  let question: Pick<Evidence, Need> = { delegation: null, tlsa: null, posh: null, callback: null };
  for (;;) {
    const verdict = endpoint({
      ...question,
      domain: SENDER,
      certificate,
      reached: { host, port: 5269, security, encrypted: true, streamId: null },
      host,
      mode,
      dialled: true,
      policy: { proof: cell.policy, allowInsecureDelegation: false, daneInbound: "positive" },
      now: NOW,
      timing: TIMING,
    });
    if (verdict.proved || verdict.needs.length === 0) return verdict;
    for (const need of verdict.needs) {
      assert.equal(question[need], null, `${need} is asked twice`);
      question = { ...question, [need]: known[need] };
    }
  }
}

/** 2.10: a secure SRV begins with server names. */
function judged(cell: Cell): Verdict {
  const first = cell.srv === "secure" ? rung(cell, "server-name") : null;
  return first?.proved ? first : rung(cell, "classic");
}

const initiating = [...cells()].filter(({ direction, cert }) => direction === "initiator" && cert !== "none");

Deno.test(`matrix, initiator: ${initiating.length} endpoints are judged as the oracle says`, () => {
  for (const cell of initiating) {
    const verdict = judged(cell);
    const { result, prooftype, rule } = expected(cell);
    const seen = verdict.proved ? ["accepted", verdict.proof.prooftype] : ["refused", undefined];
    assert.deepEqual(seen, [result, prooftype], `${rule}: ${JSON.stringify(cell)}`);
  }
});
