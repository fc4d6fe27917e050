/** One package that is shipped, and what its authors say of its licence. */

export interface Package {
  readonly from: "npm" | "crates.io";
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** By file name. */
  readonly texts: ReadonlyMap<string, string>;
}

const LICENCE_FILE = /^(?:un)?licen[cs]e|^copying|^notice|^copyright/i;

/** What the folder of a package has of licences, notices and copyrights. */
export async function textsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const files = entries.filter(({ name, isFile }) => isFile && LICENCE_FILE.test(name)).map(({ name }) =>
    name
  );
  for (const name of files.sort()) texts.set(name, await Deno.readTextFile(`${folder}/${name}`));
  return texts;
}

/** What a command writes; it is one of ours, or of the tools that build us. */
export async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { NO_COLOR: "1" } })
    .output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command} ${args[0]} failed:\n${text.decode(stderr)}`);
  return text.decode(stdout);
}
