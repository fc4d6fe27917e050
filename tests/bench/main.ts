/**
 * `./dev bench`: the same load through Verona, ejabberd and Prosody, turn by turn in one run. docs/bench.md.
 *
 * `--json FILE` writes the medians, `--quick` makes one short round, `--only NAME` takes one server, `--rounds N` more
 * rounds than three. `--dialback` measures dialback instead.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { installPackages } from "../../tools/packages.ts";
import { dialbackBench } from "./dialback.ts";
import { EJABBERD } from "./ejabberd.ts";
import { type Pair, setUp } from "./lab.ts";
import { BINARY, load } from "./load.ts";
import { PROSODY } from "./prosody.ts";
import { goals, median, ratios, rows, starts, table, type Turn } from "./report.ts";
import { type Kind, Server } from "./server.ts";
import { VERONA } from "./verona.ts";

const KINDS = [VERONA, EJABBERD, PROSODY];
/** Warm first: what is measured is the long run. `RATE:SECONDS`. */
const WARM = ["max:1", "5000:0.5"];
const FULL = [...WARM, "max:3", "5000:3", "1000:3"];
const QUICK = [...WARM, "max:1", "5000:1", "1000:1"];
const MOST_ROUNDS = 20;
const TURN_MS = 60_000;
const PEERS = [
  { of: "ejabberd", package: "ejabberd", probe: ["dpkg-query", "--show", "ejabberd"], service: "ejabberd" },
  { of: "prosody", package: "prosody", probe: ["sh", "-c", "command -v prosody"], service: "prosody" },
  { of: "prosody", package: "lua-unbound", probe: ["dpkg-query", "--show", "lua-unbound"] },
];
/** Whoever ends the bench ends the servers with it. */
const stop = new AbortController();

interface Options {
  readonly json?: string;
  readonly quick?: true;
  readonly only?: string[];
  readonly rounds?: number;
  readonly dialback?: true;
}

async function turn(kind: Kind, pair: Pair, loads: readonly string[]): Promise<Turn> {
  await using stack = new AsyncDisposableStack();
  const [a, b] = [stack.use(await Server.start(kind, pair[0])), stack.use(await Server.start(kind, pair[1]))];
  const limit = AbortSignal.any([stop.signal, AbortSignal.timeout(TURN_MS)]);
  const { firstStanzaMs, costs } = await load(a, b, loads, limit);
  const listeningMs = median([a.listeningMs, b.listeningMs]);
  return { server: kind.name, listeningMs, firstStanzaMs, costs: costs.slice(WARM.length) };
}

async function measure({ quick, only, rounds = quick ? 1 : 3 }: Options, failed: string[]): Promise<Turn[]> {
  const kinds = KINDS.filter(({ name }) => only?.includes(name) ?? true);
  const turns: Turn[] = [];
  for (let round = 1; round <= rounds; round++) {
    // A tree of its own for each round: nobody may remember the last.
    await using stack = new AsyncDisposableStack();
    const pairs = await setUp(kinds.map(({ name }) => name), stack);
    for (const kind of kinds) {
      if (stop.signal.aborted) return turns;
      console.log(`round ${round} of ${rounds}: ${kind.name} ${kind.version}`);
      try {
        turns.push(await turn(kind, pairs.get(kind.name)!, quick ? QUICK : FULL));
      } catch (error) {
        failed.push(`${kind.name}, round ${round}: ${(error as Error).message}`);
        console.error(failed.at(-1));
      }
    }
  }
  return turns;
}

async function bench(options: Options): Promise<number> {
  await Deno.stat(BINARY).catch(() => {
    throw new Error("the load generator is not built; run ./dev native");
  });
  const peers = PEERS.filter(({ of }) => options.only?.includes(of) ?? true);
  for (const sentence of await installPackages(peers)) console.error(sentence);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
  if (options.dialback) {
    const done = await dialbackBench(options, stop.signal);
    if (options.json !== undefined) {
      await Deno.writeTextFile(options.json, JSON.stringify(done, null, 1) + "\n");
    }
    return 0;
  }
  const failed: string[] = [];
  const turns = await measure(options, failed);
  console.log(["", "median (minimum) of all rounds:", table(turns), "", ...ratios(turns)].join("\n"));
  for (const { text, reached } of goals(turns)) console.log(`${reached ? "reached" : "missed "}  ${text}`);
  if (options.json !== undefined) {
    const figures = { federation: rows(turns, median), start: starts(turns, median) };
    await Deno.writeTextFile(options.json, JSON.stringify(figures, null, 1) + "\n");
  }
  return failed.length === 0 ? 0 : 1;
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
    .option("--dialback", "dialback, as authoritative and as receiving server")
    .addOption(new Option("--only <name...>", "these servers alone").choices(names))
    .option("--rounds <n>", "how many rounds (three)", count)
    .action(async (options: Options) => Deno.exit(await bench(options)))
    .parseAsync(Deno.args, { from: "user" });
}
