/** `verona config`: check, show, schema, init. They need no running server. console.md 3.4. */
import { loadIdentities, loadTrust } from "../actors/material.ts";
import { type Draft, jsonSchema } from "../config/json_schema.ts";
import type { Good } from "../config/load.ts";
import { elsewhere, type Mistake, printMistake, printMistakes, SYNTAX } from "../config/mistakes.ts";
import { RunTime } from "../config/run_time.ts";
import { show as print, written } from "../config/show.ts";
import { template } from "../config/template.ts";
import { printable } from "../observe/printable.ts";
import { warnings } from "../policy/warnings.ts";
import { toAscii } from "../xmpp/domain.ts";
import { effective, printEffective } from "./effective.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { complain, say, sayJson } from "./output.ts";
import { loadFile } from "./read_config.ts";
import { styled, terminalWidth } from "./terminal.ts";
import { printWarning } from "./warning.ts";

export interface ConfigOptions {
  readonly config: string;
  readonly json?: boolean;
}

/** Every mistake with its line and its cure, certificates and keys tried; exit code 2 if there is one. */
export function check({ config: path, json }: ConfigOptions): number {
  const loaded = loadFile(path);
  const readable = loaded.config === null ? loaded.mended : loaded;
  const mistakes = [...loaded.mistakes, ...(readable === null ? [] : tryMaterial(readable, loaded.mistakes))];
  const warned = readable === null ? [] : warnings(readable.config);
  if (json) sayJson({ file: path, valid: mistakes.length === 0, mistakes, warnings: warned });
  else if (mistakes.length === 0) say([...warned.map(printWarning), `${path} is good`].join("\n"));
  else say([...mistakes.map((one) => shown(path, one)), "", summary(mistakes)].join("\n"));
  return mistakes.length === 0 ? EXIT.good : EXIT.wrongUse;
}

/** The line itself stands below, marked. */
function shown(path: string, mistake: Mistake): string {
  const said = printable(printMistake(path, mistake));
  if (mistake.excerpt === null) return said;
  const [line, marks] = mistake.excerpt;
  const n = String(mistake.line).padStart(5);
  return `${said}\n${styled("dim", `${n} | `)}${printable(line)}\n${" ".repeat(n.length)} | ${
    styled("red", marks)
  }`;
}

function summary(mistakes: readonly Mistake[]): string {
  const n = mistakes.length;
  const hides = mistakes.some(({ key }) => key === SYNTAX)
    ? " Reading stops at a mistake in the writing: mend it and check again, there may be more behind it."
    : "";
  return `${n} mistake${n === 1 ? "" : "s"} to mend.${hides}`;
}

/** What only the native library can see: a key of another certificate, a trust anchor that is none, names. */
function tryMaterial(
  { config, at }: Pick<Good, "config" | "at">,
  known: readonly Mistake[],
): Mistake[] {
  // What cannot be read, and names that are none, are said already.
  const isKnown = (...sections: string[]) =>
    known.some(({ key }) => sections.some((one) => key.startsWith(one)));
  const mistakes: Mistake[] = [];
  const attempt = <T extends { free(): void }>(
    key: string,
    load: () => T,
    look: (it: T) => void = () => {},
  ) => {
    try {
      const loaded = load();
      look(loaded);
      loaded.free();
    } catch (error) {
      mistakes.push(elsewhere(key, (error as Error).message));
    }
  };
  if (config.certificates.length > 0 && !isKnown("certificate", "server")) {
    attempt("certificate", () => loadIdentities(config), (identities) => {
      for (const [i, name] of config.server.names.entries()) {
        if (identities.carriesMachine(toAscii(name))) continue;
        const path = ["server", "names", i];
        const message = `no [[certificate]] carries "${name}": peers would not know this machine by it`;
        mistakes.push(at(path, message));
      }
    });
  }
  if (!isKnown("trust", "dns.trust_anchor")) attempt("trust.ca", () => loadTrust(config));
  return mistakes;
}

/** A configuration that can be shown, with or without mistakes. */
type Shown = Omit<Good, "mistakes">;

export interface ShowOptions extends ConfigOptions {
  /** LOCAL and REMOTE. */
  readonly effective?: readonly string[];
}

/**
 * The effective values, secrets hidden, what was set at run time over the file; or what they come to for one pair. Of a
 * file with mistakes the rest is shown, and the mistakes are complained of: exit code 2 all the same.
 */
export function show({ config: path, json, effective: pair }: ShowOptions): number {
  const loaded = loadFile(path);
  const shown = loaded.config === null ? loaded.mended : loaded;
  const mistakes = printMistakes(path, loaded.mistakes);
  if (shown === null || (pair !== undefined && mistakes !== "")) {
    throw new CommandFault(EXIT.wrongUse, mistakes);
  }
  const runTime = peek(shown);
  try {
    if (pair !== undefined) return showEffective(shown, pair, runTime, json ?? false);
    if (json) sayJson(written(shown, runTime));
    else say(print(shown, runTime));
    if (mistakes === "") return EXIT.good;
    complain(mistakes.split("\n").map((line) => printable(`verona: ${line}`)).join("\n"));
    return EXIT.wrongUse;
  } finally {
    runTime?.close();
  }
}

/** What was set at run time, as the server keeps it; whoever may not read that hears so, and sees the file alone. */
function peek({ config }: Shown): RunTime | null {
  try {
    return RunTime.peek(config.server.dataDir);
  } catch (error) {
    const next = "what was set at run time is not shown; run this as the server's user";
    complain(printable(`verona: ${(error as Error).message}: ${next}`));
    return null;
  }
}

function showEffective(
  loaded: Shown,
  pair: readonly string[],
  runTime: RunTime | null,
  json: boolean,
): number {
  const [local, remote, ...more] = pair;
  if (local === undefined || remote === undefined || more.length > 0) {
    throw new CommandFault(EXIT.wrongUse, "--effective wants two domains: LOCAL REMOTE");
  }
  const answer = effective(loaded, local, remote, runTime);
  if (json) sayJson(answer);
  else say(printEffective(answer, terminalWidth()));
  return EXIT.good;
}

export function schema({ draft }: { draft: Draft }): number {
  sayJson(jsonSchema(draft));
  return EXIT.good;
}

/** Writes a commented first file; never over one that is there. */
export function init({ config: path, json }: ConfigOptions): number {
  try {
    Deno.writeTextFileSync(path, template(), { createNew: true, mode: 0o600 });
  } catch (error) {
    const there = error instanceof Deno.errors.AlreadyExists;
    throw new CommandFault(
      EXIT.wrongUse,
      there ? `${path} is already there` : `Cannot write ${path}: ${(error as Error).message}`,
      there ? "name another file with --config" : "",
    );
  }
  if (json) sayJson({ file: path });
  else say(`${path} is written: put in your names, then \`verona config check --config ${path}\``);
  return EXIT.good;
}
