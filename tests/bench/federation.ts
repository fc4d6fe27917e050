/** The hot path: the same load through pairs of servers, turn by turn. docs/bench.md. */
import { type Pair, setUp } from "./lab.ts";
import { load } from "./load.ts";
import { median, type Turn } from "./report.ts";
import { type Kind, Server } from "./server.ts";

/** Warm first: what is measured is the long run. `RATE:SECONDS`. */
const WARM = ["max:1", "5000:0.5"];
const FULL = [...WARM, "max:3", "5000:3", "1000:3"];
const QUICK = [...WARM, "max:1", "5000:1", "1000:1"];
const TURN_MS = 60_000;

/** A turn of each kind; those that fail are told to `failed`. */
export async function federationRound(
  kinds: readonly Kind[],
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<Turn[]> {
  // A tree of its own for each round: nobody may remember the last.
  await using stack = new AsyncDisposableStack();
  const pairs = await setUp(kinds.map(({ name }) => name), stack);
  const turns: Turn[] = [];
  for (const kind of kinds) {
    if (stop.aborted) break;
    try {
      turns.push(await turn(kind, pairs.get(kind.name)!, quick ? QUICK : FULL, stop));
    } catch (error) {
      failed(`${kind.name} ${kind.version}: ${(error as Error).message}`);
    }
  }
  return turns;
}

async function turn(kind: Kind, pair: Pair, loads: readonly string[], stop: AbortSignal): Promise<Turn> {
  await using stack = new AsyncDisposableStack();
  const [a, b] = [stack.use(await Server.start(kind, pair[0])), stack.use(await Server.start(kind, pair[1]))];
  const limit = AbortSignal.any([stop, AbortSignal.timeout(TURN_MS)]);
  const { firstStanzaMs, costs } = await load(a, b, loads, limit);
  const listeningMs = median([a.listeningMs, b.listeningMs]);
  return { server: kind.name, listeningMs, firstStanzaMs, costs: costs.slice(WARM.length) };
}
