/** Every cell of the matrix through the real judges, collecting and machines; the evidence is injected. */
import assert from "node:assert/strict";
import { chooseEndpoint, type Chosen } from "./initiator.ts";
import { type Cell, cells, describe, type Direction, type Expected, expected, table } from "./oracle.ts";
import { type Judged, judgeRequest } from "./receiver.ts";

const of = (direction: Direction): Cell[] => [...cells()].filter((cell) => cell.direction === direction);

Deno.test("matrix, receiver: all 3456 cells: verdict, prooftype, what was asked, and the order of the acts", async () => {
  const wrong: string[] = [];
  for (const cell of of("receiver")) wrong.push(...await compared(cell));
  agree(wrong, 3456);
});

Deno.test("matrix: the drivers feel every dimension: facts of another value lead to disagreements", async () => {
  for (const direction of table.dimensions.direction) {
    for (const name of ["cert", "srv", "tlsa", "posh", "key", "policy"] as const) {
      assert.ok(await disturbed(direction, name) > 0, `${direction}: ${name} makes no difference`);
    }
  }
});

/** How many of every seventh cell disagree when one dimension has its next value. */
async function disturbed(direction: Direction, name: keyof Cell): Promise<number> {
  const values: readonly string[] = table.dimensions[name];
  let wrong = 0;
  for (const cell of of(direction).filter((_, n) => n % 7 === 0)) {
    const other = { ...cell, [name]: values[(values.indexOf(cell[name]) + 1) % values.length]! };
    wrong += (await compared(cell, other)).length;
  }
  return wrong;
}

/** What differs between the oracle's word on `cell` and what becomes of `played`. */
async function compared(cell: Cell, played: Cell = cell): Promise<string[]> {
  return cell.direction === "receiver"
    ? asReceiver(cell, await judgeRequest(played))
    : asInitiator(cell, await chooseEndpoint(played));
}

Deno.test("matrix, receiver: the order in which evidence arrives changes nothing", async () => {
  const orders = [{ delegation: 40 }, { tlsa: 40 }, { posh: 40 }, { delegation: 40, posh: 5, tlsa: 20 }];
  const wrong: string[] = [];
  for (const [n, cell] of of("receiver").entries()) {
    wrong.push(...asReceiver(cell, await judgeRequest(cell, orders[n % orders.length])));
  }
  agree(wrong, 3456);
});

Deno.test("matrix, initiator: all 3456 cells: endpoint, prooftype, stanza, connections, and what was asked", async () => {
  const wrong: string[] = [];
  for (const cell of of("initiator")) wrong.push(...await compared(cell));
  agree(wrong, 3456);
});

function asReceiver(cell: Cell, seen: Judged): string[] {
  const want = expected(cell);
  return told(cell, [
    ...unequal(want, seen, ["result", "prooftype", "condition", "errorType"]),
    ...questions(want, seen.asked),
    ...order(seen),
  ]);
}

function asInitiator(cell: Cell, seen: Chosen): string[] {
  const want = expected(cell);
  return told(cell, [
    ...unequal(want, seen, ["result", "prooftype", "delivered"]),
    ...questions(want, seen.asked),
    ...(FORBIDDEN.includes(want.rule) && seen.rungs.length > 0 ? ["no connection is allowed"] : []),
    ...(seen.rungs.length > 4 ? ["more than four connections (2.10)"] : []),
  ]);
}

/** Rules by which DNS forbids every connection (DNA-8, DAN-6). */
const FORBIDDEN = ["out-1", "out-3"];

/** In one line; empty when the cell agrees. */
function told(cell: Cell, wrong: readonly string[]): string[] {
  return wrong.length === 0 ? [] : [`${expected(cell).rule} (${describe(cell)}): ${wrong.join("; ")}`];
}

function unequal<K extends string>(
  want: { readonly [key in K]?: unknown },
  seen: { readonly [key in K]?: unknown },
  names: readonly K[],
): string[] {
  return names.filter((name) => want[name] !== seen[name])
    .map((name) => `${name}: expected ${want[name]}, saw ${seen[name]}`);
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
