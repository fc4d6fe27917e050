/** `verona policy`: what single peers must prove, shown and set. docs/decisions/0180. */
import type { PeerPolicyList, PeerPolicyRow } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";
import { type Column, table, terminalWidth } from "./terminal.ts";

const COLUMNS: readonly Column<PeerPolicyRow>[] = [
  { title: "PEER", cell: ({ remote }) => remote },
  { title: "PROOF", cell: ({ proof }) => proof },
  { title: "FROM", cell: ({ origin }) => origin },
  { title: "IN THE FILE", cell: ({ inFile }) => inFile ?? "nothing" },
  { title: "SINCE", cell: ({ since }) => since ?? "" },
];

export async function policies(options: ServerOptions): Promise<number> {
  const answer: PeerPolicyList = await Client.open(options).ask(ANSWERS.policies, "/policy");
  if (options.json) sayJson(answer);
  else if (answer.total === 0) say("nothing is said of any single peer, in the file or at run time");
  else say(table(COLUMNS, answer.policies, terminalWidth()));
  return EXIT.good;
}

/** @param value `default`: as the file says. */
export async function policy(
  remote: string,
  value: string | undefined,
  options: ServerOptions,
): Promise<number> {
  if (value === undefined) {
    throw new CommandFault(EXIT.wrongUse, "what must it prove?", "verona help policy; alone it shows all");
  }
  const path = `/policy/${encodeURIComponent(remote)}`;
  const client = Client.open(options);
  const answer = value === "default"
    ? await client.ask(ANSWERS.nothing, path, "DELETE")
    : await client.ask(ANSWERS.policy, path, "PUT", { proof: value });
  if (options.json) sayJson(answer ?? { remote, proof: null });
  else say(shown(`${remote}: ${value === "default" ? "as the file says" : value}`));
  return EXIT.good;
}
