/** One table of commands: help, completion, the manual and docs/commands.md all come from it. console.md 3.7. */
import { Command } from "commander";
import { printable } from "../observe/printable.ts";
import { addCheck } from "./commands/check.ts";
import type { Done } from "./commands/common.ts";
import { addConfig } from "./commands/config.ts";
import { addListings } from "./commands/listings.ts";
import { addQuestions } from "./commands/questions.ts";
import { addServing } from "./commands/serving.ts";
import { addSetting } from "./commands/setting.ts";
import { addShell } from "./commands/shell.ts";
import { DEFAULT_CONFIG, foundConfig } from "./find_config.ts";
import { catchInterrupts } from "./interrupt.ts";
import { behave, complain } from "./output.ts";
import { VERSION } from "./version.ts";

/** Every command. @param done Takes the exit code of the one that ran. */
export function build(done: Done): Command {
  const program = new Command("verona")
    .description("XMPP server-to-server federation by proof")
    .version(VERSION, "-V, --version", "the version alone; `verona version` says more")
    .helpOption("-h, --help", "what a command does, examples first")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: (text) => complain(text.trimEnd().split("\n").map(printable).join("\n")) })
    .configureHelp({ showGlobalOptions: true, helpWidth: 80 })
    .showHelpAfterError("(verona --help lists the commands)")
    .option("--no-color", "plain text; NO_COLOR says the same, FORCE_COLOR the contrary")
    .option("--ascii", "no mark beyond ASCII")
    .option("--quiet", "the answer alone: no progress, no notes")
    .option("--no-input", "ask nothing; no command ever does")
    .addHelpText("after", `\n${EXIT_CODES}`)
    .addHelpText("afterAll", "\nMore: verona help topics; docs/commands.md.")
    .hook("preAction", begin);
  addServing(program, done);
  addListings(program, done);
  addQuestions(program, done);
  addSetting(program, done);
  addCheck(program, done);
  addConfig(program, done);
  addShell(program, done);
  program.commands.forEach(pointToHelp);
  return program;
}

/** Whoever used a command wrongly wants its own help, not the list of all. */
function pointToHelp(command: Command): void {
  const names = [command.name()];
  for (let above = command.parent; above !== null; above = above.parent) names.unshift(above.name());
  command.showHelpAfterError(`(${names.join(" ")} --help says how it is used)`);
  command.commands.forEach(pointToHelp);
}

const EXIT_CODES =
  "Exit codes: 0 good, 2 wrong use or configuration, 3 could not tell, 4 broken,\n130 and 143 interrupted.";

/** They end as servers end. */
const SERVING = ["run", "demo"];
/** Writes the file that the others look for. */
const WRITING = ["init"];
/** Works without one too. */
const WITHOUT = ["check"];

function begin(program: Command, command: Command): void {
  const { color, ascii = false, quiet = false } = program.opts();
  behave({ plain: color === false, ascii, quiet });
  const name = command.name();
  if (!SERVING.includes(name)) catchInterrupts();
  if (!command.options.some(({ long }) => long === "--config") || command.opts().config !== undefined) return;
  const found = WRITING.includes(name) ? null : foundConfig();
  const without = WITHOUT.includes(name) && command.parent === program;
  const config = found ?? (without ? undefined : DEFAULT_CONFIG);
  command.setOptionValueWithSource("config", config, "default");
  // A name for it is the operator's own word, what merely lies here is not (which_server.ts).
  command.setOptionValue("configFrom", Deno.env.get("VERONA_CONFIG") ? "VERONA_CONFIG" : "found");
}
