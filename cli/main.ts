/** The command line: one table of commands. design.md 2.2; console.md 3. */
import { Command, CommanderError, Option } from "commander";
import { EXIT } from "./exit.ts";
import { type RunOptions } from "./run.ts";
import { VERSION } from "./version.ts";

/** Runs one command and ends the process with its exit code. */
export async function main(args: string[]): Promise<never> {
  let code: number = EXIT.good;
  const program = build((result) => code = result);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? EXIT.good : EXIT.wrongUse;
  }
  Deno.exit(code);
}

function build(done: (code: number) => void): Command {
  const program = new Command("verona")
    .description("XMPP server-to-server federation by proof")
    .exitOverride()
    .showHelpAfterError("(verona --help lists the commands)");
  program.command("run")
    .description("run the server")
    .option("-c, --config <file>", "configuration", "verona.toml")
    .addOption(new Option("--log-format <format>", "how log lines look").choices(["json", "pretty"]))
    .addOption(
      new Option("--log-level <level>", "lowest level").choices(["debug", "info", "warning"]).default("info"),
    )
    .option("--json", "the same as --log-format json")
    .action(async (options: RunOptions & { json?: boolean }) => {
      const { run } = await import("./run.ts");
      const logFormat = options.json
        ? "json"
        : options.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json");
      done(await run({ ...options, logFormat }));
    });
  program.command("version")
    .description("print the version")
    .option("--json", "as JSON")
    .action(({ json }: { json?: boolean }) => {
      console.log(json ? JSON.stringify({ version: VERSION, deno: Deno.version.deno }) : `verona ${VERSION}`);
    });
  return program;
}
