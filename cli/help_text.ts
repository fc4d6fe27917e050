/** The help of one command as a text. */
import type { Command } from "commander";

/** With what stands before and behind it; plain. */
export function helpOf(command: Command): string {
  let text = "";
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (part) => text += part, getOutHasColors: () => false });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}
