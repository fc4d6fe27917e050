/** `./dev demo`: sets the stage on loopback, tells the story, and stays up until Ctrl-C. design.md 2.1. */
import { parseArgs } from "node:util";
import { Narrator } from "./narrator.ts";
import { setStage, type Stage } from "./stage.ts";
import { tell } from "./story.ts";

/** In a clone the words go through ./dev. */
const SELF = Deno.build.standalone ? "verona" : "./dev";

const HELP = `usage: ${SELF} demo [--once] [--json]

  --once   end after the story: exit code 0 if every step was seen, 1 if not
  --json   the steps and the tables as JSON lines`;

/** The whole command; the result is its exit code. */
export async function demo(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (!values.help) return await play(values.once ?? false, new Narrator(values.json ?? false));
    console.log(HELP);
    return 0;
  } catch (error) {
    const { message, code = "" } = error as { message: string; code?: string };
    const usage = code.startsWith("ERR_PARSE_ARGS");
    console.error(`demo: ${message}${usage ? `\n\n${HELP}` : ""}`);
    return usage ? 2 : 1;
  }
}

/** Everything that was started has ended when the exit code comes. */
async function play(once: boolean, narrator: Narrator): Promise<number> {
  await using stack = new AsyncDisposableStack();
  let finished = false;
  const story = async () => {
    const stage = await setStage(stack);
    await tell(stage, narrator);
    narrator.end();
    finished = true;
    if (!once) await stayUp(stage, narrator);
  };
  await Promise.race([story(), interruption()]);
  return finished && narrator.complete ? 0 : 1;
}

function interruption(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => resolve());
  return promise;
}

async function stayUp({ originating, receiving }: Stage, narrator: Narrator): Promise<never> {
  await narrator.consoles([originating, receiving], SELF);
  return await new Promise(() => {});
}

if (import.meta.main) Deno.exit(await demo(Deno.args));
