/** `verona console`: a link into the page of the running server. It works once. console.md 2.4. */
import type { LogInLink } from "../observe/contract.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";

export interface ConsoleOptions extends ServerOptions {
  readonly viewer?: boolean;
}

/** As its operator, or with `--viewer`, or the viewer's token, as one who only reads. */
export async function console(options: ConsoleOptions): Promise<number> {
  const wanted = options.viewer ? { role: "viewer" } : {};
  const link: LogInLink = await Client.open(options).ask("/login-links", "POST", wanted);
  if (options.json) sayJson(link);
  else say(link.url);
  return EXIT.good;
}
