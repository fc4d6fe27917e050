/** `verona run`: the server. SIGHUP reloads, SIGTERM and SIGINT drain, exit code 0. design.md 2.3. */
import { systemClock } from "../actors/host.ts";
import type { Reread } from "../actors/view.ts";
import type { Config } from "../config/config.ts";
import { loadConfig, type Mistake, printMistakes } from "../config/load.ts";
import { logEvent, type LogFormat, startLog } from "../observe/log.ts";
import { Recorder } from "../observe/recorder.ts";
import { EXIT } from "./exit.ts";
import { serve, type Serving } from "./serve.ts";

export interface RunOptions {
  readonly config: string;
  readonly logFormat: LogFormat;
  readonly logLevel: "debug" | "info" | "warning";
}

/** Runs until it is told to stop; the result is the exit code. */
export async function run({ config: path, logFormat, logLevel }: RunOptions): Promise<number> {
  const read = () => loadConfig(path, { readText: Deno.readTextFileSync, env: Deno.env.toObject() });
  const loaded = read();
  if (loaded.config === null) {
    console.error(printMistakes(path, loaded.mistakes));
    return EXIT.wrongUse;
  }
  startLog(logFormat, logLevel);
  const recorder = new Recorder(() => Date.now());
  recorder.listen(logEvent);
  // Before anything listens: whoever sees us ready may stop us.
  const told = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => told.resolve());
  const serving = await start(loaded.config, recorder, () => asReread(path, read()));
  if (serving === null) return EXIT.wrongUse;
  reloadOnHangup(serving);
  await told.promise;
  await serving.stop();
  return EXIT.good;
}

function asReread(
  path: string,
  loaded: { config: Config | null; mistakes: readonly Mistake[] },
): ReturnType<Reread> {
  if (loaded.config !== null) return { config: loaded.config };
  return { mistakes: printMistakes(path, loaded.mistakes).split("\n") };
}

async function start(config: Config, recorder: Recorder, reread: Reread): Promise<Serving | null> {
  try {
    return await serve({ config, clock: systemClock, reread, recorder });
  } catch (error) {
    console.error(`verona: ${(error as Error).message}`);
    return null;
  }
}

function reloadOnHangup({ view }: Serving): void {
  Deno.addSignalListener("SIGHUP", () => {
    void view.reload().then(({ mistakes }) => mistakes.forEach((mistake) => console.error(mistake)));
  });
}
