/** `verona machines`: the state machines that every connection and pair is, as text for other tools. console.md 1.6. */
import { type Format, library } from "../console/library.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { say, sayJson } from "./output.ts";

export interface MachinesOptions {
  readonly format?: Format;
  readonly json?: boolean;
}

/** One machine, or the list of all. Needs no running server. */
export function machines(id: string | undefined, { format, json = false }: MachinesOptions): number {
  if (id === undefined) list(json);
  else {
    const text = library.print(id, format ?? (json ? "json" : "mermaid"));
    if (text === null) {
      throw new CommandFault(EXIT.wrongUse, `"${id}" is no machine`, `one of ${library.ids.join(", ")}`);
    }
    say(text.trimEnd());
  }
  return EXIT.good;
}

function list(json: boolean): void {
  const all = library.ids.map((id) => ({ id, name: library.find(id)!.name }));
  if (json) sayJson({ machines: all });
  else for (const { id } of all) say(id);
}
