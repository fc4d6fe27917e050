/** What the tables of commands have in common. */
import { type Command, Option } from "commander";
import { parseDuration } from "../../config/units.ts";
import { type Levels, parseLevels } from "../../observe/levels.ts";
import { EXIT } from "../exit.ts";
import { CommandFault } from "../fault.ts";

/** Takes the exit code of the command that ran. */
export type Done = (code: number) => void;

/** Without it the file is looked for (console.md 3.4). */
export const configOption = () =>
  new Option("-c, --config <file>", "configuration (default: verona help environment)");

export const jsonOption = (what = "the answer as JSON") => new Option("--json", what);

/** What every command that asks a running server takes. */
export function asking(command: Command): Command {
  return command.addOption(configOption())
    .option("--url <url>", "the server's console (default: --config, VERONA_URL, what is found)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nThe token is the one in the data_dir of --config; else VERONA_TOKEN, for the" +
        "\nserver of VERONA_URL alone where that is set; else the configuration's.",
    );
}

/** They stand first in a command's help. */
export const examples = (...lines: string[]) => `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;

export function seconds(text: string): number {
  if (/^\d{1,5}(\.\d+)?s?$/.test(text) && parseFloat(text) >= 0.1) return parseFloat(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number of seconds`, "for example --every 5");
}

export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= 10_000) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number of rows between 1 and 10000`);
}

export function blockMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms <= 24 * 3_600_000) return ms;
  throw new CommandFault(
    EXIT.wrongUse,
    `--block "${text}" is not a duration up to 24h`,
    "for example --block 1h",
  );
}

export function entryId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not the id of an entry`, "`verona audit` shows them");
}

export function fewAtOnce(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= 32) return Number(text);
  throw new CommandFault(EXIT.wrongUse, `"${text}" is not a number between 1 and 32`);
}

/** `warning,route=debug`. An area is the first word of an event. */
export function logLevels(text: string): Levels {
  const read = parseLevels(text);
  if ("wrong" in read) throw new CommandFault(EXIT.wrongUse, read.wrong, `one of ${read.oneOf.join(", ")}`);
  return read;
}
