/** `./dev bench --part console`: the console in a real Chromium with 100,000 pairs, and what it takes from federation. docs/bench.md. */
import { gzipSync } from "node:zlib";
import { ASSETS } from "../../console/assets.ts";
import { Chromium, IS_THERE } from "../console/browser/chromium.ts";
import { type Crowd, gatherCrowd } from "../console/browser/crowd.ts";
import { Visitor } from "../console/browser/visitor.ts";
import type { ConsoleFigure, ConsoleTurn } from "./report_console.ts";
import { handshakeDelayMs } from "./tables.ts";

const TIMES = { full: 7, quick: 3 };
const EXCHANGES = { full: 200, quick: 100 };
/** One state, one name with its wildcard, one local domain, and everything in another order. */
const FILTERS = ["q=state:denied", "q=remote:failing-1*", "q=local:local-7.example", "sort=-expires"];
/** What every visitor loads; plots come with a file of their own. */
const PAGE = ["/index.html", "/assets/app.js", "/assets/app.css", "/assets/icon.svg"];
const BEST = 9;

/** Every figure once, and those of the browser some times. */
export async function consoleRound(
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<ConsoleTurn[]> {
  const turns: ConsoleTurn[] = [{ figure: "page", value: pageBytes() / 1000 }];
  const much = quick ? "quick" : "full";
  const measures = { browser: () => browsed(TIMES[much]), handshakes: () => delayed(EXCHANGES[much]) };
  for (const [what, measure] of Object.entries(measures)) {
    if (stop.aborted) break;
    try {
      turns.push(...await measure());
    } catch (error) {
      failed(`console, ${what}: ${(error as Error).message}`);
    }
  }
  return turns;
}

const pageBytes = (): number =>
  PAGE.reduce((sum, path) => sum + gzipSync(ASSETS.get(path)!.body, { level: BEST }).length, 0);

const delayed = async (exchanges: number): Promise<ConsoleTurn[]> => [
  { figure: "handshake", value: await handshakeDelayMs(exchanges) },
];

async function browsed(times: number): Promise<ConsoleTurn[]> {
  if (!IS_THERE) throw new Error("Chromium is not installed; ./dev test installs it when it is root");
  await using stack = new AsyncDisposableStack();
  const chromium = stack.use(await Chromium.launch());
  const crowd = await gatherCrowd(stack);
  const turns: ConsoleTurn[] = [];
  await painted(chromium, crowd); // warm: the server's code, and the browser's
  for (let n = 0; n < times; n++) {
    turns.push({ figure: "paint", value: await painted(chromium, crowd) });
    turns.push(...await filtered(chromium, crowd));
  }
  return turns;
}

/** From the address to the first row, by somebody who was never here: nothing is in a cache. */
async function painted(chromium: Chromium, { origin, token }: Crowd): Promise<number> {
  await using visitor = await Visitor.open(chromium, origin, token);
  const began = performance.now();
  await visitor.go("/routes");
  await visitor.page.locator(".grid-row .cell").first().waitFor();
  return performance.now() - began;
}

/** As the page asks, by its own clock. */
async function filtered(chromium: Chromium, { origin, token }: Crowd): Promise<ConsoleTurn[]> {
  await using visitor = await Visitor.open(chromium, origin, token);
  await visitor.go("/machines"); // a page of the same origin that asks for no table
  await visitor.settled();
  const turns: ConsoleTurn[] = [];
  for (const filter of FILTERS) {
    const value = await visitor.page.evaluate(async (path) => {
      const began = performance.now();
      const answer = await fetch(path);
      await answer.json();
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      return performance.now() - began;
    }, `/api/v1/routes?limit=100&${filter}`);
    turns.push({ figure: `filter ${filter}` as ConsoleFigure, value });
  }
  return turns;
}
