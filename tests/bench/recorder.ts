/**
 * `./dev bench --part recorder`: what watching costs. Recorder off, on, and on with ten viewers: CPU of a stanza and of a grant in the server's
 * own process; then stanzas per second beside 20,000 trace steps a second. docs/bench.md.
 */
import { replaceModules } from "../harness/imports.ts";
import { DIRECT_TLS, Granting, SENDERS, TARGETS } from "./granting.ts";
import { customersOf, type Pair, type Place, SECRET, setUp } from "./lab.ts";
import { load } from "./load.ts";
import { cpuMs, rssMib } from "./proc.ts";
import { type Watch, watchLine, type WatchTurn } from "./report_recorder.ts";
import { type Kind, Server } from "./server.ts";
import { calledBack, EACH, STREAMS, verified, VERIFYING } from "./verifying.ts";
import { veronaWith } from "./verona.ts";
import { type Viewed, Viewers } from "./viewers.ts";

const TURN_MS = 120_000;
/** Servers side by side, of one age: what a process does in its first second and in its third differs by more than what is looked for. */
const BESIDE = ["none", "off", "on", "viewers"] as const;
type Beside = (typeof BESIDE)[number];
type Figures = Omit<WatchTurn, "watch">;
const PASSES = { full: 6, quick: 3 };
const [WARM, SHORT, LONG] = ["max:0.5", "max:1", "max:3"] as const;

/** Nobody is asked to wait: it is the work that is measured. */
const limits = { ...VERIFYING, attempts_per_minute: 1_000_000 };
/** Nothing else proves who has no certificate. */
const BY_DIALBACK = { policy: { proof: "encrypted" } };
/** Compiling takes its time, and takes more of it where there is more to compile: what is measured is the long run. */
const WARM_PASSES = 10;

const kindOf = (watch: Watch, more: Record<string, Record<string, unknown>> = {}): Kind => {
  const kind = veronaWith((place) => ({
    listen: {
      s2s_tls: [`${place.ip}:${DIRECT_TLS}`],
      ...(watch === "off" || watch === "none" ? { console: "" } : {}),
    },
    limits,
    ...more,
    domain: [place.domain, ...customersOf(place, TARGETS)].map((name) => ({
      name,
      component_secret: SECRET,
    })),
  }), { name: watch });
  const instead = INSTEAD[watch];
  return instead === undefined ? kind : recordedBy(instead, kind);
};

/** Who stands for the recorder. */
const INSTEAD: Partial<Record<Watch, string>> = {
  none: "tests/bench/no_recorder.ts",
  flooded: "tests/bench/flooded_recorder.ts",
};

const recordedBy = (instead: string, kind: Kind): Kind => ({
  ...kind,
  async prepare(place) {
    const { program, args } = await kind.prepare(place);
    const map = await replaceModules(place.folder, [["observe/recorder.ts", instead]]);
    return { program, args: ["run", "--import-map", map, ...args.slice(1)] };
  },
});

