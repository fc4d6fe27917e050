/** `verona help COMMAND`, `verona help TOPIC`. console.md 3.7. */
import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { helpOf } from "./help_text.ts";
import { say, sayJson } from "./output.ts";
import { styled, wrapped } from "./terminal.ts";
import { type Row, SEE_FOR_YOURSELF, type Topic, topics } from "./topics.ts";

/** @param words A command with its own below it, or one topic; none: what there is. */
export function help(program: Command, words: readonly string[], json: boolean): number {
  const command = commandOf(program, words);
  if (command !== null) return showCommand(command, json);
  const wanted = words.join(" ").toLowerCase();
  const all = topics();
  const found = all.find(({ id }) => id.toLowerCase() === wanted);
  if (found !== undefined) return showTopic(found, json);
  const group = all.filter(({ id }) => id.toLowerCase().startsWith(`${wanted}.`));
  if (group.length > 0) return showGroup(group, json);
  const names = [...program.commands.map((one) => one.name()), ...all.map(({ id }) => id)];
  const near = nearestWord(wanted, names);
  throw new CommandFault(
    EXIT.wrongUse,
    `there is no help for "${words.join(" ")}"`,
    near === null ? "`verona help topics` lists what there is" : `did you mean "${near}"?`,
  );
}

function commandOf(program: Command, words: readonly string[]): Command | null {
  let command: Command | undefined = program;
  for (const word of words) command = command?.commands.find((one) => one.name() === word);
  return command ?? null;
}

function showCommand(command: Command, json: boolean): number {
  const text = helpOf(command).trimEnd();
  if (json) sayJson({ command: command.name(), help: text });
  else say(text);
  return EXIT.good;
}

function showTopic({ id, title, rows }: Topic, json: boolean): number {
  if (json) sayJson({ topic: id, title, rows: Object.fromEntries(rows().filter(([label]) => label !== "")) });
  else say([styled("bold", id), "", ...inColumns(rows())].join("\n"));
  return EXIT.good;
}

/** `help dns`: what begins so. */
function showGroup(group: readonly Topic[], json: boolean): number {
  if (json) sayJson(group.map(({ id, title }) => ({ topic: id, title })));
  else say(inColumns(group.map(({ id, title }) => [id, title])).join("\n"));
  return EXIT.good;
}

const WIDTH = 80;
/** Commands stand in one line. */
const COPIED: ReadonlySet<string> = new Set([SEE_FOR_YOURSELF]);

function inColumns(rows: readonly Row[]): string[] {
  const first = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, text]) =>
    wrapped(label.padEnd(first), text, COPIED.has(label) ? Infinity : WIDTH).trimEnd()
  );
}
