/** What an operator asks of the running server: close a connection, look at a pair afresh, read the configuration again. */
import type { Rechecked } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";

export async function close(id: string, options: ServerOptions): Promise<number> {
  const answer = await Client.open(options).ask(
    ANSWERS.closed,
    `/connections/${encodeURIComponent(id)}/close`,
    "POST",
    {},
  );
  if (options.json) sayJson(answer);
  else say(shown(`${id} is closing`));
  return EXIT.good;
}

/** Exit code 2 when the new configuration has mistakes: then everything stays as it was. */
export async function reload(options: ServerOptions): Promise<number> {
  const answer = await Client.open(options).ask(ANSWERS.reloaded, "/reload", "POST", {});
  if (options.json) sayJson(answer);
  else {
    say(shown(`applied: ${answer.applied.join(", ") || "nothing"}`));
    if (answer.restart.length > 0) say(shown(`needs a restart: ${answer.restart.join(", ")}`));
  }
  return EXIT.good;
}

export async function recheck(local: string, remote: string, options: ServerOptions): Promise<number> {
  const path = `/routes/${encodeURIComponent(local)}/${encodeURIComponent(remote)}/recheck`;
  const answer: Rechecked = await Client.open(options).ask(ANSWERS.rechecked, path, "POST", {});
  if (options.json) sayJson(answer);
  else {
    const retried = answer.retried ? "; it is tried again now" : "";
    say(shown(`${local} <-> ${remote}: proofs looked at afresh: ${answer.proofs}${retried}`));
  }
  return EXIT.good;
}
