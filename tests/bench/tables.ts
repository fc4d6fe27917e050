/**
 * How long a look at 100,000 pairs takes, and how long it delays what else the process does meanwhile: exchanges of
 * twelve round trips over TCP, as a handshake has them, on the same event loop. `deno run -A tests/bench/tables.ts`.
 */
import { readAsked } from "../../observe/tables/asking.ts";
import { lookUp } from "../../observe/tables/list.ts";
import { Pace } from "../../observe/tables/pace.ts";
import { TABLES } from "../../observe/tables/tables.ts";
import { large } from "../api/large.ts";

const PAIRS = Number(Deno.args[0] ?? 100_000);
const ROUND_TRIPS = 12;
const EXCHANGES = 200;
const LOOKS: readonly (readonly [q: string, sort: string])[] = [
  ["", ""],
  ["state:denied", ""],
  ["remote:*.hosting-3.example -state:denied", ""],
  ["customer-7", ""],
  ["expires:<1h prooftype:dna-srv", ""],
  ["", "remote"],
  ["", "-expires"],
];

const { sources, now, total } = large(PAIRS);
const pace = new Pace();

function look(q: string, sort: string) {
  const asked = readAsked(TABLES.routes, { q, sort, window: { from: 0, to: 500 } });
  return pace.run((rest) => lookUp(TABLES.routes, sources, asked, now, rest));
}

const middle = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
const ms = (time: number) => `${time.toFixed(1)} ms`;

console.log(`${total} pairs`);
for (const [q, sort] of LOOKS) {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) times.push((await look(q, sort)).tookMs);
  console.log(`  q=${q || "-"} sort=${sort || "-"}: ${ms(middle(times))}, longest ${ms(times.at(-1)!)}`);
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const echo = (async () => {
  for await (const connection of listener) {
    void connection.readable.pipeTo(connection.writable).catch(() => {});
  }
})();

async function exchange(): Promise<number> {
  const began = performance.now();
  using connection = await Deno.connect({ port: listener.addr.port });
  const buffer = new Uint8Array(64);
  for (let i = 0; i < ROUND_TRIPS; i++) {
    await connection.write(buffer);
    await connection.read(buffer);
  }
  return performance.now() - began;
}

async function exchanges(): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < EXCHANGES; i++) times.push(await exchange());
  return times;
}

await exchanges();
const quiet = await exchanges();
let looking = true;
const lookers = Array.from({ length: 4 }, async () => {
  while (looking) await look("remote:*.hosting-3.example", "-expires");
});
const busy = await exchanges();
looking = false;
await Promise.all(lookers);
console.log(
  `an exchange of ${ROUND_TRIPS} round trips: ${ms(middle(quiet))} (longest ${ms(quiet.at(-1)!)});`,
);
console.log(`  with four looks under way all the time: ${ms(middle(busy))} (longest ${ms(busy.at(-1)!)})`);
listener.close();
await echo;
