/** `verona run`: the server. SIGHUP reloads, SIGTERM and SIGINT drain, exit code 0. design.md 2.3. */
import { systemClock } from "../actors/host.ts";
import type { Reread } from "../actors/view.ts";
import type { Happening } from "../facts/event.ts";
import { printMistakes } from "../config/mistakes.ts";
import type { Levels } from "../observe/levels.ts";
import { logEvent, type LogFormat, startLog } from "../observe/log.ts";
import { isTraced, traceWith } from "../observe/otel/tracing.ts";
import { Recorder } from "../observe/recorder.ts";
import { EXIT } from "./exit.ts";
import { CommandFault } from "./fault.ts";
import { complain } from "./output.ts";
import { loadFile, readConfig } from "./read_config.ts";
import { serve, type ServeOptions, type Serving } from "./serve.ts";
import { survive } from "./stray.ts";
import { socketOf, tunnelTo } from "./tunnel.ts";
import { VERSION } from "./version.ts";

export interface RunOptions {
  readonly config: string;
  readonly logFormat: LogFormat;
  readonly logLevel: Levels;
}

/** Runs until it is told to stop; the result is the exit code. */
export async function run({ config: path, logFormat, logLevel }: RunOptions): Promise<number> {
  const config = readConfig(path);
  const log = startLog(logFormat, logLevel);
  const recorder = new Recorder(() => Date.now(), { kept: config.listen.console !== null });
  recorder.listen(logEvent);
  const tell = (happening: Happening) => recorder.tell(happening);
  using _ = survive({ clock: systemClock, random: Math.random, tell, trace: null });
  if (isTraced(Deno.env.toObject())) await traceWith(recorder, VERSION, config.otel.sample);
  // Before anything listens: whoever sees us ready may stop us.
  const told = toldToStop();
  const serving = await start({ config, clock: systemClock, recorder, log, reread: () => reread(path) });
  if (logFormat === "pretty") greet(serving);
  reloadOnHangup(serving, recorder);
  await told;
  await serving.stop();
  return EXIT.good;
}

/** The first SIGTERM or Ctrl-C drains; the second ends the process at once. */
function toldToStop(): Promise<void> {
  const told = Promise.withResolvers<void>();
  let times = 0;
  const stop = () => ++times === 1 ? told.resolve() : Deno.exit(EXIT.terminated);
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);
  return told.promise;
}

function reread(path: string): ReturnType<Reread> {
  const { config, mistakes } = loadFile(path);
  return config !== null ? { config } : { mistakes: printMistakes(path, mistakes).split("\n") };
}

/** Whatever keeps the server from starting is said in one sentence: it is the machine's or the configuration's fault. */
async function start(options: ServeOptions): Promise<Serving> {
  try {
    return await serve(options);
  } catch (error) {
    throw new CommandFault(EXIT.wrongUse, (error as Error).message);
  }
}

/** Only for the eye: a link that lets an operator in has no place in a log. */
function greet({ logInLink, addresses }: Serving): void {
  const link = logInLink();
  if (link === null) return;
  const path = socketOf(addresses.console!);
  const tunnel = path === null ? "" : `, through \`${tunnelTo(path)}\``;
  complain(`console ${link} (works once${tunnel}; \`verona console\` prints another one)`);
}

function reloadOnHangup({ view }: Serving, recorder: Recorder): void {
  Deno.addSignalListener("SIGHUP", () => {
    void view.reload().catch((error) => {
      recorder.tell({
        type: "actor.crashed",
        level: "error",
        detail: { id: "reload", error: String(error) },
      });
    });
  });
}
