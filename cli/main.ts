/** The command line: words in, exit code out. design.md 2.2; console.md 3. */
import { CommanderError } from "commander";
import { printable } from "../observe/printable.ts";
import { operandsLast, optionsBehind } from "./arguments.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { complain, hush } from "./output.ts";
import { build } from "./program.ts";

/** Runs one command and ends the process with its exit code. */
export async function main(args: string[]): Promise<never> {
  Deno.exit(args[0] === "__complete" ? await answerShell(args.slice(1)) : await perform(args));
}

/** A shell asks at every Tab: it gets candidates or nothing, never a fault. */
async function answerShell(args: string[]): Promise<number> {
  const { answer } = await import("./completion/answer.ts");
  return await answer(build(() => {}), args);
}

async function perform(args: string[]): Promise<number> {
  let code: number = EXIT.good;
  const program = build((result) => code = result);
  try {
    await program.parseAsync(operandsLast(optionsBehind(program, args)), { from: "user" });
    return code;
  } catch (error) {
    hush();
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.wrongUse;
    if (!(error instanceof CommandFault)) throw error;
    const { message, next } = error;
    const lines = `verona: ${message}${next === "" ? "" : `\n        ${next}`}`.split("\n");
    complain(lines.map(printable).join("\n"));
    return error.code;
  }
}
