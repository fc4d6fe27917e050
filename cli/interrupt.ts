/** Ctrl-C and SIGTERM while a command works: it may close in good order first; the second one ends it at once. console.md 3.1, 3.2. */
import { EXIT } from "./exit.ts";
import { clearLine, hush } from "./output.ts";

const closing = new Set<AbortController>();
let code: number | null = null;

/** From now on they end this process with their exit codes. For every command that does not serve. */
export function catchInterrupts(): void {
  Deno.addSignalListener("SIGINT", () => interrupted(EXIT.interrupted));
  Deno.addSignalListener("SIGTERM", () => interrupted(EXIT.terminated));
}

function interrupted(by: number): void {
  hush();
  clearLine();
  if (closing.size === 0 || code !== null) Deno.exit(by);
  code = by;
  for (const work of closing) work.abort();
}

/** Lets `work` close what it has open before the process ends. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  closing.add(controller);
  try {
    return await work(controller.signal);
  } finally {
    closing.delete(controller);
    if (code !== null && closing.size === 0) Deno.exit(code);
  }
}
