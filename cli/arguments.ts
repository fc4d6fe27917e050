/** Words put into the order that the parser takes them in: options may stand anywhere. console.md 3.1. */
import type { Command, Option } from "commander";

/** `-state:denied` is a term of a filter and no option: what stands behind `--` is none. */
export function operandsLast(args: readonly string[]): string[] {
  if (args.includes("--")) return [...args];
  const terms = args.filter(isTerm);
  return terms.length === 0 ? [...args] : [...args.filter((word) => !isTerm(word)), "--", ...terms];
}

const isTerm = (word: string) => /^-[a-z]{2,}:/i.test(word);

/** `verona --json config --quiet check` is `verona config check --json --quiet`. */
export function optionsBehind(program: Command, args: readonly string[]): string[] {
  const [names, moved, rest] = [[] as string[], [] as string[], [...args]];
  let group: Command | undefined = program;
  while (rest.length > 0 && group !== undefined && group.commands.length > 0) {
    const option = optionOf(program, rest[0]);
    if (option !== null) {
      moved.push(...rest.splice(0, takesValue(option) && !rest[0]!.includes("=") ? 2 : 1));
      continue;
    }
    names.push(rest.shift()!);
    group = group.commands.find((one) => one.name() === names.at(-1));
  }
  const end = rest.includes("--") ? rest.indexOf("--") : rest.length;
  return [...names, ...rest.slice(0, end), ...moved, ...rest.slice(end)];
}

/** The option of some command that a word is. */
function optionOf(program: Command, word: string | undefined): Option | null {
  if (word === undefined || !word.startsWith("-")) return null;
  const [flag] = word.split("=");
  return everyCommand(program).flatMap(({ options }) => options)
    .find(({ short, long }) => flag === short || flag === long) ?? null;
}

/** Whether the word behind it belongs to it. */
export function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The program, its commands and theirs. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
