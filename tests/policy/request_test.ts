import assert from "node:assert/strict";
import { checkRequest, type RequestCheck, type RequestFacts } from "../../policy/request.ts";
import { parseDomain } from "../../xmpp/domain.ts";
import { SENDER, TARGET } from "./fixtures.ts";

/** A request that passes every check. */
const GOOD: RequestFacts = {
  sender: SENDER,
  target: TARGET,
  receives: true,
  securedEnough: () => true,
  isHosted: (domain) => domain === TARGET,
  isServerName: (domain) => domain === parseDomain("xmpp1.receiving.example"),
  refusal: () => null,
  limit: () => null,
  isGranted: () => false,
  isPending: () => false,
};

/** In the order of the checks; each row also breaks what the rows below it break. */
const CASES: Record<string, [Partial<RequestFacts>, expected: string]> = {
  "Q1: no sender": [{ sender: null }, "fault improper-addressing stream.addressing"],
  "Q1: no target": [{ target: null }, "fault improper-addressing stream.addressing"],
  "Q2: the other direction": [{ receives: false }, "fault not-authorized stream.direction"],
  "Q3: TLS is demanded": [{ securedEnough: () => false }, "refused cancel policy-violation tls.required"],
  "Q4: the target is not hosted": [
    { target: parseDomain("nowhere.example") },
    "refused cancel item-not-found route.not-hosted",
  ],
  "Q4: a server name is not hosted": [
    { target: parseDomain("xmpp1.receiving.example") },
    "refused cancel item-not-found route.not-hosted",
  ],
  "Q5: the sender is hosted here": [{ sender: TARGET }, "refused cancel not-allowed route.own-domain"],
  "Q5: the sender is our machine": [
    { sender: parseDomain("xmpp1.receiving.example") },
    "refused cancel not-allowed route.own-domain",
  ],
  "Q6: blocked": [{ refusal: () => "policy.blocked" }, "refused cancel not-allowed policy.blocked"],
  "Q6: revoked by the operator (A-33)": [
    { refusal: () => "policy.revoked" },
    "refused cancel not-allowed policy.revoked",
  ],
  "Q7: a limit": [{ limit: () => "limit.pairs" }, "refused wait resource-constraint limit.pairs"],
  "Q8: granted already": [{ isGranted: () => true }, "known"],
  "Q9: being proven": [{ isPending: () => true }, "duplicate"],
  "all is well": [{}, "admitted"],
};
for (const [name, [change, expected]] of Object.entries(CASES)) {
  Deno.test(`request, ${name}`, () => assert.equal(summary(checkRequest({ ...GOOD, ...change })), expected));
}

Deno.test("request: the checks come in the order of the table", () => {
  const names = Object.keys(CASES).filter((name) => /^Q[2367]/.test(name));
  for (const [index, name] of names.entries()) {
    const broken = Object.assign({}, GOOD, ...names.slice(index).map((later) => CASES[later]![0]).reverse());
    assert.equal(summary(checkRequest(broken)), CASES[name]![1], name);
  }
});

Deno.test("request: a limit that is reached does not touch pairs that are known already", () => {
  const full: RequestFacts = { ...GOOD, limit: () => "limit.pairs" };
  assert.equal(summary(checkRequest({ ...full, isGranted: () => true })), "known");
  assert.equal(summary(checkRequest({ ...full, isPending: () => true })), "duplicate");
});

Deno.test("request: the pair is (target, sender) as (local, remote)", () => {
  const check = checkRequest(GOOD);
  assert.ok(check.result === "admitted");
  assert.deepEqual(check.pair, { local: TARGET, remote: SENDER });
});

function summary(check: RequestCheck): string {
  if (check.result === "fault") return `fault ${check.condition} ${check.cause}`;
  if (check.result !== "refused") return check.result;
  return `refused ${check.denial.type} ${check.denial.condition} ${check.cause}`;
}
