/**
 * `./dev bench`: the same load through Verona, ejabberd and Prosody, turn by turn in one run. docs/bench.md.
 *
 * `--json FILE` writes the medians, `--quick` makes one short round, `--only NAME` takes some of the servers, `--part
 * NAME` some of the parts, `--rounds N` more rounds than three, `--against DIR` another revision of Verona beside this.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { installPackages } from "../../tools/packages.ts";
import { coldRound } from "./cold.ts";
import { consoleRound } from "./console.ts";
import { dialbackRound } from "./dialback.ts";
import { EJABBERD } from "./ejabberd.ts";
import { federationRound } from "./federation.ts";
import { BINARY } from "./load.ts";
import { PROSODY } from "./prosody.ts";
import { recorderRound } from "./recorder.ts";
import { comparison, type Goal, goals, median, ratios, rows, starts, table, type Turn } from "./report.ts";
import { coldGoals, coldRows, coldTable, type ColdTurn } from "./report_cold.ts";
import { consoleGoals, consoleRowLine, consoleRows, type ConsoleTurn } from "./report_console.ts";
import {
  dialbackGoals,
  dialbackLine,
  dialbackRatios,
  dialbackRows,
  type DialbackTurn,
} from "./report_dialback.ts";
import { watchGoals, watchRowLine, watchRows, type WatchTurn } from "./report_recorder.ts";
import type { Kind } from "./server.ts";
import { CLASSIC, VERONA, veronaWith } from "./verona.ts";

const KINDS = [VERONA, CLASSIC, EJABBERD, PROSODY];
const PARTS = ["federation", "cold", "dialback", "recorder", "console"] as const;
const MOST_ROUNDS = 20;
const PEERS = [
  { of: "ejabberd", package: "ejabberd", probe: ["dpkg-query", "--show", "ejabberd"], service: "ejabberd" },
  { of: "prosody", package: "prosody", probe: ["sh", "-c", "command -v prosody"], service: "prosody" },
  { of: "prosody", package: "lua-unbound", probe: ["dpkg-query", "--show", "lua-unbound"] },
];
/** What looks at the console. */
const BROWSER = { package: "chromium", probe: ["chromium", "--version"] };
/** Whoever ends the bench ends the servers with it. */
const stop = new AbortController();

interface Options {
  readonly json?: string;
  readonly quick?: true;
  readonly only?: string[];
  readonly part?: (typeof PARTS)[number][];
  readonly rounds?: number;
  readonly against?: string;
}

/** What the turns of all parts came to. */
interface Measured {
  readonly federation: Turn[];
  readonly cold: ColdTurn[];
  readonly dialback: DialbackTurn[];
  readonly recorder: WatchTurn[];
  readonly console: ConsoleTurn[];
}

async function measure(options: Options, failed: (what: string) => void): Promise<Measured> {
  const { quick = false, only, part = PARTS, rounds = quick ? 1 : 3 } = options;
  const measured: Measured = { federation: [], cold: [], dialback: [], recorder: [], console: [] };
  const kinds = [...KINDS.filter(({ name }) => only?.includes(name) ?? true), ...before(options)];
  for (let round = 1; round <= rounds && !stop.signal.aborted; round++) {
    console.error(
      `round ${round} of ${rounds}: ${kinds.map(({ name, version }) => `${name} ${version}`).join(", ")}`,
    );
    if (part.includes("federation")) {
      measured.federation.push(...await federationRound(kinds, quick, stop.signal, failed));
    }
    if (part.includes("cold")) measured.cold.push(...await coldRound(only, stop.signal, failed));
    if (part.includes("dialback")) {
      measured.dialback.push(...await dialbackRound(only, quick, stop.signal, failed));
    }
    if (part.includes("recorder") && isOurs(only)) {
      measured.recorder.push(...await recorderRound(round, quick, stop.signal, failed));
    }
    if (part.includes("console") && isOurs(only)) {
      measured.console.push(...await consoleRound(quick, stop.signal, failed));
    }
  }
  return measured;
}

/** The other parts are Verona's alone. */
const isOurs = (only: Options["only"]): boolean => only?.includes("verona") ?? true;

/** The same load through another revision, in the same rounds. */
function before({ against }: Options): Kind[] {
  if (against === undefined) return [];
  const from = `${Deno.realPathSync(against)}/`;
  return [veronaWith(() => ({}), { name: "verona-before", from })];
}

const goalsOf = ({ federation, cold, dialback, recorder, console }: Measured): Goal[] => [
  ...goals(federation),
  ...coldGoals(cold),
  ...dialbackGoals(dialback),
  ...watchGoals(recorder),
  ...consoleGoals(console),
];

function report(measured: Measured): string {
  const { federation, cold, dialback, recorder } = measured;
  const parts = [
    federation.length > 0
      ? ["median (minimum) of all rounds:", table(federation), "", ...ratios(federation)]
      : [],
    comparison(federation, "verona-before"),
    cold.length > 0 ? [coldTable(cold)] : [],
    [...dialbackRows(dialback).map(dialbackLine), ...dialbackRatios(dialback)],
    watchRows(recorder).map(watchRowLine),
    consoleRows(measured.console).map(consoleRowLine),
    goalsOf(measured).map(({ text, reached }) => `${reached ? "reached" : "missed "}  ${text}`),
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

async function bench(options: Options): Promise<number> {
  await Deno.stat(BINARY).catch(() => {
    throw new Error("the load generator is not built; run ./dev native");
  });
  const { only, part = PARTS } = options;
  const peers = PEERS.filter(({ of }) => only?.includes(of) ?? true);
  const browsers = part.includes("console") && isOurs(only) ? [BROWSER] : [];
  for (const sentence of await installPackages([...peers, ...browsers])) console.error(sentence);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
  let failures = 0;
  const measured = await measure(options, (what) => {
    failures++;
    console.error(`failed: ${what}`);
  });
  console.log(report(measured));
  if (options.json !== undefined) {
    const { federation, cold, dialback, recorder } = measured;
    const figures = {
      federation: rows(federation, median),
      start: starts(federation, median),
      first_stanza: coldRows(cold),
      dialback: dialbackRows(dialback),
      recorder: watchRows(recorder),
      console: consoleRows(measured.console),
      goals: goalsOf(measured),
    };
    await Deno.writeTextFile(options.json, JSON.stringify(figures, null, 1) + "\n");
  }
  return failures === 0 ? 0 : 1;
}

function count(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0 && rounds <= MOST_ROUNDS) return rounds;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MOST_ROUNDS}.`);
}

if (import.meta.main) {
  const names = KINDS.map(({ name }) => name);
  await new Command("bench")
    .description("The same load through Verona, ejabberd and Prosody")
    .option("--json <file>", "write the medians")
    .option("--quick", "one short round")
    .addOption(new Option("--part <name...>", "these parts alone").choices(PARTS))
    .addOption(new Option("--only <name...>", "these servers alone").choices(names))
    .option("--rounds <n>", "how many rounds (three)", count)
    .option("--against <dir>", "another revision's checkout, its native library built, beside this one")
    .action(async (options: Options) => Deno.exit(await bench(options)))
    .parseAsync(Deno.args, { from: "user" });
}
