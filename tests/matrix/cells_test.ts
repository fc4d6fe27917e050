/** Every cell of the matrix through the real judges, collecting and machines; the evidence is injected. */
import assert from "node:assert/strict";
import { type Cell, cells, describe, type Direction, type Expected, expected, table } from "./oracle.ts";
import { type Judged, judgeRequest } from "./receiver.ts";

const of = (direction: Direction): Cell[] => [...cells()].filter((cell) => cell.direction === direction);

Deno.test("matrix, receiver: all 3456 cells: verdict, prooftype, what was asked, and the order of the acts", async () => {
  const wrong: string[] = [];
  for (const cell of of("receiver")) wrong.push(...disagreements(cell, await judgeRequest(cell)));
  agree(wrong, 3456);
});

Deno.test("matrix, receiver: the driver feels every dimension: facts of another value lead to disagreements", async () => {
  for (const name of ["cert", "srv", "tlsa", "posh", "key", "policy"] as const) {
    const values: readonly string[] = table.dimensions[name];
    let wrong = 0;
    for (const [n, cell] of of("receiver").entries()) {
      if (n % 7 !== 0) continue;
      const other = { ...cell, [name]: values[(values.indexOf(cell[name]) + 1) % values.length]! };
      const seen = await judgeRequest(other);
      wrong += disagreements(cell, seen).length;
    }
    assert.ok(wrong > 0, `${name} makes no difference`);
  }
});

Deno.test("matrix, receiver: the order in which evidence arrives changes nothing", async () => {
  const orders = [{ delegation: 40 }, { tlsa: 40 }, { posh: 40 }, { delegation: 40, posh: 5, tlsa: 20 }];
  const wrong: string[] = [];
  for (const [n, cell] of of("receiver").entries()) {
    wrong.push(...disagreements(cell, await judgeRequest(cell, orders[n % orders.length])));
  }
  agree(wrong, 3456);
});

/** What differs, in one line; empty when the cell agrees. */
function disagreements(cell: Cell, seen: Judged): string[] {
  const want = expected(cell);
  const wrong = [
    ...(["result", "prooftype", "condition", "errorType"] as const)
      .filter((name) => want[name] !== seen[name])
      .map((name) => `${name}: expected ${want[name]}, saw ${seen[name]}`),
    ...questions(want, seen.asked),
    ...order(seen),
  ];
  return wrong.length === 0 ? [] : [`${want.rule} (${describe(cell)}): ${wrong.join("; ")}`];
}

/** The callback is exact; POSH may be asked, and must be where it proves. */
function questions({ asked, prooftype }: Expected, seen: ReadonlySet<string>): string[] {
  const wrong = [];
  if (seen.has("callback") !== asked.callback) wrong.push(`callback: expected ${asked.callback}`);
  if (seen.has("posh") && !asked.posh) wrong.push("nothing may be fetched by HTTPS");
  if (prooftype === "posh" && !seen.has("posh")) wrong.push("proven by POSH without a fetch");
  return wrong;
}

/** Q12: the tables before the verdict; 7.4: a refuted only key ends the stream after it. */
const ORDER: Readonly<Record<string, readonly string[]>> = {
  granted: ["grant", "valid"],
  denied: ["error"],
  invalid: ["invalid", "close"],
};

function order({ result, acts }: Judged): string[] {
  const want = ORDER[result];
  return JSON.stringify(want) === JSON.stringify(acts) ? [] : [`acts: expected ${want}, saw ${acts}`];
}

function agree(wrong: readonly string[], all: number): void {
  console.log(`${all - wrong.length} of ${all} cells agree`);
  assert.deepEqual(wrong, [], `${wrong.length} cells disagree:\n${wrong.slice(0, 40).join("\n")}`);
}
