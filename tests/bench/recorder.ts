/**
 * What watching costs; not yet a part of `./dev bench` (tests/bench/main.ts). Recorder off, on, and on with ten viewers, turn by turn in one run: CPU
 * of a stanza and of a grant; then stanzas per second beside 20,000 trace steps a second. docs/bench.md.
 */
import { replaceModules } from "../harness/imports.ts";
import { cpuMs } from "./dialback_turns.ts";
import { DialbackStream } from "./dialback_stream.ts";
import { customersOf, type Pair, type Place, PORTS, SECRET, setUp } from "./lab.ts";
import { load } from "./load.ts";
import { type Watch, WATCHES, watchLine, type WatchTurn } from "./report_recorder.ts";
import { type Kind, Server } from "./server.ts";
import { veronaWith } from "./verona.ts";

const VIEWERS = 10;
/** Senders x targets: each pair is granted once. */
const SENDERS = 250;
const TARGETS = 80;
const DIRECT_TLS = 5270;
const TURN_MS = 120_000;
const READY_MS = 5000;
const WARM = ["max:1"];

/** Nobody is asked to wait: it is the work that is measured. */
const LIMITS = {
  proof_requests_per_second_unproven: 1_000_000,
  proof_requests_per_second: 1_000_000,
  pending_requests_unproven: 1000,
  unproven_bytes_per_second: 0,
  proofs_per_address_unproven: 500,
  proofs_per_address: 500,
};

const kindOf = (watch: Watch): Kind => {
  const kind = veronaWith((place) => ({
    listen: {
      s2s_tls: [`${place.ip}:${DIRECT_TLS}`],
      ...(watch === "off" ? { console: "" } : {}),
    },
    limits: LIMITS,
    domain: [place.domain, ...customersOf(place, TARGETS)].map((name) => ({
      name,
      component_secret: SECRET,
    })),
  }), { name: watch });
  return watch === "flooded" ? flooded(kind) : kind;
};

const flooded = (kind: Kind): Kind => ({
  ...kind,
  async prepare(place) {
    const { program, args } = await kind.prepare(place);
    const map = await replaceModules(place.folder, [[
      "observe/recorder.ts",
      "tests/bench/flooded_recorder.ts",
    ]]);
    return { program, args: ["run", "--import-map", map, ...args.slice(1)] };
  },
});

/** A turn of each way to watch. @param round From 1: the order turns, so that what else the machine does falls on another. */
export async function recorderRound(
  round: number,
  quick: boolean,
  stop: AbortSignal,
  failed: (what: string) => void,
): Promise<WatchTurn[]> {
  const turns: WatchTurn[] = [];
  for (const watch of WATCHES.map((_, i) => WATCHES[(i + round) % WATCHES.length]!)) {
    for (const [what, turn] of [["stanza", stanzaTurn], ["grant", grantTurn]] as const) {
      if (stop.aborted || (what === "grant" && watch === "flooded")) continue;
      try {
        turns.push(await turn(watch, quick));
        console.error(watchLine(turns.at(-1)!));
      } catch (error) {
        failed(`recorder ${watch}, ${what}: ${(error as Error).message}`);
      }
    }
  }
  return turns;
}

async function pairOf(stack: AsyncDisposableStack): Promise<Pair> {
  return (await setUp(["verona"], stack, { customers: SENDERS })).get("verona")!;
}

async function stanzaTurn(watch: Watch, quick: boolean): Promise<WatchTurn> {
  await using stack = new AsyncDisposableStack();
  const [a, b] = await pairOf(stack);
  const kind = kindOf(watch);
  const [sender, receiver] = [stack.use(await Server.start(kind, a)), stack.use(await Server.start(kind, b))];
  if (watch === "viewers") stack.use(await view(b));
  const { costs } = await load(
    sender,
    receiver,
    [...WARM, quick ? "max:2" : "max:5"],
    AbortSignal.timeout(TURN_MS),
  );
  const cost = costs.at(-1)!;
  return {
    watch,
    what: "stanza",
    cpuUs: cost.cpu_us_receiver,
    perSecond: cost.stanzas_per_second,
    rssMib: cost.rss_mib_receiver,
  };
}

/** One connection of a proven peer asks for pair after pair; its domains are proven before. */
async function grantTurn(watch: Watch, quick: boolean): Promise<WatchTurn> {
  await using stack = new AsyncDisposableStack();
  const [a, b] = await pairOf(stack);
  const server = stack.use(await Server.start(kindOf(watch), b));
  if (watch === "viewers") stack.use(await view(b));
  using stream = await proven(a, b);
  const senders = customersOf(a, SENDERS);
  const [first, ...targets] = customersOf(b, quick ? TARGETS / 4 : TARGETS) as [string, ...string[]];
  await stream.ask(senders.map((sender) => request(sender, first)), 50, "result");
  const requests = targets.flatMap((target) => senders.map((sender) => request(sender, target)));
  const [began, cpu] = [performance.now(), await cpuMs(server.pid)];
  const { valid } = await stream.ask(requests, 50, "result");
  const [elapsed, spent] = [performance.now() - began, await cpuMs(server.pid) - cpu];
  if (valid !== requests.length) throw new Error(`${valid} of ${requests.length} were granted`);
  return {
    watch,
    what: "grant",
    cpuUs: spent / requests.length * 1000,
    perSecond: requests.length / elapsed * 1000,
    rssMib: await rssMib(server.pid),
  };
}

const request = (sender: string, target: string): string => `<db:result from='${sender}' to='${target}'/>`;

async function proven(from: Place, to: Place): Promise<DialbackStream> {
  const [ca, chain, key] = await Promise.all(
    [from.ca, from.chain, from.key].map((path) => Deno.readTextFile(path)),
  );
  const { name, ip } = to;
  return await DialbackStream.openProven({
    ip,
    port: DIRECT_TLS,
    from: from.name,
    to: name,
    name,
    ca: ca!,
    chain: chain!,
    key: key!,
  });
}

/** Ten that read the event stream as fast as it comes. */
async function view({ ip, folder }: Place): Promise<Disposable> {
  const token = await tokenOf(`http://${ip}:${PORTS.console}`, folder);
  const ending = new AbortController();
  const open = async () => {
    const response = await fetch(`http://${ip}:${PORTS.console}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: ending.signal,
    });
    if (!response.ok) throw new Error(`the event stream answered ${response.status}`);
    return response.body!.getReader();
  };
  const readers = await Promise.all(Array.from({ length: VIEWERS }, open));
  for (const reader of readers) void readAll(reader).catch(() => {});
  return { [Symbol.dispose]: () => ending.abort() };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

/** The console opens after the other listeners. */
async function tokenOf(console: string, folder: string): Promise<string> {
  for (const until = performance.now() + READY_MS; performance.now() < until;) {
    const open = await fetch(`${console}/livez`).then((answer) => answer.text()).catch(() => null);
    if (open !== null) return (await Deno.readTextFile(`${folder}/data/console.token`)).trim();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the console did not open");
}

async function rssMib(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
