/** `verona console`: a link into the page of the running server. It works once. console.md 2.4. */
import type { LogInLink } from "../observe/contract.ts";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { note, say, sayJson } from "./output.ts";
import { socketOf, tunnelTo } from "./tunnel.ts";

export interface ConsoleOptions extends ServerOptions {
  readonly viewer?: boolean;
}

/** As its operator, or with `--viewer`, or the viewer's token, as one who only reads. */
export async function console(options: ConsoleOptions): Promise<number> {
  const wanted = options.viewer ? { role: "viewer" } : {};
  const client = Client.open(options);
  const link: LogInLink = await client.ask(ANSWERS.logInLink, "/login-links", "POST", wanted);
  const path = socketOf(client.url);
  if (path !== null) note(`verona: note: first, where the browser is: ${tunnelTo(path)}`);
  if (options.json) sayJson(link);
  else say(link.url);
  return EXIT.good;
}
