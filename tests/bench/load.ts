/** Runs native/bench-load between two servers. */
import { SECRET } from "./lab.ts";
import type { Server } from "./server.ts";
import "../harness/surroundings.ts";

export const BINARY = new URL("../../native/target/release/bench-load", import.meta.url).pathname;

/** What one load cost, as bench-load tells it. */
export interface Cost {
  readonly load: string;
  readonly stanzas: number;
  readonly cpu_us_sender: number;
  readonly cpu_us_receiver: number;
  readonly stanzas_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly rss_mib_sender: number;
  readonly rss_mib_receiver: number;
}

export interface Result {
  readonly firstStanzaMs: number;
  readonly costs: readonly Cost[];
}

/** `loads`: `RATE:SECONDS` each, in order. */
export async function load(
  a: Server,
  b: Server,
  loads: readonly string[],
  signal: AbortSignal,
): Promise<Result> {
  const command = new Deno.Command(BINARY, {
    args: [
      ...[a.components, a.place.domain, b.components, b.place.domain, SECRET],
      ...[`${a.pid}`, `${b.pid}`, ...loads],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) {
    throw new Error(new TextDecoder().decode(stderr).trim() || "bench-load was stopped, or took too long");
  }
  const [first, ...costs] = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  return { firstStanzaMs: first.first_stanza_ms, costs };
}