/** Everything once. @param round From 1: the order turns, so that what else the machine does falls on another. */
export async function recorderRound(
  round: number,
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<WatchTurn[]> {
  const turns: WatchTurn[] = [];
  for (
    const [what, measure] of Object.entries({
      stanza: stanzaTurns,
      assertion: assertionTurns,
      grant: grantTurns,
      flooded: floodedTurn,
    })
  ) {
    if (stop.aborted) break;
    try {
      const found = await measure(quick ? PASSES.quick : PASSES.full, round);
      for (const turn of found) console.error(watchLine(turn));
      turns.push(...found);
    } catch (error) {
      failed(`recorder, ${what}: ${(error as Error).message}`);
    }
  }
  return turns;
}

async function pairsOf(stack: AsyncDisposableStack, ...labels: string[]): Promise<Pair[]> {
  return [...(await setUp(labels, stack, { customers: Math.max(SENDERS, TARGETS) })).values()];
}

/** A turn of each way to watch: so many passes over all of them, in another order each time; figures are the mean of its passes. */
async function interleaved(
  passes: number,
  round: number,
  measure: (watch: Beside) => Promise<Figures>,
): Promise<WatchTurn[]> {
  const found: Record<Beside, Figures[]> = { none: [], off: [], on: [], viewers: [] };
  for (let n = 0; n < passes; n++) {
    for (const i of BESIDE.keys()) {
      const watch = BESIDE[(i + n + round) % BESIDE.length]!;
      found[watch].push(await measure(watch));
    }
  }
  return BESIDE.map((watch) => {
    const mean = (key: "cpuUs" | "perSecond" | "rssMib") =>
      found[watch].reduce((sum, figures) => sum + figures[key], 0) / passes;
    const { what } = found[watch][0]!;
    return { watch, what, cpuUs: mean("cpuUs"), perSecond: mean("perSecond"), rssMib: mean("rssMib") };
  });
}

/** Starts what each way to watch needs, and viewers where they are wanted; they read until all turns are over. */
async function beside<T>(
  stack: AsyncDisposableStack,
  start: (watch: Beside, pair: Pair) => Promise<T>,
): Promise<{ readonly of: Record<Beside, T>; readonly viewers: Viewers }> {
  const pairs = await pairsOf(stack, ...BESIDE);
  const started = [];
  for (const [i, watch] of BESIDE.entries()) started.push(await start(watch, pairs[i]!));
  const [none, off, on, viewed] = started as [T, T, T, T];
  const watched = pairs[BESIDE.indexOf("viewers")]!;
  return { of: { none, off, on, viewers: viewed }, viewers: stack.use(await Viewers.start(watched[1])) };
}

async function stanzaTurns(passes: number, round: number): Promise<WatchTurn[]> {
  await using stack = new AsyncDisposableStack();
  const { of, viewers } = await beside(stack, async (watch, [a, b]) => {
    const start = async (place: Place) => stack.use(await Server.start(kindOf(watch), place));
    return [await start(a), await start(b)] as const;
  });
  const turns = await interleaved(passes, round, (watch) => stanzas(...of[watch], SHORT));
  return seen(turns, await viewers.end());
}

async function grantTurns(passes: number, round: number): Promise<WatchTurn[]> {
  await using stack = new AsyncDisposableStack();
  const { of, viewers } = await beside(stack, async (watch, [a, b]) => {
    const server = stack.use(await Server.start(kindOf(watch), b));
    return { server, granting: stack.use(await Granting.begin(a, b)) };
  });
  const turns = await interleaved(passes, round, async (watch) => {
    const { server: { pid }, granting } = of[watch];
    await granting.more(pid); // the long run: after a pause the recorder keeps more
    return { what: "grant", ...await granting.more(pid), rssMib: await rssMib(pid) };
  });
  return seen(turns, await viewers.end());
}

/** Control traffic as strangers bring it: streams, TLS, DNS, and somebody called back for each pair. */
async function assertionTurns(passes: number, round: number): Promise<WatchTurn[]> {
  await using stack = new AsyncDisposableStack();
  const { of, viewers } = await beside(stack, async (watch, [a, b]) => {
    stack.use(await Server.start(calledBack(EACH), a));
    const { pid } = stack.use(await Server.start(kindOf(watch, BY_DIALBACK), b));
    const senders = customersOf(a, EACH);
    const ask = () => verified(b, b.domain, () => senders);
    for (let n = 0; n < WARM_PASSES; n++) await ask();
    return { pid, ask };
  });
  const turns = await interleaved(passes, round, (watch) => assertions(of[watch]));
  return seen(turns, await viewers.end());
}

async function assertions(
  { pid, ask }: { readonly pid: number; readonly ask: () => Promise<Record<string, number>> },
): Promise<Figures> {
  await ask(); // the long run: after a pause the recorder keeps more
  const [began, cpu] = [performance.now(), await cpuMs(pid)];
  const { valid = 0 } = await ask();
  if (valid !== STREAMS * EACH) throw new Error(`${valid} of ${STREAMS * EACH} were let in`);
  const [elapsed, spent] = [performance.now() - began, await cpuMs(pid) - cpu];
  return {
    what: "assertion",
    cpuUs: spent / valid * 1000,
    perSecond: valid / elapsed * 1000,
    rssMib: await rssMib(pid),
  };
}

const seen = (turns: readonly WatchTurn[], viewed: Viewed): WatchTurn[] =>
  turns.map((turn) => turn.watch === "viewers" ? { ...turn, viewed } : turn);

async function stanzas(sender: Server, receiver: Server, long: string): Promise<Figures> {
  const { costs } = await load(sender, receiver, [WARM, long], AbortSignal.timeout(TURN_MS));
  const cost = costs.at(-1)!;
  return {
    what: "stanza",
    cpuUs: cost.cpu_us_receiver,
    perSecond: cost.stanzas_per_second,
    rssMib: cost.rss_mib_receiver,
  };
}

/** Its servers have something to do all the time: nobody else may run beside them. */
async function floodedTurn(): Promise<WatchTurn[]> {
  const turns: WatchTurn[] = [];
  for (const watch of ["flooded", "unflooded"] as const) {
    await using stack = new AsyncDisposableStack();
    const [[a, b]] = await pairsOf(stack, watch) as [Pair];
    const kind = kindOf(watch === "flooded" ? watch : "on");
    const servers = [stack.use(await Server.start(kind, a)), stack.use(await Server.start(kind, b))] as const;
    turns.push({ watch, ...await stanzas(...servers, LONG) });
  }
  return turns;
}
