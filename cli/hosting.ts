/** `verona domains add|remove|suspend|resume`: the hosted domains of the running server. */
import { readFileSync } from "node:fs";
import { ANSWERS } from "./answers.ts";
import { Client, type ServerOptions } from "./client.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { say, sayJson } from "./output.ts";
import { shown } from "./shown.ts";
import { printWarning } from "./warning.ts";

export interface AddOptions extends ServerOptions {
  readonly secretFile?: string;
  readonly proof?: string;
}

export async function add(name: string, options: AddOptions): Promise<number> {
  const { secretFile, proof } = options;
  const answer = await Client.open(options).ask(ANSWERS.hosted, pathOf(name), "PUT", {
    ...(secretFile === undefined ? {} : { component_secret: readSecret(secretFile) }),
    ...(proof === undefined ? {} : { policy: { proof } }),
  });
  if (!options.json) { for (const warning of answer.warnings) say(printWarning(warning)); }
  return told(answer, `${name} is hosted`, options);
}

export async function remove(name: string, options: ServerOptions): Promise<number> {
  await Client.open(options).ask(ANSWERS.nothing, pathOf(name), "DELETE");
  return told({ name, removed: true }, `${name} is hosted no longer`, options);
}

export async function turn(
  name: string,
  word: "suspend" | "resume",
  options: ServerOptions,
): Promise<number> {
  const answer = await Client.open(options).ask(ANSWERS.suspended, `${pathOf(name)}/${word}`, "POST", {});
  return told(answer, `${name} is ${word === "suspend" ? "suspended" : "open again"}`, options);
}

const pathOf = (name: string) => `/domains/${encodeURIComponent(name)}`;

function told(answer: unknown, words: string, { json }: ServerOptions): number {
  if (json) sayJson(answer);
  else say(shown(words));
  return EXIT.good;
}

/** Never an argument: every user of the machine sees those. */
function readSecret(file: string): string {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8").trim();
  } catch (error) {
    throw new CommandFault(EXIT.wrongUse, `Cannot read the secret in ${file}: ${(error as Error).message}`);
  }
  if (text === "") {
    throw new CommandFault(EXIT.wrongUse, `${file === "-" ? "standard input" : file} holds no secret`);
  }
  return text;
}
