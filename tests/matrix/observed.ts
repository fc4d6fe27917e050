/** What the wire showed of one cell, and how it differs from what the oracle expects. */
import { describe, type Expected, type Result } from "./oracle.ts";
import type { Place } from "./scene.ts";
import { POSH_PATH } from "./web.ts";

export interface Observed {
  readonly result: Result | "no verdict";
  readonly condition?: string | undefined;
  readonly errorType?: string | undefined;
  /** As the server's log names it; undefined: no proof. */
  readonly prooftype?: string | undefined;
  /** Whether the stanza arrived in the end. */
  readonly delivered: boolean;
}

/** Every difference in words; empty when the cell agrees. */
export function differences({ role, web, guests, faults }: Place, seen: Observed): string[] {
  const { cell, expected } = role;
  const { result, condition, errorType, prooftype, asked, rule } = expected;
  const delivered = expected.delivered ?? result === "granted";
  const wrong = [
    ...unequal({ result, condition, errorType, prooftype, delivered }, seen),
    ...fetches(asked.posh, prooftype, web.visits),
    ...connections(cell.direction, expected, guests.length),
    ...faults,
  ];
  return wrong.length === 0 ? [] : [`${role.domain} ${rule} (${describe(cell)}): ${wrong.join("; ")}`];
}

function unequal(want: Observed, seen: Observed): string[] {
  return (Object.keys(want) as (keyof Observed)[]).filter((name) => want[name] !== seen[name])
    .map((name) => `${name}: expected ${want[name]}, saw ${seen[name]}`);
}

function fetches(may: boolean, prooftype: string | undefined, visits: readonly string[]): string[] {
  if (!may && visits.length > 0) return [`nothing may be fetched, saw ${visits}`];
  if (visits.some((path) => path !== POSH_PATH)) return [`only the document may be fetched, saw ${visits}`];
  return prooftype === "posh" && visits.length === 0 ? ["proven by POSH without a fetch"] : [];
}

/** Incoming: only who calls back connects, once. Outgoing: bogus DNS means no TCP at all (DNA-8, DAN-6). */
function connections(direction: string, { asked, rule }: Expected, seen: number): string[] {
  if (direction === "receiver") {
    const want = asked.callback ? 1 : 0;
    return seen === want ? [] : [`connections to the authoritative server: expected ${want}, saw ${seen}`];
  }
  return seen > 0 && (rule === "out-1" || rule === "out-3") ? [`no connection may be seen, saw ${seen}`] : [];
}
