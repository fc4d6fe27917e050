/** What may stand at the cursor: commands, options, values of closed sets, names of the running server. console.md 3.7. */
import { Argument, type Command, type Option } from "commander";
import { describeTables } from "../../observe/tables/tables.ts";
import type { FieldDescription, TableName } from "../../observe/contract.ts";
import { takesValue } from "../arguments.ts";
import { AREAS, LEVELS } from "../../observe/levels.ts";
import type { Typed } from "./words.ts";

/** One word, and what it is. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Names that only the running server knows. */
export type Live = "connection" | "local" | "remote";

/** Files are for the shell: it knows best how to. */
export type Found = "files" | readonly Candidate[];

export interface Sources {
  live(what: Live, typed: Typed): Promise<readonly string[]>;
  readonly machines: () => Promise<readonly string[]>;
  readonly topics: () => Promise<readonly Candidate[]>;
  readonly columns: (table: TableName) => Promise<readonly Candidate[]>;
}

const asCandidate = (command: Command): Candidate => ({
  value: command.name(),
  about: command.description(),
});
const plain = (value: string): Candidate => ({ value, about: "" });

/** Those that begin as the word does, with what stands before it. */
export async function candidates(typed: Typed, program: Command, sources: Sources): Promise<Found> {
  const found = await allOf(typed, program, sources);
  if (found === "files") return found;
  return found.filter(({ value }) => value.startsWith(typed.word))
    .map(({ value, about }) => ({ value: typed.prefix + value, about }));
}

async function allOf(typed: Typed, program: Command, sources: Sources): Promise<Found> {
  const { command, place } = typed;
  switch (place.kind) {
    case "nothing":
      return [];
    case "command":
      return command.commands.map(asCandidate);
    case "option":
      return optionsOf(typed, program);
    case "value":
      return await valuesOf(place.of, place.before, typed, program, sources);
  }
}

function optionsOf({ command, given }: Typed, program: Command): Candidate[] {
  const own = command === program ? [] : command.options;
  return [...own, ...program.options.filter(({ long }) => long !== "--version" || command === program)]
    .filter(({ long, variadic }) => variadic || !given.has(long!))
    .map(({ long, description }) => ({ value: long!, about: description }))
    .concat({ value: "--help", about: "what it does, examples first" });
}

async function valuesOf(
  of: Option | Argument,
  before: readonly string[],
  typed: Typed,
  program: Command,
  sources: Sources,
): Promise<Found> {
  if (of.argChoices !== undefined) return of.argChoices.map(plain);
  const what = wordOf(of);
  const table = tableOf(typed.command);
  switch (what) {
    case "file":
      return "files";
    case "filter":
      return table === null ? [] : filterTerms(typed.word, describeTables()[table]!);
    case "field":
      return table === null ? [] : sortFields(typed.word, describeTables()[table]!);
    case "ids":
      return table === null ? [] : listed(typed.word, await sources.columns(table));
    case "id":
      return of instanceof Argument ? (await sources.machines()).map(plain) : [];
    case "topic":
      return await topicsBehind(before, program, sources);
    case "levels":
      return logLevelsBehind(typed.word);
    case "domains":
      return (await sources.live(pairPart(of, before), typed)).map(plain);
    case "connection":
    case "local":
    case "remote":
      return (await sources.live(what, typed)).map(plain);
    case "name":
      return typed.command.name() === "add" ? [] : (await sources.live("local", typed)).map(plain);
    case "domain":
      return (await sources.live((of as Option).long === "--local" ? "local" : "remote", typed)).map(plain);
    default:
      return [];
  }
}

/** `help`: commands with theirs, or one topic. */
async function topicsBehind(
  before: readonly string[],
  program: Command,
  sources: Sources,
): Promise<readonly Candidate[]> {
  let command: Command | undefined = program;
  for (const word of before) command = command?.commands.find((one) => one.name() === word);
  const below = command?.commands.map(asCandidate) ?? [];
  return before.length === 0 ? [...below, ...await sources.topics()] : below;
}

/** `check` takes remote domains; `--pair` and `--effective` take LOCAL REMOTE. */
const pairPart = (of: Option | Argument, before: readonly string[]): Live =>
  of instanceof Argument || before.length > 0 ? "remote" : "local";

/** The word between the brackets: it says what the value is. */
function wordOf(of: Option | Argument): string {
  if (of instanceof Argument) return of.name();
  return takesValue(of) ? /[<[]([a-z-]+)/.exec(of.flags)?.[1] ?? "" : "";
}

/** Whose rows a command lists. */
function tableOf(command: Command): TableName | null {
  const name = command.name() === "list" ? command.parent!.name() : command.name();
  return Object.hasOwn(describeTables(), name) ? name as TableName : null;
}

/** `state:`, and behind the colon what it may be; negated as well. */
function filterTerms(word: string, fields: readonly FieldDescription[]): Candidate[] {
  const sign = word.startsWith("-") ? "-" : "";
  const [, key] = /^-?([a-z]+):/i.exec(word) ?? [];
  if (key === undefined) return fields.map(({ key, about }) => ({ value: `${sign}${key}:`, about }));
  const values = fields.find((field) => field.key === key)?.values ?? [];
  return values.map((value) => plain(`${sign}${key}:${value}`));
}

function sortFields(word: string, fields: readonly FieldDescription[]): Candidate[] {
  const sign = word.startsWith("-") ? "-" : "";
  return fields.filter(({ sortable }) => sortable).map(({ key, about }) => ({ value: sign + key, about }));
}

/** `info,route=debug`: a level, or an area and its level. */
function logLevelsBehind(word: string): Candidate[] {
  const before = word.slice(0, word.lastIndexOf(",") + 1);
  const [, area] = /([a-z]+)=[a-z]*$/.exec(word) ?? [];
  const levels = LEVELS.map((level) => plain(before + (area === undefined ? level : `${area}=${level}`)));
  return area === undefined ? [...levels, ...AREAS.map((one) => plain(`${before}${one}=`))] : levels;
}

/** `a,b,` and one more. */
function listed(word: string, all: readonly Candidate[]): Candidate[] {
  const before = word.slice(0, word.lastIndexOf(",") + 1);
  const there = before.split(",");
  return all.filter(({ value }) => !there.includes(value))
    .map(({ value, about }) => ({ value: before + value, about }));
}
