/** Opens one TCP connection to one address. Order and racing are decided above. */
import type { Cause } from "../facts/cause.ts";
import { isOutOfDescriptors } from "./descriptors.ts";
import { WireFault } from "./fault.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { timers } from "./timers.ts";

export interface DialOptions extends ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type Dialled =
  | { readonly connected: true; readonly connection: Connection }
  | { readonly connected: false; readonly cause: Cause };

/** Never rejects. An aborted attempt counts as one that took too long. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { address, port, timeoutMs, signal } = options;
  if (signal.aborted) return { connected: false, cause: "tcp.timeout" };
  const connecting = Deno.connect({ hostname: address, port });
  const late = Promise.withResolvers<"late">();
  const giveUp = () => late.resolve("late");
  const timer = timers.set(giveUp, timeoutMs);
  signal.addEventListener("abort", giveUp);
  try {
    const conn = await Promise.race([connecting, late.promise]);
    if (conn !== "late") return { connected: true, connection: dialled(conn, options) };
    void connecting.then((conn) => conn.close(), () => {});
    return { connected: false, cause: "tcp.timeout" };
  } catch (error) {
    return { connected: false, cause: causeOf(error) };
  } finally {
    timers.clear(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

function dialled(conn: Deno.TcpConn, options: ConnectionOptions): Connection {
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    return new Connection(conn, options);
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** How long the address took to accept a connection, or why it did not; the connection is closed at once. Never rejects. */
export async function reach(
  address: string,
  port: number,
  timeoutMs: number,
): Promise<{ readonly elapsedMs: number; readonly cause: Cause | null }> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  const late = Promise.withResolvers<null>();
  const timer = timers.set(() => late.resolve(null), timeoutMs);
  const connecting = Deno.connect({ hostname: address, port });
  try {
    const conn = await Promise.race([connecting, late.promise]);
    if (conn === null) void connecting.then((conn) => conn.close(), () => {});
    else conn.close();
    return { elapsedMs: elapsed(), cause: conn === null ? "tcp.timeout" : null };
  } catch (error) {
    return { elapsedMs: elapsed(), cause: causeOf(error) };
  } finally {
    timers.clear(timer);
  }
}

function causeOf(error: unknown): Cause {
  if (error instanceof Deno.errors.ConnectionRefused) return "tcp.refused";
  if (error instanceof Deno.errors.TimedOut) return "tcp.timeout";
  if (error instanceof Deno.errors.ConnectionReset) return "tcp.reset";
  if (error instanceof WireFault) return error.cause;
  return isOutOfDescriptors(error) ? "tcp.descriptors" : "tcp.unreachable";
}
