/** The bound of protocol.md 10 on the work that one request may cause. */
import assert from "node:assert/strict";
import { Budget, WORK_PER_REQUEST } from "../../actors/budget.ts";
import { addresses, scripted, srv } from "../resolver/answers.ts";

const SCRIPT = {
  "_xmpp-server._tcp.a.example SRV": srv(["x1.example", 5269]),
  "x1.example A": addresses("A", "192.0.2.1"),
};

Deno.test("LIM-13, cause limit.work: questions beyond the budget are not put, and their answer says why", async () => {
  const { ask, asked } = scripted(SCRIPT);
  const limited = new Budget().limit(ask);
  for (const type of ["SRV", "A", "AAAA", "TLSA"] as const) {
    for (let n = 0; n < 20; n++) await limited(`x${n}.example`, type);
  }
  const put = (...types: string[]) =>
    asked.filter((question) => types.includes(question.split(" ")[1]!)).length;
  assert.deepEqual([put("SRV"), put("A", "AAAA"), put("TLSA")], [2, 8, 8]);
  const { status, security, cause } = await limited("more.example", "A");
  assert.deepEqual({ status, security, cause }, {
    status: "failed",
    security: "indeterminate",
    cause: "limit.work",
  });
});

Deno.test("LIM-13: the same question twice is one operation", async () => {
  const { ask, asked } = scripted(SCRIPT);
  const limited = new Budget().limit(ask);
  for (let n = 0; n < 20; n++) assert.equal((await limited("x1.example", "A")).records.length, 1);
  assert.deepEqual(asked, ["x1.example A"]);
});

Deno.test("LIM-13: one HTTPS fetch and one connection; what did not leave this machine is given back", () => {
  const budget = new Budget();
  for (const operation of ["https", "tcp"] as const) {
    assert.equal(WORK_PER_REQUEST[operation], 1);
    assert.ok(budget.take(operation));
    assert.ok(!budget.take(operation));
    budget.giveBack(operation);
    assert.ok(budget.take(operation));
    assert.ok(!budget.take(operation));
  }
  assert.equal(WORK_PER_REQUEST.dial, 4);
});
