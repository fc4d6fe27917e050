/**
 * How long a look at 100,000 pairs takes, and how long it delays what else the process does meanwhile: exchanges of
 * twelve round trips over TCP, as a handshake has them, on the same event loop.
 */
import { readAsked } from "../../observe/tables/asking.ts";
import { lookUp } from "../../observe/tables/list.ts";
import { Pace } from "../../observe/tables/pace.ts";
import { TABLES } from "../../observe/tables/tables.ts";
import { large } from "../api/large.ts";
import { median } from "./report.ts";

export const PAIRS = 100_000;
const ROUND_TRIPS = 12;
const LOOKERS = 4;
const LOOKED_FOR = ["remote:*.hosting-3.example", "-expires"] as const;

/** The longest exchange while four looks are under way all the time, beyond the median of those when nobody looks. */
export async function handshakeDelayMs(exchanges: number): Promise<number> {
  const { sources, now } = large(PAIRS);
  const pace = new Pace();
  const look = ([q, sort]: readonly [string, string]) => {
    const asked = readAsked(TABLES.routes, { q, sort, window: { from: 0, to: 500 } });
    return pace.run((rest) => lookUp(TABLES.routes, sources, asked, now, rest));
  };
  await using stack = new AsyncDisposableStack();
  const port = echo(stack);
  await timesOf(exchanges, port); // warm
  const quiet = await timesOf(exchanges, port);
  let looking = true;
  const lookers = Array.from({ length: LOOKERS }, async () => {
    while (looking) await look(LOOKED_FOR);
  });
  const busy = await timesOf(exchanges, port);
  looking = false;
  await Promise.all(lookers);
  return Math.max(...busy) - median(quiet);
}

function echo(stack: AsyncDisposableStack): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener) {
      void connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  })();
  stack.defer(async () => {
    listener.close();
    await answering;
  });
  return listener.addr.port;
}

async function timesOf(exchanges: number, port: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < exchanges; i++) times.push(await exchange(port));
  return times;
}

async function exchange(port: number): Promise<number> {
  const began = performance.now();
  using connection = await Deno.connect({ port });
  const buffer = new Uint8Array(64);
  for (let i = 0; i < ROUND_TRIPS; i++) {
    await connection.write(buffer);
    await connection.read(buffer);
  }
  return performance.now() - began;
}
