/** The configuration as commands read it: the file, and what the environment says over it. console.md 3.4. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { printMistakes } from "../config/mistakes.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";

/** With its mistakes, for who has something to say about them. */
export const loadFile = (path: string): ReturnType<typeof loadConfig> =>
  loadConfig(path, { readText: Deno.readTextFileSync, env: Deno.env.toObject() });

/** @throws {CommandFault} that lists every mistake. */
export function readConfig(path: string): Config {
  const loaded = loadFile(path);
  if (loaded.config !== null) return loaded.config;
  throw new CommandFault(EXIT.wrongUse, printMistakes(path, loaded.mistakes));
}
