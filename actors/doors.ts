/** The server's listeners, and who is let in by them. design.md 2.3; protocol.md 10. */
import type { Listen } from "../config/config.ts";
import type { Connection } from "../wire/connection.ts";
import { listen, type Listener } from "../wire/listener.ts";
import { listening } from "../wire/listening.ts";
import { ComponentShell } from "./component.ts";
import type { ServerContext } from "./context.ts";
import { InboundShell } from "./inbound_stream.ts";
import { network } from "../xmpp/network.ts";

/** The keys of `[listen]` for streams. */
type ListenerKind = "s2s" | "s2s_tls" | "component";

/** Where each listener really listens. */
export interface Listening {
  readonly s2s: Deno.NetAddr[];
  readonly s2sTls: Deno.NetAddr[];
  readonly component: Deno.NetAddr[];
}

export class Doors {
  readonly #server: ServerContext;
  readonly #listeners: Listener[] = [];
  #components = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  open(): Listening {
    const { s2s, s2sTls, component } = this.#server.config.listen;
    return {
      s2s: s2s.map((at) => this.#open("s2s", at)),
      s2sTls: s2sTls.map((at) => this.#open("s2s_tls", at)),
      component: component.map((at) => this.#open("component", at)),
    };
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #open(kind: ListenerKind, at: Listen): Deno.NetAddr {
    const content = kind === "component" ? "component" : "server";
    const listener = listening(
      `listen.${kind}`,
      at,
      () =>
        listen(
          at,
          () => this.#server.connectionOptions(content),
          (c) => this.#accepted(c, kind),
          () => this.#server.shortage.tell(`listen.${kind}`),
        ),
    );
    this.#listeners.push(listener);
    return listener.address;
  }

  #accepted(connection: Connection, kind: ListenerKind): void {
    const server = this.#server;
    if (server.draining) return connection.drop();
    if (kind === "component") return void new ComponentShell(server, connection, `k-${++this.#components}`);
    const refused = server.admission.enter(connection);
    if (refused !== null) {
      server.digest.tell(network(connection.peer.ip), {
        type: "connection.failed",
        level: "warning",
        cause: refused,
        detail: { direction: "in", peer: connection.peer.ip, local: null, remote: null },
      });
      return connection.drop();
    }
    new InboundShell(server, connection, kind === "s2s_tls");
  }
}
