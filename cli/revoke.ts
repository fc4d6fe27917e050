/** `verona revoke`: takes a pair away and keeps it away, ends that, or shows which are kept away. protocol.md A-33. */
import { printDuration } from "../config/units.ts";
import { minuteOf } from "../facts/refusal.ts";
import type { BlockList, BlockRow, Lifted, Revoked } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";
import { ahead, type Column, table, terminalWidth } from "./terminal.ts";

export interface RevokeOptions extends ServerOptions {
  /** Milliseconds; not given: as long as the server has it. */
  readonly block?: number;
  readonly lift?: boolean;
}

const COLUMNS: readonly Column<BlockRow>[] = [
  { title: "LOCAL", cell: ({ local }) => local },
  { title: "REMOTE", cell: ({ remote }) => remote },
  { title: "BLOCKED UNTIL", cell: ({ until }) => `${minuteOf(Date.parse(until))} UTC` },
  { title: "LEFT", cell: ({ until }) => ahead(until) },
];

export async function blocks(options: RevokeOptions): Promise<number> {
  if (options.lift || options.block !== undefined) {
    throw new CommandFault(EXIT.wrongUse, "which pair?", "verona revoke LOCAL REMOTE; alone it shows all");
  }
  const answer: BlockList = await Client.open(options).ask(ANSWERS.blocks, "/blocks");
  if (options.json) sayJson(answer);
  else if (answer.total === 0) say("no pair is blocked");
  else say(table(COLUMNS, answer.blocks, terminalWidth()));
  return EXIT.good;
}

export async function revoke(
  local: string,
  remote: string | undefined,
  options: RevokeOptions,
): Promise<number> {
  if (remote === undefined) {
    throw new CommandFault(EXIT.wrongUse, "which remote domain?", "verona revoke LOCAL REMOTE");
  }
  if (options.lift && options.block !== undefined) {
    throw new CommandFault(EXIT.wrongUse, "--lift ends a block, --block begins one", "give one of the two");
  }
  const path = `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}`;
  const { block } = options;
  const client = Client.open(options);
  const answer: Revoked | Lifted = options.lift
    ? await client.ask(ANSWERS.lifted, `${path}/lift`, "POST", {})
    : await client.ask(
      ANSWERS.revoked,
      `${path}/revoke`,
      "POST",
      block === undefined ? {} : { block: printDuration(block) },
    );
  if (options.json) sayJson(answer);
  else say(shown(`${local} <-> ${remote} is ${wordsOf(answer)}`));
  return EXIT.good;
}

function wordsOf(answer: Revoked | Lifted): string {
  if ("lifted" in answer) return "blocked no longer; it may be asked for again";
  if (answer.blockedUntil === null) return "revoked; it may be asked for again at once";
  return `revoked, and blocked until ${minuteOf(Date.parse(answer.blockedUntil))} UTC; --lift ends that`;
}
