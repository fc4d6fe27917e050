/** The last connections that are gone, as they were: a link to one says what became of it. console.md 1.2. */
import type { Cause } from "../facts/cause.ts";
import type { LiveConnection } from "../observe/live.ts";
import { BoundedMap } from "../bounded/map.ts";
import type { ServerContext } from "./context.ts";
import { buried, ConnectionNow } from "./live_connection.ts";
import type { S2sShell } from "./s2s_stream.ts";

const MOST = 1000;

export class Graves {
  readonly #server: ServerContext;
  readonly #rows = new BoundedMap<string, LiveConnection>(MOST);

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /** Before it leaves the tables; where nobody could ever look, nothing is kept. */
  add(shell: S2sShell, cause: Cause): void {
    const { host } = this.#server;
    if (host.trace === null) return;
    this.#rows.set(shell.id, buried(new ConnectionNow(this.#server, shell), host.clock.now(), cause));
  }

  find(id: string): LiveConnection | undefined {
    return this.#rows.get(id);
  }

  /** The latest first. */
  all(): Iterable<LiveConnection> {
    return [...this.#rows].reverse().map(([, row]) => row);
  }
}
