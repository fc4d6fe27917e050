/** docs/commands.md and docs/verona.1, written from the table of commands. console.md 3.7. */
import type { Argument, Command, Option } from "commander";
import { build } from "../cli/program.ts";
import { helpOf } from "../cli/help_text.ts";
import { topics } from "../cli/topics.ts";

/** Commands with nothing below them, in their order. */
function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

const nameOf = (command: Command): string =>
  command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;

const operand = (argument: Argument): string => {
  const name = argument.name() + (argument.variadic ? "..." : "");
  return argument.required ? `<${name}>` : `[${name}]`;
};

/** Choices and defaults behind what it is. */
function about(
  { description, argChoices, defaultValue, defaultValueDescription }: Option | Argument,
): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.join(", ")}`;
  const byDefault = defaultValue === undefined || typeof defaultValue === "boolean"
    ? ""
    : ` (default ${defaultValueDescription ?? defaultValue})`;
  return description + choices + byDefault;
}

function helpTexts(command: Command): { before: string[]; after: string[] } {
  const text = helpOf(command);
  const lines = (part: string) => part.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const last = text.lastIndexOf("\n\n", text.lastIndexOf("--no-input"));
  const behind = text.slice(last).split("\n\n").slice(2).join("\n");
  return {
    before: lines(text.slice(0, text.indexOf("Usage: "))).filter((line) => line !== "Examples:"),
    after: lines(behind).filter((line) => !line.startsWith("More: ")),
  };
}

const cell = (text: string) => text.replaceAll("|", "\\|");

export function commandsPage(): string {
  const program = build(() => {});
  const global = program.options.map((option) => `| \`${option.flags}\` | ${cell(about(option))} |\n`).join(
    "",
  );
  const general = topics().filter(({ id }) => id === "exit-codes" || id === "environment").map((
    { title, rows },
  ) =>
    `## ${title[0]!.toUpperCase()}${title.slice(1)}\n\n| | |\n| --- | --- |\n${
      rows().map(([label, text]) => `| \`${label}\` | ${cell(text)} |\n`).join("")
    }`
  );
  return `# Commands

Every command with its options; \`verona help COMMAND\` says the same. Generated from cli/commands by \`deno task references\`.

Options may stand before or behind the command. All take \`--help\`, and these:

| option | |
| --- | --- |
${global}
${general.join("\n")}
${leaves(program).map(section).join("\n")}`;
}

function section(command: Command): string {
  const { before, after } = helpTexts(command);
  const operands = command.registeredArguments;
  const rows = [
    ...operands.map((one) => `| \`${operand(one)}\` | ${cell(about(one))} |\n`),
    ...command.options.map((option) => `| \`${option.flags}\` | ${cell(about(option))} |\n`),
  ];
  const usage = [nameOf(command), ...operands.map(operand)].join(" ");
  return [
    `## ${nameOf(command)}\n\n${command.description()}\n`,
    `\`\`\`\n${before.length > 0 ? before.join("\n") : usage}\n\`\`\`\n`,
    `| | |\n| --- | --- |\n${rows.join("")}`,
    ...(after.length > 0 ? [`${after.join("\n")}\n`] : []),
  ].join("\n");
}

/** In mdoc: a line that begins with a dot or a quote would be a request, and a backslash begins an escape. */
const mdoc = (text: string) =>
  text.replaceAll("\\", "\\e").replace(/^([.'])/gm, "\\&$1").replaceAll("-", "\\-");

export function manual(): string {
  const program = build(() => {});
  const flags = (options: readonly Option[]) =>
    options.flatMap((option) => [`.It ${mdoc(option.flags)}`, mdoc(about(option))]).join("\n");
  const commands = leaves(program).map((command) => {
    const { before, after } = helpTexts(command);
    const usage = [nameOf(command), ...command.registeredArguments.map(operand)].join(" ");
    return [
      `.Ss ${mdoc(usage)}`,
      mdoc(`${command.description()}.`),
      ...(command.options.length === 0 ? [] : [".Bl -tag -width Ds", flags(command.options), ".El"]),
      ...(after.length === 0 ? [] : [".Pp", mdoc(after.join("\n"))]),
      ...(before.length === 0 ? [] : [".Bd -literal -offset indent", mdoc(before.join("\n")), ".Ed"]),
    ].join("\n");
  });
  const table = (id: string) =>
    topics().find((topic) => topic.id === id)!.rows().flatMap((
      [label, text],
    ) => [`.It ${mdoc(label)}`, mdoc(text)])
      .join("\n");
  return `.\\" Written by \`deno task references\` from cli/commands.
.Dd 2026
.Dt VERONA 1
.Os
.Sh NAME
.Nm verona
.Nd XMPP server\\-to\\-server federation by proof
.Sh SYNOPSIS
.Nm
.Ar command
.Op Ar option ...
.Sh DESCRIPTION
Options may stand before or behind the command. All commands take
.Fl \\-help
and:
.Bl -tag -width Ds
${flags(program.options)}
.El
.Sh COMMANDS
${commands.join("\n")}
.Sh ENVIRONMENT
.Bl -tag -width Ds
${table("environment")}
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
${table("exit-codes")}
.El
`;
}
