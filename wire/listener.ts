/** Accepts TCP connections. */
import { Connection, type ConnectionOptions } from "./connection.ts";

export interface Listener {
  readonly address: Deno.NetAddr;
  close(): void;
}

/** When the process has no file descriptor left, accepting again at once would only spin. */
const NO_DESCRIPTOR_PAUSE_MS = 100;

/** Listens and hands every connection to `accepted`, which must not throw. */
export function listen(
  at: { readonly host: string; readonly port: number },
  options: ConnectionOptions | (() => ConnectionOptions),
  accepted: (connection: Connection) => void,
): Listener {
  const listener = Deno.listen({ hostname: at.host, port: at.port });
  let open = true;
  void (async () => {
    while (open) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
        conn.setNoDelay(true);
        conn.setKeepAlive(true);
      } catch (error) {
        // A peer that resets before it is accepted must not end the process (native.md 2).
        if (open && isOutOfDescriptors(error)) {
          await new Promise((resolve) => setTimeout(resolve, NO_DESCRIPTOR_PAUSE_MS));
        }
        continue;
      }
      accepted(new Connection(conn, typeof options === "function" ? options() : options));
    }
  })();
  return {
    address: listener.addr as Deno.NetAddr,
    close: () => {
      open = false;
      listener.close();
    },
  };
}

function isOutOfDescriptors(error: unknown): boolean {
  return /too many open files|os error (23|24)\b/i.test(String(error));
}
