/** Opens one TCP connection to one address. Order and racing are decided above. */
import type { Cause } from "../facts/cause.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

export interface DialOptions extends ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type Dialled =
  | { readonly connected: true; readonly connection: Connection }
  | { readonly connected: false; readonly cause: Cause };

/** Never rejects. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { address, port, timeoutMs, signal } = options;
  const connecting = Deno.connect({ hostname: address, port });
  const late = new Promise<"late">((resolve) => {
    const timer = setTimeout(() => resolve("late"), timeoutMs);
    signal.addEventListener("abort", () => resolve("late"), { once: true });
    void connecting.catch(() => {}).finally(() => clearTimeout(timer));
  });
  try {
    const conn = await Promise.race([connecting, late]);
    if (conn === "late") {
      void connecting.then((c) => c.close(), () => {});
      return { connected: false, cause: "tcp.timeout" };
    }
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    return { connected: true, connection: new Connection(conn, options) };
  } catch (error) {
    return { connected: false, cause: causeOf(error) };
  }
}

function causeOf(error: unknown): Cause {
  if (error instanceof Deno.errors.ConnectionRefused) return "tcp.refused";
  if (error instanceof Deno.errors.TimedOut) return "tcp.timeout";
  if (error instanceof Deno.errors.ConnectionReset) return "tcp.reset";
  return "tcp.unreachable";
}
