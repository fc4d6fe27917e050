// The total function of docs/protocol.md 3.2.1, read from oracle.json. This file knows no rule of its own:
// it only finds the rule that hits, and it throws rather than guess.

import data from "./oracle.json" with { type: "json" };

export type Cert = "none" | "sender" | "srv-target" | "other" | "self-signed" | "expired";
export type Srv = "secure" | "insecure" | "bogus" | "none";
export type Tlsa = "none" | "match" | "mismatch" | "bogus";
export type Posh = "none" | "match" | "mismatch";
export type Key = "none" | "good" | "bad";
export type Policy = "strict" | "authenticated" | "encrypted" | "legacy";
export type Direction = "receiver" | "initiator";

export interface Cell {
  readonly cert: Cert;
  readonly srv: Srv;
  readonly tlsa: Tlsa;
  readonly posh: Posh;
  readonly key: Key;
  readonly policy: Policy;
  readonly direction: Direction;
}

export type Prooftype =
  | "pkix"
  | "dane"
  | "dna-srv"
  | "posh"
  | "dialback-dnssec"
  | "dialback"
  | "samecert";

/** receiver: granted, denied or invalid; initiator: accepted or refused */
export type Result = "granted" | "denied" | "invalid" | "accepted" | "refused";

export interface Expected {
  readonly result: Result;
  /** of a grant or an acceptance, else absent */
  readonly prooftype?: Prooftype;
  /** of a denial: the stanza error condition and the error type of the verdict */
  readonly condition?: string;
  readonly errorType?: string;
  readonly asked: {
    /** false: no fetch may be seen; true: one may be seen, and must be where the prooftype is posh */
    readonly posh: boolean;
    /** exact: a connection with db:verify to the authoritative server is seen, or is not */
    readonly callback: boolean;
  };
  /** initiator: whether the stanza that waits ever reaches the peer; receiver: absent */
  readonly delivered?: boolean;
  /** the rule that decided */
  readonly rule: string;
}

export type When = { readonly [dimension: string]: readonly string[] };

export interface Rule {
  readonly id: string;
  readonly when: When;
  readonly then: {
    readonly result: Result;
    readonly prooftype?: Prooftype;
    readonly condition?: string;
    readonly errorType?: string;
  };
  readonly callback?: boolean;
  readonly from: string;
}

export interface Stage {
  readonly direction: Direction;
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface Table {
  readonly dimensions: { readonly [dimension in keyof Cell]: readonly Cell[dimension][] };
  readonly collapse: readonly { when: When; set: Partial<Cell>; why: string }[];
  readonly stages: readonly Stage[];
  readonly posh: readonly { when: When; may: boolean; from: string }[];
}

export const table: Table = data as unknown as Table;

const names = Object.keys(table.dimensions) as (keyof Cell)[];

/** no dimension or value that the table does not declare: a typing error would be a rule that never hits */
function checkWhen(when: When, where: string): void {
  for (const [name, values] of Object.entries(when)) {
    const known: readonly string[] | undefined = table.dimensions[name as keyof Cell];
    if (known === undefined) throw new Error(`${where}: no dimension ${name}`);
    if (values.length === 0) throw new Error(`${where}: ${name} is empty`);
    for (const value of values) {
      if (!known.includes(value)) throw new Error(`${where}: ${name} has no value ${value}`);
    }
  }
}

for (const entry of table.collapse) checkWhen(entry.when, "collapse");
for (const entry of table.posh) checkWhen(entry.when, "posh");
for (const stage of table.stages) for (const rule of stage.rules) checkWhen(rule.when, rule.id);

function hits(when: When, cell: Cell): boolean {
  return Object.entries(when).every(([name, values]) => values.includes(cell[name as keyof Cell]));
}

/** combinations that cannot be realised, turned into the one they are treated as */
export function collapse(cell: Cell): Cell {
  let result = cell;
  for (const entry of table.collapse) if (hits(entry.when, result)) result = { ...result, ...entry.set };
  return result;
}

export function describe(cell: Cell): string {
  return names.map((name) => `${name}=${cell[name]}`).join(" ");
}

/** the rule that decides: the earliest stage with a hit; two hits in one stage are a contradiction */
export function decide(cell: Cell, stages: readonly Stage[] = table.stages): Rule {
  for (const name of names) {
    const known: readonly string[] = table.dimensions[name];
    if (!known.includes(cell[name])) throw new Error(`${name} has no value ${cell[name]}`);
  }
  const seen = collapse(cell);
  for (const stage of stages) {
    if (stage.direction !== seen.direction) continue;
    const found = stage.rules.filter((rule) => hits(rule.when, seen));
    if (found.length > 1) {
      throw new Error(`contradiction ${found.map((rule) => rule.id).join(", ")}: ${describe(cell)}`);
    }
    if (found[0] !== undefined) return found[0];
  }
  throw new Error(`no rule: ${describe(cell)}`);
}

export function expected(cell: Cell): Expected {
  const rule = decide(cell);
  const seen = collapse(cell);
  const posh = table.posh.filter((entry) => hits(entry.when, seen));
  if (posh.length !== 1 || posh[0] === undefined) {
    throw new Error(`${posh.length} rules for posh: ${describe(cell)}`);
  }
  const asked = { posh: posh[0].may, callback: rule.callback === true };
  if (cell.direction === "receiver") return { ...rule.then, asked, rule: rule.id };
  // I-15, DNA-11: nothing before the verdict `valid`
  const delivered = rule.then.result === "accepted" && cell.key === "good";
  return { ...rule.then, asked, delivered, rule: rule.id };
}

/** all 6912 cells */
export function* cells(): Generator<Cell> {
  const d = table.dimensions;
  for (const direction of d.direction) {
    for (const policy of d.policy) {
      for (const cert of d.cert) {
        for (const srv of d.srv) {
          for (const tlsa of d.tlsa) {
            for (const posh of d.posh) {
              for (const key of d.key) yield { cert, srv, tlsa, posh, key, policy, direction };
            }
          }
        }
      }
    }
  }
}
