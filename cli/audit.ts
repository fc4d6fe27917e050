/** `verona audit`: who changed what, and who was refused, the latest last, where the eye is. docs/decisions/0180. */
import type { AuditRow } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";
import { type Column, table, terminalWidth } from "./terminal.ts";

export interface AuditOptions extends ServerOptions {
  readonly limit: number;
  /** An id: only what is older. */
  readonly before?: number;
}

const COLUMNS: readonly Column<AuditRow>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "WHEN", cell: ({ at }) => at },
  {
    title: "WHO",
    cell: ({ role, by, address }) => `${role ?? "nobody"}${by === null ? "" : ` by ${by}`}, ${address}`,
  },
  { title: "WHAT", cell: whatOf },
  { title: "RESULT", cell: resultOf, style: ({ status }) => status !== null && status < 300 ? null : "red" },
];

/** With names as they are read, not as a URL spells them. */
function whatOf({ what, detail }: AuditRow): string {
  const read = what.replace(/(?:%[0-9a-f]{2})+/gi, unescaped);
  return detail === null ? read : `${read} ${detail}`;
}

function unescaped(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return escapes;
  }
}

function resultOf({ status, cause }: AuditRow): string {
  if (status === null) return "begun";
  return cause === null ? String(status) : `${status} ${cause}`;
}

export async function audit({ limit, before, ...options }: AuditOptions): Promise<number> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...(before === undefined ? {} : { before: String(before) }),
  });
  const answer: { audit: AuditRow[] } = await Client.open(options).ask(ANSWERS.audit, `/audit?${query}`);
  if (options.json) sayJson(answer);
  else if (answer.audit.length === 0) say("nothing was asked to be changed yet");
  else say(table(COLUMNS, answer.audit.toReversed(), terminalWidth()));
  return EXIT.good;
}
