import assert from "node:assert/strict";
import { sendRequest } from "../../routing/pending_request.ts";
import { readVerdict, type VerdictType } from "../../routing/verdict.ts";
import { authorise, connect, grant, OTHER_TARGET, PAIR, pair, tables } from "./fixtures.ts";

/** The table of protocol.md 2.7. */
const CASES: Record<string, [before: "pending" | "authorised" | "neither", VerdictType, means: string]> = {
  "valid, pending": ["pending", "valid", "answer"],
  "invalid, pending": ["pending", "invalid", "answer"],
  "error, pending": ["pending", "error", "answer"],
  "valid, authorised": ["authorised", "valid", "repetition"],
  "invalid, authorised": ["authorised", "invalid", "revocation"],
  "error, authorised": ["authorised", "error", "revocation"],
  "valid, neither": ["neither", "valid", "unsolicited"],
  "invalid, neither": ["neither", "invalid", "unsolicited"],
  "error, neither": ["neither", "error", "unsolicited"],
};
for (const [name, [before, type, means]] of Object.entries(CASES)) {
  Deno.test(`verdict: ${name}`, () => {
    const world = tables();
    const row = connect(world, { direction: "out" });
    if (before === "pending") sendRequest(row, PAIR);
    if (before === "authorised") authorise(world, row, PAIR);
    assert.equal(readVerdict(world.bindings, row, PAIR, type).is, means);
  });
}

Deno.test("verdict: on another connection than the request it is unsolicited", () => {
  const world = tables();
  const [asked, other] = [connect(world, { direction: "out" }), connect(world, { direction: "out" })];
  sendRequest(asked, PAIR);
  assert.equal(readVerdict(world.bindings, other, PAIR, "valid").is, "unsolicited");
  assert.equal(asked.pendingOut.size, 1);
});

Deno.test("verdict: with its addresses not swapped it is unsolicited (A-1)", () => {
  const world = tables();
  const row = connect(world, { direction: "out" });
  sendRequest(row, PAIR);
  const unswapped = { local: PAIR.remote, remote: PAIR.local };
  assert.equal(readVerdict(world.bindings, row, unswapped, "valid").is, "unsolicited");
});

Deno.test("verdict: what we granted without bidi is not what the peer authorised", () => {
  const world = tables();
  const row = connect(world, { direction: "in" });
  grant(world, row, PAIR);
  assert.equal(readVerdict(world.bindings, row, PAIR, "invalid").is, "unsolicited");
});

Deno.test("verdict: the third unsolicited `valid` is a flood; refusals out of nowhere never are", () => {
  const world = tables();
  const row = connect(world, { direction: "out" });
  const flood = (type: VerdictType, local: string) => {
    const meaning = readVerdict(world.bindings, row, pair(local, "sender.example"), type);
    return meaning.is === "unsolicited" && meaning.flood;
  };
  for (let times = 0; times < 5; times++) assert.equal(flood("invalid", "target.example"), false);
  assert.deepEqual([1, 2, 3].map((n) => flood("valid", `target${n}.example`)), [false, false, true]);
  assert.equal(world.bindings.size, 0);
  assert.equal(readVerdict(world.bindings, row, OTHER_TARGET, "error").is, "unsolicited");
});
