import assert from "node:assert/strict";
import { proof, PROOF_TIMERS } from "../../machines/proof.ts";
import { runningTimers } from "./explore.ts";
import { type Line, playTrace } from "./trace.ts";
import { TIMERS } from "./timers.ts";

type Lines = Line<typeof proof>[];
const MINUTE = 60_000;
const INPUT = { softMs: 20 * MINUTE, hardMs: 300 * MINUTE, timers: { ...TIMERS, ...PROOF_TIMERS } };

const play = (name: string, ...lines: Lines) =>
  Deno.test(`proof: ${name}`, () => void playTrace(proof, lines, INPUT));

const RECHECKING: Lines = [[{ after: "soft" }, { alive: "rechecking" }, { type: "recheck" }]];
const bogus: Lines[number] = [{ type: "recheck.bogus" }, { alive: "suspected" }, {
  type: "report suspected",
}];
const again: Lines[number] = [{ after: "suspicion" }, { alive: "rechecking" }, { type: "recheck" }];
const failed: Lines[number] = [
  { type: "recheck.failed", cause: "dns.servfail" },
  { alive: "postponed" },
  { type: "report postponed", cause: "dns.servfail" },
];
const held: Lines[number] = [
  { type: "recheck.held", softMs: 30 * MINUTE, hardMs: 400 * MINUTE },
  { alive: "held" },
];
const later: Lines[number] = [{ after: "postponement" }, { alive: "rechecking" }, { type: "recheck" }];

play("a re-check that holds says nothing on the wire", ...RECHECKING, held);
play("three bogus answers in a row end it", ...RECHECKING, bogus, again, bogus, again, [
  { type: "recheck.bogus" },
  "ended",
  { type: "end proof", cause: "dns.bogus" },
]);
play(
  "a failure between bogus answers ends the suspicion",
  ...RECHECKING,
  bogus,
  again,
  bogus,
  again,
  failed,
  later,
  bogus,
);
play(
  "a success between bogus answers ends the suspicion",
  ...RECHECKING,
  bogus,
  again,
  bogus,
  again,
  held,
  ...RECHECKING,
  bogus,
);
const replaced = { type: "proof.replaced", softMs: 30 * MINUTE, hardMs: 400 * MINUTE } as const;
play("another proof of the same domain replaces the bounds", [replaced, { alive: "held" }]);
play(
  "another proof ends no suspicion: it is looked at again at once",
  ...RECHECKING,
  bogus,
  again,
  bogus,
  [replaced, { alive: "rechecking" }, { type: "recheck" }],
  [{ type: "recheck.bogus" }, "ended", { type: "end proof", cause: "dns.bogus" }],
);
play("what is definitely not proven ends it at once", ...RECHECKING, [
  { type: "recheck.negative", cause: "proof.delegation" },
  "ended",
  { type: "end proof", cause: "proof.delegation" },
]);
play("temporary failures do not end it", ...RECHECKING, failed, later, failed, later, failed, later, held);
play("a re-check without an answer is a temporary failure", ...RECHECKING, [
  { after: "recheck" },
  { alive: "postponed" },
  { type: "report postponed", cause: "proof.timeout" },
]);
play("a late answer still renews it", ...RECHECKING, failed, held);
play("a late answer still ends it", ...RECHECKING, failed, [
  { type: "recheck.negative", cause: "dns.insecure" },
  "ended",
  { type: "end proof", cause: "dns.insecure" },
]);
play("the operator's re-check does not wait", [{ type: "recheck.wanted" }, { alive: "rechecking" }, {
  type: "recheck",
}]);
play("an answer that nobody asked for changes nothing", [
  { type: "recheck.negative", cause: "dns.insecure" },
  {
    alive: "held",
  },
]);
play("a proof that no pair uses ends without a word", [{ type: "proof.unused" }, "ended"]);
play("a proof ends with its connection, without a word", ...RECHECKING, [
  { type: "connection.over" },
  "ended",
]);

const STATES: Record<string, Lines> = {
  held: [],
  rechecking: RECHECKING,
  suspected: [...RECHECKING, bogus],
  postponed: [...RECHECKING, failed],
};
for (const [state, lines] of Object.entries(STATES)) {
  play(`the hard bound ends it while ${state}`, ...lines, [
    { after: "hard" },
    "ended",
    { type: "end proof", cause: "proof.expired" },
  ]);
}

function timersAfter(lines: Lines, input = INPUT): Record<string, number> {
  return runningTimers(proof, playTrace(proof, lines, input));
}

Deno.test("proof: the soft bound stays between recheck_min and recheck_max", () => {
  assert.equal(timersAfter([]).soft, 20 * MINUTE);
  assert.equal(timersAfter([], { ...INPUT, softMs: 1 }).soft, TIMERS.recheckMinMs);
  assert.equal(timersAfter([], { ...INPUT, softMs: 7 * 86_400_000 }).soft, TIMERS.recheckMaxMs);
});

Deno.test("proof: a re-check that holds renews both bounds", () => {
  const { soft, hard } = timersAfter([...RECHECKING, held]);
  assert.deepEqual([soft, hard], [30 * MINUTE, 400 * MINUTE]);
});

Deno.test("proof: a suspicion is looked at again after 20 s and 40 s", () => {
  assert.equal(timersAfter([...RECHECKING, bogus]).suspicion, 20_000);
  assert.equal(timersAfter([...RECHECKING, bogus, again, bogus]).suspicion, 20_000);
});

Deno.test("proof: temporary failures wait 1, 2, 4 .. 30 min", () => {
  const waits: unknown[] = [];
  for (let n = 1; n <= 7; n++) {
    const lines = Array.from({ length: n }, (): Lines => [failed, later]).flat().slice(0, -1);
    waits.push(timersAfter([...RECHECKING, ...lines]).postponement! / MINUTE);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30]);
});

Deno.test("proof: a success starts the waits anew", () => {
  const lines: Lines = [...RECHECKING, failed, later, failed, later, held, ...RECHECKING, failed];
  assert.equal(timersAfter(lines).postponement, MINUTE);
});

Deno.test("proof: a hard bound beyond the longest timer does not fire at once", () => {
  assert.equal(timersAfter([], { ...INPUT, hardMs: 90 * 86_400_000 }).hard, 2 ** 31 - 1);
  assert.equal(timersAfter([], { ...INPUT, hardMs: null as never }).hard, 2 ** 31 - 1);
  assert.equal(timersAfter([], { ...INPUT, hardMs: -1 }).hard, 0);
});
