/** Accepts TCP connections. */
import { isOutOfDescriptors } from "./descriptors.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

export interface Listener {
  readonly address: Deno.NetAddr;
  close(): void;
}

/** When the process has no file descriptor left, or cannot accept at all, trying again at once would only spin. */
const PAUSE_MS = 100;
/** Failures in a row that are still the peers' own. */
const FAILURES = 64;

/** Listens and hands every connection to `accepted`, which must not throw. @param starved No descriptor is left. */
export function listen(
  at: { readonly host: string; readonly port: number },
  options: ConnectionOptions | (() => ConnectionOptions),
  accepted: (connection: Connection) => void,
  starved: () => void = () => {},
): Listener {
  const listener = Deno.listen({ hostname: at.host, port: at.port });
  let open = true;
  void (async () => {
    for (let failures = 0; open;) {
      let connection: Connection;
      try {
        connection = await accept(listener, typeof options === "function" ? options() : options);
      } catch (error) {
        // A peer that resets before it is accepted must not end the process (native.md 2).
        failures++;
        const isOut = isOutOfDescriptors(error);
        if (open && isOut) starved();
        if (open && (isOut || failures > FAILURES)) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
        continue;
      }
      failures = 0;
      accepted(connection);
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

async function accept(listener: Deno.TcpListener, options: ConnectionOptions): Promise<Connection> {
  const conn = await listener.accept();
  try {
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    return new Connection(conn, options);
  } catch (error) {
    conn.close();
    throw error;
  }
}
