/** `verona log-level`: what a running server logs; changed for a while. console.md 4.3. */
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { say, sayJson } from "./output.ts";

export interface LogLevelOptions extends ServerOptions {
  readonly for: string;
}

/** @param level Undefined: it is only asked. */
export async function logLevel(level: string | undefined, options: LogLevelOptions): Promise<number> {
  const client = Client.open(options);
  const answer = level === undefined
    ? await client.ask(ANSWERS.logLevel, "/log-level")
    : await client.ask(ANSWERS.logLevel, "/log-level", "PUT", { level, for: options.for });
  if (options.json) sayJson(answer);
  else if (level === undefined) say(`${answer.level} (usually ${answer.usual})`);
  else say(`${answer.level} for ${options.for}, then ${answer.usual}`);
  return EXIT.good;
}
