/** What stands below a stage that failed: of a bogus answer the link that breaks, its signature's times, and the way down to it. console.md 3.5. */
import { ALGORITHMS } from "../facts/algorithms.ts";
import type { Detail } from "../facts/event.ts";
import type { Stage } from "../observe/contract.ts";
import { printable } from "../observe/printable.ts";
import { span } from "./terminal.ts";

export type Facts = { readonly [key: string]: Detail };

/** Lines without their indent; none for a stage that has nothing more to say. */
export function detailOf({ evidence }: Stage): string[] {
  const { broken, chain } = (evidence ?? {}) as Facts;
  if (broken === null || broken === undefined) return [];
  const { zone, keyTag, algorithm, beginsAt, expiresAt, now, ede } = broken as Facts;
  const { code, text } = ede as Facts;
  const name = ALGORITHMS[Number(algorithm)];
  const key = keyTag === null
    ? ""
    : `      key tag ${keyTag}, algorithm ${algorithm}${name === undefined ? "" : ` (${name})`}`;
  return [
    `zone    ${zone}${key}`,
    ...(beginsAt === null
      ? []
      : [`valid   ${minute(beginsAt)} → ${minute(expiresAt)} UTC     now ${minute(now)}`]),
    `chain   ${(chain as readonly Facts[]).map(step).join("  ")}      EDE ${code} ${text}`,
  ].map(printable);
}

/** In one line, where it is one of time. */
export function whyBogus(broken: Detail | undefined): string | null {
  if (broken === null || broken === undefined) return null;
  const { record, beginsAt, expiresAt, now, ede } = broken as Facts;
  const [from, until, at] = [beginsAt, expiresAt, now].map((time) => Date.parse(String(time)));
  switch ((ede as Facts).code) {
    case 7:
      return `signature over ${record} ended ${span(at! - until!)} ago`;
    case 8:
      return `signature over ${record} begins in ${span(from! - at!)}`;
    case 10:
      return `${record} has no signature by its zone`;
    default:
      return null;
  }
}

const MARKS: Readonly<Record<string, string>> = {
  secure: "✓",
  bogus: "✗",
  insecure: "unsigned",
  unreached: "-",
};

/** A zone by its name, the answer by its type. */
function step({ zone, role, security }: Facts): string {
  const what = role === undefined || role === "DNSKEY" || role === "DS"
    ? [zone, role ?? []].flat().join(" ")
    : role;
  return `${what} ${MARKS[String(security)] ?? "?"}`;
}

export const minute = (time: Detail | undefined): string => String(time).slice(0, 16).replace("T", " ");
