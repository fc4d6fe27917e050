/** Every cell of the verdict matrix through the judges, evidence given as the verdict asks for it. protocol.md 3.2.1. */
import assert from "node:assert/strict";
import type { PeerCertificate } from "../../facts/certificate.ts";
import type { Delegation } from "../../facts/delegation.ts";
import type { EndpointTlsa } from "../../facts/tlsa.ts";
import { decide, type Need, type Question, type Verdict } from "../../policy/decide.ts";
import {
  accepted,
  BOGUS,
  calledBack,
  DAY,
  delegated,
  dns,
  facts,
  NO_CERTIFICATE,
  NO_SRV,
  NOW,
  POSH_MATCH,
  POSH_MISMATCH,
  POSH_NONE,
  SELF_SIGNED,
  SENDER,
  TIMING,
  TLSA_BOGUS,
  TLSA_MATCH,
  TLSA_MISMATCH,
  TLSA_NONE,
} from "../policy/fixtures.ts";
import { type Cell, cells, expected } from "./oracle.ts";

const HOST = "xmpp1.originating.example";

const CERTIFICATES: Record<Cell["cert"], PeerCertificate> = {
  "none": NO_CERTIFICATE,
  "sender": accepted("sender.example"),
  "srv-target": accepted(HOST),
  "other": accepted("third.example"),
  "self-signed": SELF_SIGNED,
  "expired": {
    state: "refused",
    cause: "tls.expired",
    facts: facts([dns("sender.example")], { notAfter: NOW - DAY }),
  },
};

const DELEGATIONS: Record<Cell["srv"], Delegation> = {
  secure: delegated("secure", [HOST]),
  insecure: delegated("insecure", [HOST]),
  bogus: BOGUS,
  none: NO_SRV,
};

const TLSA: Record<Cell["tlsa"], EndpointTlsa> = {
  none: TLSA_NONE,
  match: TLSA_MATCH,
  mismatch: TLSA_MISMATCH,
  bogus: TLSA_BOGUS,
};

const POSH = { none: POSH_NONE, match: POSH_MATCH, mismatch: POSH_MISMATCH };

function evidenceOf({ srv, tlsa, posh, key }: Cell): Pick<Question, Need> {
  const security = srv === "secure" || srv === "none" ? "secure" : "insecure";
  return {
    delegation: DELEGATIONS[srv],
    tlsa: [TLSA[tlsa]],
    posh: POSH[posh],
    callback: calledBack(key === "good" ? "confirmed" : "refuted", { security }),
  };
}

/** As the collector does it, one at a time; what was fetched is told. */
function played(cell: Cell): { verdict: Verdict; fetched: readonly Need[] } {
  const known = evidenceOf(cell);
  let question: Question = {
    domain: SENDER,
    certificate: CERTIFICATES[cell.cert],
    delegation: null,
    tlsa: null,
    posh: null,
    callback: null,
    key: cell.key !== "none",
    others: false,
    policy: { proof: cell.policy, allowInsecureDelegation: false, daneInbound: "positive" },
    now: NOW,
    timing: TIMING,
  };
  const fetched: Need[] = [];
  for (;;) {
    const verdict = decide(question);
    if (verdict.proved || verdict.needs.length === 0) return { verdict, fetched };
    for (const need of verdict.needs) {
      fetched.push(need);
      question = { ...question, [need]: known[need] };
    }
  }
}

const receiving = [...cells()].filter((cell) => cell.direction === "receiver");

Deno.test(`matrix: all ${receiving.length} cells of a request are decided as the oracle says`, () => {
  for (const cell of receiving) {
    const { verdict, fetched } = played(cell);
    const { result, prooftype, condition, errorType, asked, rule } = expected(cell);
    const seen = verdict.proved ? ["granted", verdict.proof.prooftype] : [
      verdict.denial.type === "invalid" ? "invalid" : "denied",
      ...verdict.denial.type === "invalid" ? [] : [verdict.denial.condition, verdict.denial.type],
    ];
    const wanted = [result, prooftype, condition, errorType].filter((word) => word !== undefined);
    assert.deepEqual(seen, wanted, `${rule}: ${JSON.stringify(cell)}`);
    assert.equal(fetched.includes("callback"), asked.callback, `${rule}: callback: ${JSON.stringify(cell)}`);
    if (!asked.posh) assert.ok(!fetched.includes("posh"), `${rule}: posh: ${JSON.stringify(cell)}`);
  }
});
